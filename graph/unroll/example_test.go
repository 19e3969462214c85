package unroll_test

import (
	"bufio"
	"fmt"
	"os"
	"strings"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/egru/egru/graph/unroll"
	"github.com/egru/egru/layers"
	"github.com/egru/egru/ops"
	"github.com/egru/egru/ops/surrogate"
)

type Leaky struct{ W, Leak, Thr *layers.Param } // (I, H), (H), (H)

func (l *Leaky) Params() []*layers.Param { return []*layers.Param{l.W, l.Leak, l.Thr} }

func (l *Leaky) Sizes() unroll.Sizes { return unroll.Sizes{"v": l.Leak.Value().Shape()[0]} }

func (l *Leaky) Run(x *G.Node, initial unroll.State) (y *G.Node, final unroll.State, err error) {
	w, err := layers.Nodes(x.Graph(), l.Params()) // one node for all steps
	if err != nil {
		return nil, nil, err
	}
	W, leak, thr := w[0], w[1], w[2]
	return unroll.Unroll(x, initial, func(t int, x *G.Node, s unroll.State) (*G.Node, unroll.State, error) {
		var c unroll.Calc
		v := c.Two(G.Add, c.Two(ops.Gain, s["v"], leak), c.Two(ops.GatedMatMul, x, W))
		y := c.Do(func() (*G.Node, error) { return ops.Event(v, thr, surrogate.DefaultTriangle()) })
		return y, unroll.State{"v": c.Two(G.Sub, v, y)}, c.Err()
	})
}

// The cell of the package comment: a leaky sum that sends its value, and starts
// again from zero, where it crosses its threshold.
func ExampleUnroll() {
	cell := &Leaky{
		W:    layers.NewParam("leaky.w", dense(tensor.Float64, []float64{0.5, 0.25}, 1, 2)),
		Leak: layers.NewParam("leaky.leak", dense(tensor.Float64, []float64{0.5, 1}, 2)),
		Thr:  layers.NewParam("leaky.threshold", dense(tensor.Float64, []float64{0.7, 0.7}, 2)),
	}
	g := G.NewGraph()
	x := G.NewTensor(g, tensor.Float64, 3, G.WithShape(4, 1, 1), G.WithName("x"),
		G.WithValue(dense(tensor.Float64, []float64{1, 1, 1, 0}, 4, 1, 1)))
	initial, err := unroll.Zeros("leaky", x, cell.Sizes())
	if err != nil {
		fmt.Println(err)
		return
	}
	y, final, err := cell.Run(x, initial)
	if err != nil {
		fmt.Println(err)
		return
	}
	var ys, v G.Value
	G.Read(y, &ys)
	G.Read(final["v"], &v)
	vm := G.NewTapeMachine(g)
	defer vm.Close()
	if err := vm.RunAll(); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("events", ys.Data())
	fmt.Println("left", v.Data())
	// Output:
	// events [0 0 0.75 0 0 0.75 0 0]
	// left [0.25 0]
}

// The package comment shows the cell above.
func TestPackageCommentShowsTestedCode(t *testing.T) {
	doc, err := os.Open("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	defer doc.Close()
	tested, err := os.ReadFile("example_test.go")
	if err != nil {
		t.Fatal(err)
	}
	lines, inside := 0, false
	for s := bufio.NewScanner(doc); s.Scan(); {
		line, code := strings.CutPrefix(s.Text(), "//\t")
		inside = inside || strings.HasPrefix(line, "type Leaky")
		if !inside || strings.HasPrefix(s.Text(), "// It is run") {
			inside = false
			continue
		}
		if code {
			lines++
			if !strings.Contains(string(tested), line+"\n") {
				t.Errorf("not in the example: %s", line)
			}
		}
	}
	if lines < 15 || lines > 30 {
		t.Errorf("the cell of the package comment has %d lines, want at most 30", lines)
	}
}
