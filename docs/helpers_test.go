// Package docs_test proves what the pages of this folder say.
package docs_test

import (
	"bytes"
	"fmt"
	"log"
	"os"
	"os/exec"
	"strings"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// must and check end the program on an error.
func must[T any](v T, err error) T {
	check(err)
	return v
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

// finding is what a section of gorgonia.md says of Gorgonia.
type finding struct {
	got, wrong, right any    // compared as text, numbers by four digits
	workaround        string // what this library does for it
}

// verdict is empty while Gorgonia is as the page says.
func (f finding) verdict() string {
	got, wrong, right := text(f.got), text(f.wrong), text(f.right)
	switch got {
	case wrong:
		return ""
	case right:
		return fmt.Sprintf("Gorgonia gives %s, which is right, and no longer %s: %s can go, and its section in gorgonia.md", got, wrong, f.workaround)
	}
	return fmt.Sprintf("Gorgonia gives %s, neither %s as in gorgonia.md nor %s, which is right", got, wrong, right)
}

func text(v any) string {
	switch v.(type) {
	case string, bool, int, []int, error:
		return fmt.Sprint(v)
	}
	return fmt.Sprintf("%.4g", v)
}

// proves holds a finding against the Gorgonia of go.mod.
func proves(t *testing.T, f finding) {
	t.Helper()
	if v := f.verdict(); v != "" {
		t.Error(v)
	}
}

// gives holds this library against what is right.
func gives(t *testing.T, got, right any) {
	t.Helper()
	if text(got) != text(right) {
		t.Errorf("this library gives %s, want %s", text(got), text(right))
	}
}

func TestAFindingTellsWhenGorgoniaHasChanged(t *testing.T) {
	for _, c := range []struct {
		got  any
		want string
	}{
		{[]float64{5}, ""},
		{[]float64{1.25}, "ops.Dropout can go"},
		{[]float64{7}, "neither [5] as in gorgonia.md nor [1.25]"},
	} {
		f := finding{got: c.got, wrong: []float64{5}, right: []float64{1.25}, workaround: "ops.Dropout"}
		if v := f.verdict(); !strings.Contains(v, c.want) || (v == "") != (c.want == "") {
			t.Errorf("of %v: %q, want %q in it", c.got, v, c.want)
		}
	}
}

// of makes an input of a graph.
func of(g *G.ExprGraph, name string, backing any, shape ...int) *G.Node {
	return G.NodeFromAny(g, tensor.New(tensor.WithShape(shape...), tensor.WithBacking(backing)), G.WithName(name))
}

func read(n *G.Node) *G.Value {
	v := new(G.Value)
	G.Read(n, v)
	return v
}

// tape runs a graph once.
func tape(g *G.ExprGraph, opts ...G.VMOpt) {
	vm := G.NewTapeMachine(g, opts...)
	defer vm.Close()
	check(vm.RunAll())
}

// descend runs a graph once, with the gradients of the sum of out.
func descend(g *G.ExprGraph, out *G.Node, wrt ...*G.Node) {
	must(G.Grad(must(G.Sum(out)), wrt...))
	tape(g, G.BindDualValues(wrt...))
}

func gradient(n *G.Node) any { return must(n.Grad()).Data() }

// caught is what f panics with.
func caught(f func()) (p any) {
	defer func() { p = recover() }()
	f()
	return nil
}

// alone runs the rest of a test in a process of its own, and gives what it
// wrote; the second result tells the process that it is the one.
func alone(t *testing.T) (output string, here bool) {
	t.Helper()
	const key = "EGRU_TEST_ALONE"
	if os.Getenv(key) == t.Name() {
		return "", true
	}
	cmd := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$")
	cmd.Env = append(os.Environ(), key+"="+t.Name())
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	return fmt.Sprintln(err) + out.String(), false
}
