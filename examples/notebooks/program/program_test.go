package program

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pkg/errors"

	"github.com/egru/egru/examples/notebooks/ipynb"
)

// notebook makes one of cells of code; one that begins with "#parameters" has
// the tag.
func notebook(cells ...string) *ipynb.Notebook {
	n := ipynb.New()
	for i, source := range cells {
		c := ipynb.Cell{Kind: ipynb.Code, ID: fmt.Sprintf("code-%d", i+1), Metadata: map[string]json.RawMessage{}}
		if rest, ok := strings.CutPrefix(source, "#parameters\n"); ok {
			source = rest
			c.Metadata["tags"] = json.RawMessage(`["parameters"]`)
		}
		c.Source = source
		n.Cells = append(n.Cells, c)
	}
	return n
}

func TestCodeOutsideTheSubsetIsNamedWithItsPlace(t *testing.T) {
	for _, c := range []struct {
		name  string
		cells []string
		says  string
	}{
		{"a command of the kernel", []string{"x := 1", "y := 2\n%ls"}, `cell 2, line 2: line begins with "%"`},
		{"a shell", []string{"$ls"}, `cell 1, line 1: line begins with "$"`},
		{"a command of the interpreter", []string{":debug"}, `line begins with ":"`},
		{"a slip of the pen", []string{"x := 1\nx = (2"}, "cell 1, line 2"},
		{"a string without end", []string{"x := 1\ny := \"a"}, "cell 1, line 2: string literal not terminated"},
		{"two statements in one line", []string{"x := 1; y := 2"}, "cell 1, line 1: two statements in one line"},
		{"a statement behind a block", []string{"x := 1\nfor i := 0; i < 2; i++ {\n\tx++\n}; x = 2"}, "cell 1, line 2: 2 statements in one line"},
		{"an empty statement", []string{"x := 1\n;"}, "cell 1, line 2: empty statement"},
		{"a name again", []string{"x, err := 1, error(nil)", "\ny, err := 2, error(nil)"}, "cell 2, line 2: err is declared again, after cell 1, line 1"},
		{"a variable like a function", []string{"func f() {}", "var f int"}, "cell 2, line 1: f is declared again"},
		{"a name of the program", []string{"func main() {}"}, "main is taken"},
		{"a method", []string{"type T int", "func (T) F() {}"}, "cell 2, line 1: method F"},
		{"a function without a body", []string{"func f()"}, "cell 1, line 1: function f has no body"},
		{"a generic function", []string{"func f[T any](x T) {}"}, "generics"},
		{"a generic type", []string{"type T[A any] []A"}, "generics"},
		{"goto", []string{"f := func() {\nagain:\n\tgoto again\n}"}, "cell 1, line 3: goto"},
		{"a label at the top", []string{"again:\nfor {\n\tbreak again\n}"}, "cell 1, line 1: return, defer, label"},
		{"return at the top", []string{"return"}, "return, defer, label"},
		{"a call of a closure at the top", []string{"func() {}()"}, "func(){...}() at the top level"},
		{"log.Fatal", []string{`import "log"`, "f := func() {\n\tlog.Fatal(1)\n}"}, "cell 2, line 2: log.Fatal would end the kernel"},
		{"os.Exit", []string{`import "os"`, "os.Exit(1)"}, "os.Exit would end the kernel"},
		{"a ring of functions", []string{"func f() { g() }\nfunc g() { h() }\nfunc h() { f() }"}, "cell 1, line 1: functions of one cell call each other"},
		{"a late import", []string{"x := 1", `import "fmt"`}, "cell 2, line 1: import after other code"},
		{"an import beside code", []string{"import \"fmt\"\nx := 1"}, "cell 1, line 2: imports share their cell"},
		{"an import without name", []string{`import . "fmt"`}, "import of fmt as ., want it under a name"},
		{"two imports from outside", []string{"import (\n\t\"gorgonia.org/gorgonia\"\n\t\"gorgonia.org/tensor\"\n)"}, "cell 1, line 3: a second import from outside"},
		{"an import that is a flag", []string{`import "-x"`}, "want the path of a package"},
		{"an import that does not exist", []string{`import "nothing"`}, "imports cannot be found"},

		{"a function that uses a variable", []string{"size := 3\nfunc f() int { return size }\nf()"}, "cell 1, line 2: undefined: size, a variable"},
		{"a variable before its declaration", []string{"y := x", "x := 1"}, "cell 1, line 1: undefined: x, a variable"},
		{"a wrong type", []string{"x := 1\nvar s string = x"}, "cell 1, line 2: cannot use x"},
		{"range over a number", []string{"for i := range 3 {\n\t_ = i\n}"}, "cannot range over 3"},
		{"min", []string{"min(1, 2)"}, "min requires go1.21"},
		{"any", []string{"var x any"}, "any requires go1.18"},
		{"a value that nothing uses", []string{"x := 1\nx\nx++"}, "cell 1, line 2: x"},
		{"an end of two results", []string{"f := func() (int, int) { return 1, 2 }\nf()"}, "cell 1, line 2: cell ends in a call of 2 results"},
		{"an end that prints", []string{`import "fmt"`, `fmt.Println("a")`}, "cell 2, line 1: cell ends in a call of 2 results"},
		{"a map's element alone", []string{"m := map[string]int{}\nf := func(x int) int { return x }\ny := f(m[\"a\"])"}, "cell 1, line 3: a map's element"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := Convert(notebook(c.cells...), Config{Name: "some/folder/a.ipynb"})
			if err == nil {
				t.Fatal("it was converted")
			}
			if !errors.Is(err, ErrSubset) || !strings.HasPrefix(err.Error(), "a.ipynb") || !strings.Contains(err.Error(), c.says) {
				t.Errorf("got %q, want %q", err, c.says)
			}
		})
	}
}

