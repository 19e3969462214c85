package program

import (
	"go/ast"
	"go/token"
	"strconv"
	"strings"
)

// reserved are names that the program needs for itself.
var reserved = map[string]bool{"main": true, "init": true, shower: true, "_": true}

// rules are what is seen without types: see the package comment.
type rules struct {
	declared map[string]place // names of the top level
	modules  map[string]bool  // imports from outside the standard library
	other    bool             // there was something other than imports
}

// check holds a chunk to the rules.
func (r *rules) check(c *chunk, cell []*chunk) error {
	var err error
	wrong := func(n ast.Node, format string, args ...any) {
		if err == nil {
			err = c.at(n).outside(format, args...)
		}
	}
	root := ast.Node(c.stmt)
	if c.stmt == nil {
		root = c.decl
	}
	ast.Inspect(root, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncType:
			if n.TypeParams != nil {
				wrong(n, "generics, which gophernotes does not know")
			}
		case *ast.TypeSpec:
			if n.TypeParams != nil {
				wrong(n, "generics, which gophernotes does not know")
			}
		case *ast.BranchStmt:
			if n.Tok == token.GOTO {
				wrong(n, "goto, which gophernotes does not know")
			}
		case *ast.CallExpr:
			if s, ok := n.Fun.(*ast.SelectorExpr); ok {
				if p, ok := s.X.(*ast.Ident); ok && (p.Name == "os" && s.Sel.Name == "Exit" || p.Name == "log" && strings.HasPrefix(s.Sel.Name, "Fatal")) {
					wrong(n, "%s.%s would end the kernel: use panic", p.Name, s.Sel.Name)
				}
			}
		}
		return err == nil
	})
	if err != nil {
		return err
	}
	switch d := c.decl.(type) {
	case *ast.FuncDecl:
		if d.Recv != nil {
			return c.outside("method %s: a type of a notebook cannot have methods", d.Name.Name)
		}
		if d.Body == nil {
			return c.outside("function %s has no body", d.Name.Name)
		}
		r.other = true
		return r.declare(c.at(d), d.Name.Name)
	case *ast.GenDecl:
		if d.Tok == token.IMPORT {
			return r.imports(c, d, cell)
		}
		r.other = true
		return r.specs(c, d)
	}
	r.other = true
	return r.statement(c)
}

func (r *rules) statement(c *chunk) error {
	switch s := c.stmt.(type) {
	case *ast.ExprStmt:
		if call, ok := s.X.(*ast.CallExpr); ok {
			if _, ok := call.Fun.(*ast.FuncLit); ok {
				return c.outside("func(){...}() at the top level, which gophernotes does not take")
			}
		}
	case *ast.AssignStmt:
		if s.Tok != token.DEFINE {
			return nil
		}
		for _, e := range s.Lhs {
			if id, ok := e.(*ast.Ident); ok && id.Name != "_" {
				if err := r.declare(c.at(id), id.Name); err != nil {
					return err
				}
			}
		}
	case *ast.DeclStmt:
		return r.specs(c, s.Decl.(*ast.GenDecl))
	case *ast.ReturnStmt, *ast.DeferStmt, *ast.LabeledStmt, *ast.BranchStmt:
		return c.outside("return, defer, label or jump at the top level")
	}
	return nil
}

// specs declares the names of a var, const or type declaration.
func (r *rules) specs(c *chunk, d *ast.GenDecl) error {
	for _, s := range d.Specs {
		names := []*ast.Ident{}
		switch s := s.(type) {
		case *ast.ValueSpec:
			names = s.Names
		case *ast.TypeSpec:
			names = append(names, s.Name)
		}
		for _, id := range names {
			if id.Name == "_" {
				continue
			}
			if err := r.declare(c.at(id), id.Name); err != nil {
				return err
			}
		}
	}
	return nil
}

func (r *rules) declare(at place, name string) error {
	if reserved[name] {
		return at.outside("the name %s is taken by the program of the notebook", name)
	}
	if before, ok := r.declared[name]; ok {
		return at.outside("%s is declared again, after cell %d, line %d", name, before.cell, before.line)
	}
	r.declared[name] = at
	return nil
}

func (r *rules) imports(c *chunk, d *ast.GenDecl, cell []*chunk) error {
	if r.other {
		return c.outside("import after other code, want all imports in the first cell of code")
	}
	for _, o := range cell {
		if g, ok := o.decl.(*ast.GenDecl); !ok || g.Tok != token.IMPORT {
			return o.outside("imports share their cell with other code, want a cell of their own")
		}
	}
	for _, s := range d.Specs {
		spec := s.(*ast.ImportSpec)
		path, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return c.at(spec).outside("import %s: %v", spec.Path.Value, err)
		}
		name := path[strings.LastIndex(path, "/")+1:]
		if spec.Name != nil {
			name = spec.Name.Name
		}
		if name == "." || name == "_" {
			return c.at(spec).outside("import of %s as %s, want it under a name", path, name)
		}
		if err := r.declare(c.at(spec), name); err != nil {
			return err
		}
		if first, _, _ := strings.Cut(path, "/"); strings.Contains(first, ".") {
			if r.modules[path] = true; len(r.modules) > 1 {
				return c.at(spec).outside("a second import from outside the standard library, want one: the kernel compiles each by itself")
			}
		}
	}
	return nil
}

// rings reports named functions of one cell that call each other in a ring.
func rings(cell []*chunk) error {
	calls, places := map[string][]string{}, map[string]place{}
	var names []string
	for _, c := range cell {
		d, ok := c.decl.(*ast.FuncDecl)
		if !ok {
			continue
		}
		names = append(names, d.Name.Name)
		places[d.Name.Name] = c.at(d)
		ast.Inspect(d, func(n ast.Node) bool {
			if id, ok := n.(*ast.Ident); ok && id != d.Name {
				calls[d.Name.Name] = append(calls[d.Name.Name], id.Name)
			}
			return true
		})
	}
	for _, name := range names {
		seen := map[string]bool{name: true} // a function may call itself
		var reach func(from string) bool
		reach = func(from string) bool {
			for _, to := range calls[from] {
				if to == name && from != name {
					return true
				}
				if _, ours := places[to]; ours && !seen[to] {
					seen[to] = true
					if reach(to) {
						return true
					}
				}
			}
			return false
		}
		if reach(name) {
			return places[name].outside("functions of one cell call each other in a ring with %s, which gophernotes does not take", name)
		}
	}
	return nil
}
