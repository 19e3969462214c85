package docs_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var pages = []string{"gorgonia.md", "from-pytorch.md"}

func file(name string) string { return string(must(os.ReadFile(name))) }

// tests are the test files of this folder but this one.
func tests() (text string) {
	for _, name := range must(filepath.Glob("*_test.go")) {
		if name != "pages_test.go" {
			text += file(name) + "\n"
		}
	}
	return text
}

// bare is code without indentation, alignment and empty lines.
func bare(code string) string {
	var lines []string
	for line := range strings.Lines(code) {
		if words := strings.Fields(line); len(words) > 0 {
			lines = append(lines, strings.Join(words, " "))
		}
	}
	return "\n" + strings.Join(lines, "\n") + "\n"
}

func TestPagesShowTestedCode(t *testing.T) {
	tested := bare(tests())
	for _, page := range pages {
		snippets := regexp.MustCompile("(?s)```go\n(.*?)```").FindAllStringSubmatch(file(page), -1)
		if len(snippets) < 8 {
			t.Errorf("%s: only %d snippets found", page, len(snippets))
		}
		for _, s := range snippets {
			if code := bare(s[1]); len(code) < 10 || !strings.Contains(tested, code) {
				t.Errorf("%s: in no test of this folder, line for line:\n%s", page, s[1])
			}
		}
	}
}

func TestThePageOfGorgoniaNamesItsProofs(t *testing.T) {
	var proofs []string
	for _, body := range strings.Split(tests(), "\nfunc ")[1:] {
		if name, _, _ := strings.Cut(body, "("); strings.HasPrefix(name, "Test") && strings.Contains(body, "proves(t, finding{") {
			proofs = append(proofs, name)
		}
	}
	if len(proofs) < 20 {
		t.Errorf("only %d proofs found", len(proofs))
	}
	var named []string
	for _, m := range regexp.MustCompile("`(Test[A-Za-z0-9]+)`").FindAllStringSubmatch(file("gorgonia.md"), -1) {
		named = append(named, m[1])
	}
	for _, p := range proofs {
		if !slices.Contains(named, p) {
			t.Errorf("%s is not named", p)
		}
	}
	for _, n := range named {
		if !slices.Contains(proofs, n) {
			t.Errorf("%s is named, and proves nothing", n)
		}
	}
}

func TestThePageOfGorgoniaIsOfTheVersionInUse(t *testing.T) {
	for _, module := range []string{"gorgonia.org/gorgonia", "gorgonia.org/tensor"} {
		version := regexp.MustCompile(regexp.QuoteMeta(module) + ` v\S+`).FindString(file("../go.mod"))
		if version == "" || !strings.Contains(file("gorgonia.md"), version) {
			t.Errorf("go.mod has %q, the page another", version)
		}
	}
}

func TestLinksLeadSomewhere(t *testing.T) {
	for _, page := range pages {
		links := regexp.MustCompile(`\]\(([^)#]+)\)`).FindAllStringSubmatch(file(page), -1)
		if len(links) == 0 {
			t.Errorf("%s: no links found", page)
		}
		for _, l := range links {
			if strings.Contains(l[1], "://") {
				continue
			}
			if _, err := os.Stat(l[1]); err != nil {
				t.Errorf("%s: %v", page, err)
			}
		}
	}
}