// everything is what a notebook may hold.
var everything = []string{
	"import (\n\t\"fmt\"\n\tm \"math\"\n)",
	"#parameters\nepochs := 5 // of training\nname := \"a\"",
	"const (\n\tzero = iota\n\tone\n)\ntype pair struct{ a, b int }\nfunc sum(p pair) int {\n\treturn p.a + p.b\n}",
	"p := pair{one, 2}\nsum(p) // of both",
	"var x, y = 1.5, m.Pi\nscale := func(z float64) float64 {\n\treturn x * z\n}\nfmt.Print(\"begun\")\nscale(2)",
	"for i := 0; i < epochs; i++ {\n\tx += y\n}\nif z := x; z > 0 {\n\tfmt.Println(name)\n}",
	"func fact(n int) int {\n\tif n < 2 {\n\t\treturn 1\n\t}\n\treturn n * fact(n-1)\n}\nfact(epochs)",
	"var nothing error\nnothing",
	"// only a comment",
	"len(name)",
	"picture := shown{}\npicture",
	"func quiet() {}\nquiet()",
	"[]int{\n\t1,\n\t2,\n}",
	"`a\nb`",
	"_ = 3",
}

func TestANotebookRunsAsItWouldInTheKernel(t *testing.T) {
	cells := slices.DeleteFunc(slices.Clone(everything), func(s string) bool { return strings.Contains(s, "shown{}") })
	p, err := Convert(notebook(cells...), Config{Name: "a.ipynb", Set: map[string]string{"epochs": "3 + 1", "name": `"b"`}})
	if err != nil {
		t.Fatal(err)
	}
	var said bytes.Buffer
	outputs, err := p.Run(context.Background(), &said)
	if err != nil {
		t.Fatalf("%v\n%s", err, p.Source)
	}
	got := ""
	for i, list := range outputs {
		for _, o := range list {
			if o.Kind == ipynb.StreamOutput {
				got += fmt.Sprintf("%d prints %q\n", i+1, o.Text)
			} else {
				got += fmt.Sprintf("%d shows %q\n", o.Count, o.Data["text/plain"])
			}
		}
	}
	want := `4 shows "3"
5 prints "begun"
5 shows "3"
6 prints "b\n"
7 shows "24"
10 shows "1"
12 shows "[1 2]"
13 shows "a\nb"
`
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if !strings.Contains(said.String(), "begun") || !strings.Contains(said.String(), "24\n") || strings.Contains(said.String(), `{"`) {
		t.Errorf("it said %q", said.String())
	}
}

