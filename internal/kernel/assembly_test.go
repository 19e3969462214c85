package kernel

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// What no processor here may show: code for AVX2 that needs more than AVX2, and
// upper halves of registers left dirty.
func TestAssemblyKeepsToItsInstructionSet(t *testing.T) {
	files, err := filepath.Glob("*_amd64.s")
	if err != nil || len(files) == 0 {
		t.Fatalf("%d files of assembly, %v", len(files), err)
	}
	beyondAVX2 := regexp.MustCompile(`\b(Z\d+|K[0-7]|[XY](1[6-9]|2\d|3[01]))\b`)
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		function, before := "", ""
		for line := range strings.Lines(string(text)) {
			line = strings.TrimSpace(line)
			if name, ok := strings.CutPrefix(line, "TEXT ·"); ok {
				function, _, _ = strings.Cut(name, "(")
				continue
			}
			if strings.HasSuffix(function, "AVX2") && !strings.HasPrefix(line, "//") && beyondAVX2.MatchString(line) {
				t.Errorf("%s: %s has %s", file, function, line)
			}
			if line == "RET" && before != "VZEROUPPER" {
				t.Errorf("%s: %s returns without VZEROUPPER", file, function)
			}
			before = line
		}
	}
}

// gen is a module of its own and cannot import these.
func TestGeneratorsHaveTheConstantsOfTheKernel(t *testing.T) {
	want := map[string]int{
		"panelWidth": panelWidth, "fullRows": fullRows, "bitmapRows": bitmapRows, "gatherAhead": gatherAhead,
		"prefetchWidth": prefetchWidth, "dotSums": dotPadding, "line": alignment,
	}
	files, err := filepath.Glob("gen/*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		tree, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(tree, func(n ast.Node) bool {
			spec, ok := n.(*ast.ValueSpec)
			if !ok || len(spec.Names) != len(spec.Values) {
				return true
			}
			for i, name := range spec.Names {
				w, ok := want[name.Name]
				if value, isNumber := spec.Values[i].(*ast.BasicLit); ok && isNumber {
					delete(want, name.Name)
					if got, err := strconv.Atoi(value.Value); err != nil || got != w {
						t.Errorf("%s: %s is %s, want %d", file, name.Name, value.Value, w)
					}
				}
			}
			return true
		})
	}
	for name := range want {
		t.Errorf("gen has no constant %s", name)
	}
}
