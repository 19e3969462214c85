package nb_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/egru/egru/examples/notebooks/program"
)

const path = "github.com/egru/egru/examples/notebooks/nb"

// unimportable lists the exported names of a package that gophernotes cannot
// import, or whose values it cannot handle, with the reason.
func unimportable(p *types.Package) []string {
	var list []string
	for _, name := range p.Scope().Names() {
		obj := p.Scope().Lookup(name)
		if !obj.Exported() {
			continue
		}
		if reason := problem(p, obj); reason != "" {
			list = append(list, name+": "+reason)
		}
	}
	return list
}

func problem(p *types.Package, obj types.Object) string {
	switch obj := obj.(type) {
	case *types.Func:
		s := obj.Signature()
		if s.TypeParams().Len() > 0 {
			return "generic function"
		}
		for v := range s.Results().Variables() {
			if isNodes(v.Type()) {
				return "gives a slice of nodes, which its interpreter cannot handle"
			}
		}
	case *types.TypeName:
		if a, ok := obj.Type().(*types.Alias); ok {
			if a.TypeParams().Len() > 0 {
				return "generic alias"
			}
		} else if n, ok := obj.Type().(*types.Named); ok && n.TypeParams().Len() > 0 {
			return "generic type"
		}
		if isNodes(obj.Type()) {
			return "is a slice of nodes, which its interpreter cannot handle"
		}
		i, ok := types.Unalias(obj.Type()).Underlying().(*types.Interface)
		if !ok {
			return ""
		}
		if !i.IsMethodSet() {
			return "constraint"
		}
		for m := range i.Methods() {
			if hidden := unnameable(p, m.Type(), map[types.Type]bool{}); hidden != "" {
				return fmt.Sprintf("method %s names %s", m.Name(), hidden)
			}
		}
	}
	return ""
}

// isNodes tells whether a type is a slice of Gorgonia's nodes.
func isNodes(t types.Type) bool {
	s, ok := t.Underlying().(*types.Slice)
	return ok && strings.HasSuffix(types.TypeString(types.Unalias(s.Elem()), nil), "gorgonia.Node")
}

// unnameable is a type within t that another module cannot name.
func unnameable(p *types.Package, t types.Type, seen map[types.Type]bool) string {
	t = types.Unalias(t)
	if seen[t] {
		return ""
	}
	seen[t] = true
	all := func(list ...types.Type) string {
		for _, t := range list {
			if hidden := unnameable(p, t, seen); hidden != "" {
				return hidden
			}
		}
		return ""
	}
	switch t := t.(type) {
	case *types.Named:
		if pkg := t.Obj().Pkg(); pkg != nil {
			internal := slices.Contains(strings.Split(pkg.Path(), "/"), "internal")
			if internal || !t.Obj().Exported() {
				return t.Obj().Name() + " of " + pkg.Path()
			}
		}
		for a := range t.TypeArgs().Types() {
			if hidden := all(a); hidden != "" {
				return hidden
			}
		}
	case *types.Pointer:
		return all(t.Elem())
	case *types.Slice:
		return all(t.Elem())
	case *types.Array:
		return all(t.Elem())
	case *types.Chan:
		return all(t.Elem())
	case *types.Map:
		return all(t.Key(), t.Elem())
	case *types.Signature:
		for v := range t.Params().Variables() {
			if hidden := all(v.Type()); hidden != "" {
				return hidden
			}
		}
		for v := range t.Results().Variables() {
			if hidden := all(v.Type()); hidden != "" {
				return hidden
			}
		}
	case *types.Struct:
		for v := range t.Fields() {
			if hidden := all(v.Type()); hidden != "" {
				return hidden
			}
		}
	}
	return ""
}

func TestGophernotesCanImportAllThatIsExported(t *testing.T) {
	importer, err := program.Importer(token.NewFileSet(), "", path)
	if err != nil {
		t.Fatal(err)
	}
	p, err := importer.Import(path)
	if err != nil {
		t.Fatal(err)
	}
	if n := len(p.Scope().Names()); n < 80 {
		t.Errorf("only %d names found", n)
	}
	for _, bad := range unimportable(p) {
		t.Error(bad)
	}
}