func TestAFailureIsNamedWithItsPlace(t *testing.T) {
	for _, c := range []struct {
		name, first, cell, says string
	}{
		{"a panic", "ready := true", "x := []int{}\n\nx[len(x)] = 1", "panic: runtime error: index out of range [0] with length 0\nat a.ipynb, cell 2, line 3: "},
		{"a panic in a function", "ready := true", "func f() {\n\tpanic(\"no\")\n}\nf()", "panic: no\nat a.ipynb, cell 2, line 2\nat a.ipynb, cell 2, line 4: "},
		{"a panic in a package", "import \"strings\"", "\n\nstrings.Repeat(\"a\", -len(\"b\"))", "panic: strings: negative Repeat count\nat a.ipynb, cell 2, line 3: "},
		{"a deadlock", "ready := true", "<-make(chan int)", "fatal error: all goroutines are asleep - deadlock!\nat a.ipynb, cell 2, line 1: "},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p, err := Convert(notebook(c.first, c.cell), Config{Name: "a.ipynb"})
			if err != nil {
				t.Fatal(err)
			}
			_, err = p.Run(context.Background(), &bytes.Buffer{})
			if !errors.Is(err, ErrRun) || !strings.Contains(err.Error(), c.says) {
				t.Errorf("got %v, want %q", err, c.says)
			}
			if strings.Contains(err.Error(), ".go:") {
				t.Errorf("%v names places outside of the cells", err)
			}
		})
	}
}

// Closures see one variable of a loop, as in gophernotes: that is Go 1.17.
func TestTheProgramIsCompiledAsGophernotesRunsIt(t *testing.T) {
	p, err := Convert(notebook("f := []func() int{}\nfor i := 0; i < 2; i++ {\n\tf = append(f, func() int { return i })\n}\nf[0]()"), Config{Name: "a.ipynb"})
	if err != nil {
		t.Fatal(err)
	}
	outputs, err := p.Run(context.Background(), &bytes.Buffer{})
	if err != nil || len(outputs[0]) != 1 || outputs[0][0].Data["text/plain"] != "2" {
		t.Errorf("got %v, %v, want 2", outputs, err)
	}
}

