package program

import (
	"bytes"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/format"
	"go/token"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pkg/errors"

	"github.com/egru/egru/examples/notebooks/ipynb"
)

const (
	// ParametersTag marks the cell whose variables Config.Set sets.
	ParametersTag = "parameters"

	displayPath = "github.com/egru/egru/examples/notebooks/display"
	shower      = "nbdisplay"
)

// Config holds the settings of Convert.
type Config struct {
	Name string            // of the notebook's file, for errors and positions
	Set  map[string]string // expressions in place of those of parameters, by their names

	// Dir is in the module whose packages the notebook imports; "" for the
	// current directory.
	Dir string
}

// Program is a notebook as a Go program.
type Program struct {
	Source []byte // of its one file
	Cells  int    // of code
	config Config
}

// Small are the settings that the metadata of a notebook hold for a run of
// seconds, for Config.Set.
func Small(n *ipynb.Notebook) (map[string]string, error) {
	var own struct {
		Small map[string]string `json:"small"`
	}
	if data, ok := n.Metadata[metadata]; ok {
		if err := json.Unmarshal(data, &own); err != nil {
			return nil, errors.Wrapf(ErrParameter, "metadata %s: %v", metadata, err)
		}
	}
	return own.Small, nil
}

// metadata is the name of our part of a notebook's metadata.
const metadata = "egru"

// Convert makes a program of a notebook. Errors wrap ErrSubset, with notebook,
// cell and line, or ErrParameter.
func Convert(n *ipynb.Notebook, c Config) (*Program, error) {
	c.Name = filepath.Base(c.Name)
	if strings.ContainsAny(c.Name, "\n\r:[]") || c.Name == "." {
		return nil, errors.Wrapf(ErrSubset, "name of the notebook is %q, want a file name without colons and brackets", c.Name)
	}
	cells, err := read(n, c)
	if err != nil {
		return nil, err
	}
	t, err := newTyper(cells, c)
	if err != nil {
		return nil, err
	}
	// What a cell ends with is shown if it has a value, which the types tell.
	shown := map[*chunk]bool{}
	for _, cell := range cells {
		for _, k := range cell {
			if _, ok := k.stmt.(*ast.ExprStmt); ok && k.last {
				shown[k] = true
			}
		}
	}
	draft := write(cells, shown)
	if err := t.withoutValue(draft, shown); err != nil {
		return nil, err
	}
	p := &Program{Source: write(cells, shown), Cells: len(cells), config: c}
	if err := t.check(p.Source); err != nil {
		return nil, err
	}
	formatted, err := format.Source(p.Source)
	if err != nil {
		return nil, errors.Wrap(err, c.Name)
	}
	p.Source = formatted
	return p, nil
}

// read cuts the cells of code into chunks, holds them to the rules and sets
// parameters.
func read(n *ipynb.Notebook, c Config) ([][]*chunk, error) {
	r := rules{declared: map[string]place{}, modules: map[string]bool{}}
	left := maps.Clone(c.Set)
	var cells [][]*chunk
	for i, cell := range n.Codes() {
		list, err := chunks(c.Name, i+1, cell)
		if err != nil {
			return nil, err
		}
		for _, k := range list {
			if err := r.check(k, list); err != nil {
				return nil, err
			}
			if cell.HasTag(ParametersTag) {
				if err := k.set(c.Set, left); err != nil {
					return nil, err
				}
			}
		}
		if err := rings(list); err != nil {
			return nil, err
		}
		cells = append(cells, list)
	}
	if len(left) > 0 {
		return nil, errors.Wrapf(ErrParameter, "%s: no cell tagged %q has a line NAME := VALUE for %s",
			c.Name, ParametersTag, strings.Join(slices.Sorted(maps.Keys(left)), ", "))
	}
	return cells, nil
}

// set puts another expression into NAME := VALUE.
func (k *chunk) set(values, left map[string]string) error {
	a, ok := k.stmt.(*ast.AssignStmt)
	if !ok || a.Tok != token.DEFINE || len(a.Lhs) != 1 {
		return nil
	}
	id, ok := a.Lhs[0].(*ast.Ident)
	if !ok {
		return nil // not Go, which the types tell
	}
	name := id.Name
	value, ok := values[name]
	if !ok {
		return nil
	}
	delete(left, name)
	changed := *k
	changed.source = name + " := " + value
	if strings.ContainsAny(value, "\n;{}") {
		return errors.Wrapf(ErrParameter, "%s is to be %q, want one expression in one line", name, value)
	}
	if err := changed.parse(); err != nil {
		return errors.Wrapf(ErrParameter, "%s is to be %q: %v", name, value, err)
	}
	*k = changed
	return nil
}

// write is the program. Positions are those of the cells.
func write(cells [][]*chunk, shown map[*chunk]bool) []byte {
	var imports, decls, body bytes.Buffer
	for i, cell := range cells {
		fmt.Fprintf(&body, "%s.Cell(%d)\n", shower, i+1)
		for _, k := range cell {
			into := &body
			if k.decl != nil {
				into = &decls
				if g, ok := k.decl.(*ast.GenDecl); ok && g.Tok == token.IMPORT {
					into = &imports
				}
			}
			// In a line of its own, and at its beginning, or it is none.
			fmt.Fprintf(into, "//line %s:%d\n", k.file(), k.line)
			if shown[k] {
				// On the line of the expression.
				fmt.Fprintf(into, "%s.Show(%s)\n", shower, k.source)
				continue
			}
			fmt.Fprintf(into, "%s\n", k.source)
			for _, name := range k.variables() {
				fmt.Fprintf(into, "_ = %s\n", name)
			}
		}
	}
	var out bytes.Buffer
	out.WriteString("// Made of a notebook. Positions are those of its cells.\n\npackage main\n\n")
	out.Write(imports.Bytes())
	fmt.Fprintf(&out, "import %s %q\n\n", shower, displayPath)
	out.Write(decls.Bytes())
	out.WriteString("func main() {\n")
	out.Write(body.Bytes())
	out.WriteString("}\n")
	return out.Bytes()
}

// variables are the names that a statement declares.
func (k *chunk) variables() (names []string) {
	switch s := k.stmt.(type) {
	case *ast.AssignStmt:
		if s.Tok == token.DEFINE {
			for _, e := range s.Lhs {
				if id, ok := e.(*ast.Ident); ok && id.Name != "_" {
					names = append(names, id.Name)
				}
			}
		}
	case *ast.DeclStmt:
		for _, spec := range s.Decl.(*ast.GenDecl).Specs {
			if v, ok := spec.(*ast.ValueSpec); ok {
				for _, id := range v.Names {
					if id.Name != "_" {
						names = append(names, id.Name)
					}
				}
			}
		}
	}
	return names
}