// The kernel takes the last element of the path for the name of the package.
func TestFolderAndPackageHaveOneName(t *testing.T) {
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	f, err := parser.ParseFile(token.NewFileSet(), "doc.go", nil, parser.PackageClauseOnly)
	if err != nil {
		t.Fatal(err)
	}
	if last := path[strings.LastIndex(path, "/")+1:]; filepath.Base(dir) != last || f.Name.Name != last {
		t.Errorf("folder %s, package %s, want both %s", filepath.Base(dir), f.Name.Name, last)
	}
}

func TestWhatGophernotesCannotImportIsFound(t *testing.T) {
	const (
		kernel   = `import "github.com/egru/egru/internal/kernel"; `
		surr     = `import "github.com/egru/egru/ops/surrogate"; `
		gorgonia = `import G "gorgonia.org/gorgonia"; `
	)
	fset := token.NewFileSet()
	importer, err := program.Importer(fset, "", path)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ source, says string }{
		{`type Bad[T any] interface{ F(T) }`, "Bad: generic type"},
		{`type Bad interface{ ~int; String() string }`, "Bad: constraint"},
		{`type Bad interface{ int | string }`, "Bad: constraint"},
		{`type list[T any] []T; type Bad[T any] = list[T]`, "Bad: generic alias"},
		{kernel + `type Bad interface{ F() []kernel.Mat[float32] }`, "Bad: method F names Mat of github.com/egru/egru/internal/kernel"},
		{kernel + `type Bad interface{ F(map[string]func(*kernel.Mat[float32])) }`, "Bad: method F names Mat"},
		{kernel + `type bad interface{ F(kernel.Mat[float32]) }; type Bad = bad`, "Bad: method F names Mat"},
		{`type hidden struct{}; type Bad interface{ F() hidden }`, "Bad: method F names hidden"},
		{`type hidden struct{}; type Box[T any] struct{}; type Bad interface{ F() Box[hidden] }`, "Bad: method F names hidden"},
		{surr + `type Bad interface{ surrogate.Surrogate; ~int }`, "Bad: constraint"},
		{`func Bad[T any](x T) {}`, "Bad: generic function"},
		{`type Bad[T any] struct{ X T }`, "Bad: generic type"},
		{gorgonia + `func Bad() []*G.Node { return nil }`, "Bad: gives a slice of nodes"},
		{gorgonia + `type Bad = G.Nodes`, "Bad: is a slice of nodes"},

		{kernel + `type Good struct{ M kernel.Mat[float32] }; func (Good) F() kernel.Mat[float32] { var m kernel.Mat[float32]; return m }`, ""},
		{kernel + `func Good(m kernel.Mat[float32]) kernel.Mat[float32] { return m }`, ""},
		{surr + `type Good = surrogate.Surrogate; type Other interface{ surrogate.Surrogate; F() error }`, ""},
		{`type list[T any] []T; type Good = list[int]`, ""},
		{`func bad[T any](x T) {}; type worse[T any] interface{ F(T) }`, ""},
		{`const Good = 1 << 3; var Errors []error; type F func(...int) (chan int, error)`, ""},
	} {
		file, err := parser.ParseFile(fset, "p.go", "package p; "+c.source, 0)
		if err != nil {
			t.Fatalf("%s: %v", c.source, err)
		}
		p, err := (&types.Config{Importer: importer}).Check("p", fset, []*ast.File{file}, nil)
		if err != nil {
			t.Fatalf("%s: %v", c.source, err)
		}
		got := unimportable(p)
		switch want := c.says; {
		case want == "" && len(got) > 0:
			t.Errorf("%s: found %q, nothing is wrong", c.source, got)
		case want != "" && (len(got) == 0 || !strings.HasPrefix(got[0], want)):
			t.Errorf("%s: found %q, want %q", c.source, got, want)
		}
	}
}