func TestARunEndsWithItsContextAndItsLimit(t *testing.T) {
	endless, err := Convert(notebook(`import "fmt"`, "fmt.Print(1)\nfor {\n}"), Config{Name: "a.ipynb"})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithTimeout(context.Background(), time.Minute)
	defer stop()
	if _, err := endless.Run(ctx, &discard{then: stop}); !errors.Is(err, ErrRun) {
		t.Errorf("an endless run gave %v", err)
	}
	talking, err := Convert(notebook("import (\n\t\"fmt\"\n\t\"strings\"\n)", "long := strings.Repeat(\"x\", 1<<20)\nfor {\n\tfmt.Println(long)\n}"), Config{Name: "a.ipynb"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := talking.Run(context.Background(), &discard{}); !errors.Is(err, ErrRun) || !strings.Contains(err.Error(), "bytes of output") {
		t.Errorf("got %v", err)
	}
}

// discard takes what is written, and does something then.
type discard struct{ then func() }

func (d *discard) Write(b []byte) (int, error) {
	if d.then != nil {
		d.then()
	}
	return len(b), nil
}

// What a notebook prints is not taken for a mark.
func TestOutputsAreToldFromMarks(t *testing.T) {
	p := &Program{Cells: 2, config: Config{Name: "a.ipynb"}}
	for _, c := range []struct{ stream, want string }{
		{"\nM{\"cell\":1}\nhello\n\nM{\"cell\":2}\n", "1: hello/"},
		{"\nM{\"cell\":1}\nhello\nM{\"data\":{\"text/plain\":\"3\"}}\n", "1: hello=3"},
		{"\nM{\"cell\":1}\na\n\nb\n\n\nM{\"cell\":2}\nc", "1: a//b// 2: c"},
		{"before\nM{\"cell\":2}\nnot M{\n", "2: not M{/"},
		{"", ""},
	} {
		cells, err := p.collect(strings.NewReader(c.stream), "M", &discard{})
		if err != nil {
			t.Errorf("%q: %v", c.stream, err)
		}
		var got []string
		for i, list := range cells {
			s := ""
			for _, o := range list {
				s += strings.ReplaceAll(o.Text, "\n", "/")
				if o.Kind == ipynb.Result {
					s += "=" + o.Data["text/plain"]
				}
			}
			if s != "" {
				got = append(got, fmt.Sprintf("%d: %s", i+1, s))
			}
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%q: got %q, want %q", c.stream, got, c.want)
		}
	}
	for _, bad := range []string{"\nM{\"cell\":3}\n", "\nM{\"cell\":-1}\n", "\nMx\n"} {
		if _, err := p.collect(strings.NewReader(bad), "M", &discard{}); !errors.Is(err, ErrRun) {
			t.Errorf("%q: got %v", bad, err)
		}
	}
}

func TestParametersAreSetOrNamed(t *testing.T) {
	n := notebook("#parameters\nepochs := 5\nrows, steps := 1, 2", "other := 1")
	for _, c := range []struct{ name, value, says string }{
		{"epoch", "1", "for epoch"},
		{"other", "1", "for other"},
		{"rows", "1", "for rows"},
		{"epochs", "1\nprintln()", "one expression"},
		{"epochs", "func() int { return 1 }()", "one expression"},
		{"epochs", "1 +", `epochs is to be "1 +"`},
	} {
		if _, err := Convert(n, Config{Name: "a.ipynb", Set: map[string]string{c.name: c.value}}); !errors.Is(err, ErrParameter) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s=%s: got %v, want %q", c.name, c.value, err, c.says)
		}
	}
	p, err := Convert(n, Config{Name: "a.ipynb", Set: map[string]string{"epochs": "7"}})
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(p.Source, []byte("epochs := 7")) {
		t.Errorf("not set in\n%s", p.Source)
	}
}

func TestAParameterThatIsNoNameIsAnError(t *testing.T) {
	for _, line := range []string{"a.b := 1", "a[0] := 1"} {
		n := notebook("#parameters\nepochs := 5\n" + line)
		_, err := Convert(n, Config{Name: "a.ipynb", Set: map[string]string{"epochs": "7"}})
		if !errors.Is(err, ErrSubset) || !strings.Contains(err.Error(), "cell 1, line 2") {
			t.Errorf("%s: got %v, want ErrSubset at cell 1, line 2", line, err)
		}
	}
}

func TestSavedOutputsAreOfTheirCode(t *testing.T) {
	n := notebook("x := 1\nx", "x")
	fresh := func() {
		if err := Keep(n, [][]ipynb.Output{{{Kind: ipynb.StreamOutput, Name: "stdout", Text: "1"}}, nil}); err != nil {
			t.Fatal(err)
		}
	}
	if err := Kept(n); !errors.Is(err, ErrStale) {
		t.Errorf("never run: got %v", err)
	}
	fresh()
	if err := Kept(n); err != nil {
		t.Error(err)
	}
	for name, spoil := range map[string]func(){
		"other code":   func() { n.Cells[1].Source = "x + 1" },
		"a cell alone": func() { n.Cells[1].Count = 7 },
		"a cell more":  func() { n.Cells = append(n.Cells, n.Cells[0]) },
		"an error":     func() { n.Cells[0].Outputs = []ipynb.Output{{Kind: ipynb.Error, ErrorValue: "no"}} },
	} {
		was := slices.Clone(n.Cells)
		spoil()
		if err := Kept(n); !errors.Is(err, ErrStale) {
			t.Errorf("%s: got %v", name, err)
		}
		n.Cells = was
	}
	if err := Keep(n, nil); err == nil {
		t.Error("kept the outputs of no cell")
	}
}

// No source of a cell makes the reader fail other than by an error, and what it
// takes apart is all there.
func FuzzCells(f *testing.F) {
	for _, s := range everything {
		f.Add(s)
	}
	f.Add("x := 1; y := 2")
	f.Add("func (T) F() {}\nfunc() {}()")
	f.Add("import (")
	f.Add("a :=\n%x")
	f.Fuzz(func(t *testing.T, source string) {
		cells, err := read(notebook(source, "x"), Config{Name: "a.ipynb"})
		if err != nil {
			if !errors.Is(err, ErrSubset) || !strings.HasPrefix(err.Error(), "a.ipynb, cell ") {
				t.Fatalf("got %v", err)
			}
			return
		}
		for _, k := range cells[0] {
			if !strings.Contains(source, k.source) || k.line < 1 || k.line > strings.Count(source, "\n")+1 {
				t.Fatalf("chunk %q at line %d is not of %q", k.source, k.line, source)
			}
		}
		write(cells, map[*chunk]bool{})
	})
}
