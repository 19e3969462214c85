package display

import (
	"os"
	"slices"
	"strings"
	"testing"
)

type both struct{}

func (both) PNG() []byte    { return []byte{1} }
func (both) SVG() string    { return "<svg/>" }
func (both) String() string { return "both" }

type table struct{}

func (table) Markdown() string { return "|a|" }
func (table) HTML() string     { return "<table>" }

type drawing struct{}

func (drawing) SVG() string { return "<svg/>" }

func TestValuesRenderByTheirMethods(t *testing.T) {
	for want, v := range map[string]any{
		"image/png text/plain":               both{},
		"text/html text/markdown text/plain": table{},
		"image/svg+xml text/plain":           drawing{},
		"text/plain":                         3,
	} {
		var got []string
		for mime := range Render(v) {
			got = append(got, mime)
		}
		slices.Sort(got)
		if s := strings.Join(got, " "); s != want {
			t.Errorf("%T: got %s, want %s", v, s, want)
		}
	}
}

// Without marks a program prints what its cells show, and nothing of cells.
func Example() {
	os.Unsetenv(Marks)
	Cell(1)
	Show(nil)
	Show(both{})
	os.Setenv(Marks, "M")
	defer os.Unsetenv(Marks)
	Cell(2)
	Show(3)
	// Output:
	// both
	//
	// M{"cell":2}
	//
	// M{"data":{"text/plain":"3"}}
}
