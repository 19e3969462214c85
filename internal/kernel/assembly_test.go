package kernel

import (
	"os"
	"path/filepath"
	"regexp"
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
