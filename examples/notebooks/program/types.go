package program

import (
	"bufio"
	"bytes"
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"

	"github.com/pkg/errors"
)

// goVersion is the last one without generics, with loop variables per loop, as
// in gophernotes.
const goVersion = "go1.17"

// typer knows the types of what the notebook imports.
type typer struct {
	config   Config
	importer types.Importer
	fset     *token.FileSet

	variables map[string]bool // of the top level, which named functions do not see
}

func newTyper(cells [][]*chunk, c Config) (*typer, error) {
	t := &typer{config: c, fset: token.NewFileSet(), variables: map[string]bool{}}
	paths := []string{displayPath}
	for _, cell := range cells {
		for _, k := range cell {
			for _, name := range k.variables() {
				t.variables[name] = true
			}
			if g, ok := k.decl.(*ast.GenDecl); ok && g.Tok == token.IMPORT {
				for _, s := range g.Specs {
					path, err := strconv.Unquote(s.(*ast.ImportSpec).Path.Value)
					if err != nil {
						return nil, k.outside("%v", err)
					}
					// It becomes an argument of the go command.
					if path == "" || strings.HasPrefix(path, "-") || strings.ContainsAny(path, " @*.\\") && !strings.Contains(path, "/") || strings.Contains(path, "...") {
						return nil, k.outside("import of %q, want the path of a package", path)
					}
					paths = append(paths, path)
				}
			}
		}
	}
	var err error
	t.importer, err = Importer(t.fset, c.Dir, paths...)
	return t, errors.Wrap(err, c.Name)
}

// Importer gives the types of packages that the module of a directory can
// import, and of all that they do; "" is the current directory.
func Importer(fset *token.FileSet, dir string, paths ...string) (types.Importer, error) {
	exports, err := exportFiles(dir, paths)
	if err != nil {
		return nil, err
	}
	return importer.ForCompiler(fset, "gc", func(path string) (io.ReadCloser, error) {
		file, ok := exports[path]
		if !ok {
			return nil, errors.Errorf("no package %s", path)
		}
		return os.Open(file)
	}), nil
}

// exportFiles are the files with the types of packages and of all that they
// import, from the build cache.
func exportFiles(dir string, paths []string) (map[string]string, error) {
	args := append([]string{"list", "-export", "-deps", "-f", "{{if .Export}}{{.ImportPath}}\t{{.Export}}{{end}}", "--"}, paths...)
	cmd := exec.Command("go", args...)
	var out, wrong bytes.Buffer
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, &out, &wrong
	if err := cmd.Run(); err != nil {
		return nil, errors.Wrapf(ErrSubset, "imports cannot be found: %s", firstLines(wrong.String(), 5))
	}
	exports := map[string]string{}
	for s := bufio.NewScanner(&out); s.Scan(); {
		if path, file, ok := strings.Cut(s.Text(), "\t"); ok {
			exports[path] = file
		}
	}
	return exports, nil
}

// run type-checks a program and gives all that is wrong.
func (t *typer) run(source []byte, info *types.Info) (*ast.File, []types.Error, error) {
	file, err := parser.ParseFile(t.fset, t.config.Name, source, parser.SkipObjectResolution)
	if err != nil {
		return nil, nil, errors.Wrapf(ErrSubset, "%v", err) // every chunk was parsed alone before
	}
	var wrong []types.Error
	config := types.Config{
		GoVersion: goVersion,
		Importer:  t.importer,
		Error: func(err error) {
			if e, ok := err.(types.Error); ok {
				wrong = append(wrong, e)
			}
		},
	}
	_, err = config.Check("main", t.fset, []*ast.File{file}, info)
	if err != nil && len(wrong) == 0 {
		return nil, nil, errors.Wrap(ErrSubset, err.Error())
	}
	return file, wrong, nil
}

// mapArguments reports f(m[k]) with a map m: gophernotes takes m[k] for its two
// results there.
func (t *typer) mapArguments(file *ast.File, info *types.Info) (err error) {
	ast.Inspect(file, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok || len(call.Args) != 1 || err != nil {
			return err == nil
		}
		index, ok := call.Args[0].(*ast.IndexExpr)
		if !ok || info.Types[call.Fun].IsType() || info.Types[call.Fun].IsBuiltin() {
			return true
		}
		if of := info.Types[index.X].Type; of != nil {
			if _, ok := of.Underlying().(*types.Map); ok && t.at(call.Pos()).cell > 0 {
				err = t.at(call.Pos()).outside("a map's element as the only argument, of which gophernotes makes two: give it a name first")
			}
		}
		return true
	})
	return err
}

// withoutValue takes those out of shown that have no value.
func (t *typer) withoutValue(draft []byte, shown map[*chunk]bool) error {
	info := &types.Info{Types: map[ast.Expr]types.TypeAndValue{}}
	file, _, err := t.run(draft, info)
	if err != nil {
		return err
	}
	byPlace := map[string]*chunk{}
	for k := range shown {
		byPlace[fmt.Sprintf("%s:%d", k.file(), k.line)] = k
	}
	ast.Inspect(file, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok || len(call.Args) != 1 {
			return true
		}
		if f, ok := call.Fun.(*ast.SelectorExpr); !ok || f.Sel.Name != "Show" || fmt.Sprint(f.X) != shower {
			return true
		}
		p := t.fset.Position(call.Pos())
		k, ok := byPlace[fmt.Sprintf("%s:%d", p.Filename, p.Line)]
		if !ok {
			return true
		}
		switch v := info.Types[call.Args[0]]; {
		case v.IsVoid():
			delete(shown, k)
		case v.Type != nil:
			if results, ok := v.Type.(*types.Tuple); ok {
				err = k.outside("cell ends in a call of %d results, which the kernel would all show: want one or none", results.Len())
			}
		}
		return true
	})
	return err
}

// check reports the first mistake in the types, which the compiler would find.
func (t *typer) check(source []byte) error {
	info := &types.Info{Types: map[ast.Expr]types.TypeAndValue{}}
	file, wrong, err := t.run(source, info)
	if err != nil {
		return err
	}
	if len(wrong) == 0 {
		return t.mapArguments(file, info)
	}
	e := wrong[0]
	message := e.Msg
	if name, ok := strings.CutPrefix(message, "undefined: "); ok && t.variables[name] {
		message += ", a variable: a named function sees its arguments, a statement what stands before it; a closure (f := func...) sees both"
	}
	return t.at(e.Pos).outside("%s", message)
}

// at is the place in a cell.
func (t *typer) at(pos token.Pos) place {
	p := t.fset.Position(pos)
	at := place{notebook: t.config.Name, line: p.Line}
	if rest, ok := strings.CutPrefix(p.Filename, t.config.Name+"["); ok {
		at.cell, _ = strconv.Atoi(strings.TrimSuffix(rest, "]"))
	}
	return at
}
