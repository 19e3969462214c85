package program

import (
	"go/ast"
	"go/parser"
	"go/scanner"
	"go/token"
	"strings"

	"github.com/egru/egru/examples/notebooks/ipynb"
)

// chunk is a declaration or statement at the top level of a cell.
type chunk struct {
	place
	source string
	decl   ast.Decl // an import, type, const or func declaration; nil for others
	stmt   ast.Stmt // nil for those
	fset   *token.FileSet
	last   bool // of its cell
}

// at is the place of a node of the chunk.
func (c *chunk) at(n ast.Node) place {
	p := c.place
	p.line += c.fset.Position(n.Pos()).Line - 1
	return p
}

// chunks cuts a cell at the ends of its top-level lines.
func chunks(notebook string, number int, cell *ipynb.Cell) ([]*chunk, error) {
	at := place{notebook, number, 1}
	for i, line := range strings.Split(cell.Source, "\n") {
		if strings.Contains(line, "\r") {
			return nil, place{notebook, number, i + 1}.outside("carriage return, want lines that end in a line feed")
		}
		// The kernel looks at lines alone, also within a string.
		if trimmed := strings.TrimSpace(line); trimmed != "" && strings.Contains("%$!:", trimmed[:1]) {
			return nil, place{notebook, number, i + 1}.outside("line begins with %q, which is a command to the kernel", trimmed[:1])
		}
	}
	var list []*chunk
	var s scanner.Scanner
	var wrong error
	fset := token.NewFileSet()
	file := fset.AddFile("", -1, len(cell.Source))
	s.Init(file, []byte(cell.Source), func(p token.Position, message string) {
		if wrong == nil {
			wrong = place{notebook, number, p.Line}.outside("%s", message)
		}
	}, 0)
	depth, start, tokenEnd, ended := 0, -1, 0, 0
	// What follows the last token is a comment.
	end := func() error {
		c := &chunk{source: cell.Source[start:tokenEnd], place: at}
		c.line = file.Line(file.Pos(start))
		if c.line == ended {
			return c.outside("two statements in one line, want one")
		}
		ended = file.Line(file.Pos(start + len(c.source) - 1))
		start = -1
		list = append(list, c)
		return c.parse()
	}
	for {
		pos, tok, lit := s.Scan()
		if wrong != nil {
			return nil, wrong
		}
		offset := file.Offset(pos)
		switch tok {
		case token.LPAREN, token.LBRACE, token.LBRACK:
			depth++
		case token.RPAREN, token.RBRACE, token.RBRACK:
			depth--
		case token.SEMICOLON:
			if start < 0 {
				return nil, place{notebook, number, file.Line(pos)}.outside("empty statement")
			}
			// A semicolon that was written may stand in the head of an if or for.
			if depth == 0 && (lit == "\n" || !opensBlock(cell.Source[start:])) {
				if err := end(); err != nil {
					return nil, err
				}
			} else if lit == ";" {
				tokenEnd = offset + 1
			}
			continue
		case token.EOF:
			if start >= 0 {
				if err := end(); err != nil {
					return nil, err
				}
			}
			if len(list) > 0 {
				list[len(list)-1].last = true
			}
			return list, nil
		}
		if start < 0 {
			start = offset
		}
		if lit == "" {
			lit = tok.String()
		}
		tokenEnd = offset + len(lit)
	}
}

// opensBlock tells whether a statement has a head in which semicolons may stand.
func opensBlock(source string) bool {
	for _, word := range []string{"for", "if", "switch"} {
		if rest, ok := strings.CutPrefix(source, word); ok && rest != "" && strings.Contains(" \t{", rest[:1]) {
			return true
		}
	}
	return false
}

// parse reads the chunk as a declaration at the file's level, or as a statement.
func (c *chunk) parse() error {
	c.fset = token.NewFileSet()
	parse := func(prefix, suffix string) (*ast.File, error) {
		f, err := parser.ParseFile(c.fset, "", prefix+c.source+suffix, parser.SkipObjectResolution)
		if list, ok := err.(scanner.ErrorList); ok {
			p := c.place
			p.line += list[0].Pos.Line - 1
			return nil, p.outside("%s", list[0].Msg)
		}
		return f, err
	}
	first := c.source
	if i := strings.IndexAny(first, " \t\n("); i >= 0 {
		first = first[:i]
	}
	rest := strings.TrimSpace(strings.TrimPrefix(c.source, first))
	// func NAME( or func (receiver) NAME( declares, func( is the start of an expression.
	named := first == "func" && (rest != "" && rest[0] != '(' || isMethod(c.source))
	if first == "import" || first == "type" || first == "const" || named {
		f, err := parse("package p;", "")
		if err != nil {
			return err
		}
		if len(f.Decls) != 1 {
			return c.outside("%d declarations in one line, want one", len(f.Decls))
		}
		c.decl = f.Decls[0]
		return nil
	}
	f, err := parse("package p;func _(){", "\n}")
	if err != nil {
		return err
	}
	body := f.Decls[0].(*ast.FuncDecl).Body.List
	if len(f.Decls) != 1 || len(body) != 1 {
		return c.outside("%d statements in one line, want one", len(body)+len(f.Decls)-1)
	}
	c.stmt = body[0]
	return nil
}

func isMethod(source string) bool {
	f, err := parser.ParseFile(token.NewFileSet(), "", "package p;"+source, parser.SkipObjectResolution)
	if err != nil || len(f.Decls) != 1 {
		return false
	}
	d, ok := f.Decls[0].(*ast.FuncDecl)
	return ok && d.Recv != nil
}
