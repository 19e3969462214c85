package egru_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/egru/egru/"

// rooms are the folders of the house from the ground up. A package may import
// those of lower rooms, and of its own. docs has tests alone, of its pages.
var rooms = []string{"internal/atomicfile", "internal/pool", "internal/random", "internal/rowmajor", "internal/kernel", "internal/cell", "ops", "layers", "graph", "examples", "docs"}

// graphless rooms know nothing of Gorgonia.
var graphless = []string{"internal/atomicfile", "internal/pool", "internal/random", "internal/rowmajor", "internal/kernel", "internal/cell"}

func roomOf(path string) int {
	for i, r := range rooms {
		if path == r || strings.HasPrefix(path, r+"/") {
			return i
		}
	}
	return -1
}

func TestImportsGoOneWay(t *testing.T) {
	files := 0
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") {
			return err
		}
		files++
		dir := filepath.ToSlash(filepath.Dir(path))
		room := roomOf(dir)
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		for _, spec := range f.Imports {
			imported, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			if strings.HasPrefix(imported, "gorgonia.org/") {
				for _, g := range graphless {
					if roomOf(g) == room {
						t.Errorf("%s imports %s: %s knows nothing of Gorgonia", path, imported, g)
					}
				}
			}
			own, ok := strings.CutPrefix(imported, module)
			if !ok {
				continue
			}
			if room < 0 {
				t.Errorf("%s stands in no room, but imports %s", path, imported)
			} else if to := roomOf(own); to < 0 || to > room {
				t.Errorf("%s imports %s, from a lower room a higher one", path, imported)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if files < 10 {
		t.Fatalf("only %d Go files found", files)
	}
}

// A name of an internal package in what users call would be one that they cannot
// write.
func TestPublicSignaturesNameNothingInternal(t *testing.T) {
	signatures := 0
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		dir := filepath.ToSlash(filepath.Dir(path))
		if room := roomOf(dir); room < 0 || strings.Contains(dir, "internal") || rooms[room] == "examples" {
			return nil
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			return err
		}
		internal := map[string]bool{}
		for _, spec := range f.Imports {
			imported, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			if strings.HasPrefix(imported, module+"internal/") {
				internal[imported[strings.LastIndex(imported, "/")+1:]] = true
			}
		}
		for _, decl := range f.Decls {
			fun, ok := decl.(*ast.FuncDecl)
			if !ok || !fun.Name.IsExported() || fun.Recv != nil {
				continue
			}
			signatures++
			ast.Inspect(fun.Type, func(n ast.Node) bool {
				if s, ok := n.(*ast.SelectorExpr); ok {
					if p, ok := s.X.(*ast.Ident); ok && internal[p.Name] {
						t.Errorf("%s: %s names %s.%s, which is internal", path, fun.Name.Name, p.Name, s.Sel.Name)
					}
				}
				return true
			})
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if signatures < 100 {
		t.Fatalf("only %d signatures found", signatures)
	}
}

// Both tables leave out what lies deeper than two folders down.
func TestEveryPackageIsInTheTables(t *testing.T) {
	table := func(file string) string {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		return string(content)
	}
	readme, doc := table("README.md"), table("doc.go")
	seen := map[string]bool{}
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		folders := strings.Split(filepath.ToSlash(filepath.Dir(path)), "/")
		dir := strings.Join(folders[:min(2, len(folders))], "/")
		if roomOf(dir) < 0 || seen[dir] {
			return nil
		}
		seen[dir] = true
		if !strings.Contains(readme, "\n| "+dir+" | ") {
			t.Errorf("the README's table of folders has no row for %s", dir)
		}
		if folders[0] != "examples" && !strings.Contains(doc, dir+" ") {
			t.Errorf("doc.go does not name %s", dir)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(seen) < 15 {
		t.Fatalf("only %d packages found", len(seen))
	}
}

// The README shows code that the tests run.
func TestReadmeShowsTestedCode(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		heading, example, file string
		most                   int // lines
	}{
		{"## Drop it into a Gorgonia model", "ExampleEGRU", "layers/example_test.go", 14},
		{"### A surrogate of your own", "Example_ownSurrogate", "graph/surrogate_example_test.go", 10},
	} {
		source, err := os.ReadFile(c.file)
		if err != nil {
			t.Fatal(err)
		}
		_, body, found := strings.Cut(string(source), "\nfunc "+c.example+"() {\n")
		body, _, closed := strings.Cut(body, "\n}\n")
		if !found || !closed {
			t.Fatalf("%s has no %s", c.file, c.example)
		}
		_, section, found := strings.Cut(string(readme), c.heading+"\n")
		code, _, ended := strings.Cut(section, "It is `"+c.example+"`")
		if !found || !ended {
			t.Fatalf("the README has no %s under %q", c.example, c.heading)
		}
		lines := 0
		for line := range strings.Lines(code) {
			if line, ok := strings.CutPrefix(line, "    "); ok {
				lines++
				if !strings.Contains(body, strings.TrimSpace(line)) {
					t.Errorf("not in %s: %s", c.example, line)
				}
			}
		}
		if lines == 0 || lines > c.most {
			t.Errorf("%s has %d lines, want 1 to %d", c.example, lines, c.most)
		}
	}
}
