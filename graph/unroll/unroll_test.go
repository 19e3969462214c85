package unroll_test

import (
	"strings"
	"testing"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/egru/egru/graph/unroll"
	"github.com/egru/egru/ops"
	"github.com/egru/egru/ops/surrogate"
)

func containsAll(s string, parts ...string) bool {
	for _, p := range parts {
		if !strings.Contains(s, p) {
			return false
		}
	}
	return true
}

// held is how many numbers all nodes of a trained cell hold, forward and
// backward, without the weights and their gradients.
func held(t *testing.T, T int) (numbers, nodes int) {
	t.Helper()
	const B, I = 4, 50
	g := G.NewGraph()
	x := G.NewTensor(g, tensor.Float64, 3, G.WithShape(T, B, I), G.WithName("x"))
	initial, err := unroll.Zeros("sum", x, unroll.Sizes{"s": I})
	if err != nil {
		t.Fatal(err)
	}
	y, final, err := unroll.Unroll(x, initial, func(t int, x *G.Node, s unroll.State) (*G.Node, unroll.State, error) {
		var c unroll.Calc
		sum := c.One(G.Tanh, c.Sum(x, s["s"]))
		return sum, unroll.State{"s": sum}, c.Err()
	})
	if err != nil {
		t.Fatal(err)
	}
	var c unroll.Calc
	total := func(n *G.Node) (*G.Node, error) { return G.Sum(n) }
	loss := c.Sum(c.One(total, c.One(G.Square, y)), c.One(total, final["s"]))
	if c.Err() != nil {
		t.Fatal(c.Err())
	}
	if _, err := G.Grad(loss, x); err != nil {
		t.Fatal(err)
	}
	for _, n := range g.AllNodes() {
		numbers += n.Shape().TotalSize()
	}
	return numbers, len(g.AllNodes())
}

func TestMemoryGrowsWithStepsNotWithTheirSquare(t *testing.T) {
	short, few := held(t, 10)
	long, many := held(t, 40)
	if long > 4*short || many > 4*few {
		t.Errorf("10 steps hold %d numbers in %d nodes, 40 hold %d in %d, want 4 times as much", short, few, long, many)
	}
}

// Steps 256 apart are those that gorgonia.Slice takes for one.
func TestStepsFarApartStayApart(t *testing.T) {
	const T = 300
	g := G.NewGraph()
	x := make([]float64, 2*T)
	for i := range x {
		x[i] = float64(i)
	}
	n := G.NewTensor(g, tensor.Float64, 3, G.WithShape(T, 1, 2), G.WithName("x"), G.WithValue(dense(tensor.Float64, x, T, 1, 2)))
	y, _, err := unroll.Unroll(n, nil, func(t int, x *G.Node, s unroll.State) (*G.Node, unroll.State, error) {
		y, err := G.Neg(x)
		return y, nil, err
	})
	if err != nil {
		t.Fatal(err)
	}
	var out G.Value
	G.Read(y, &out)
	vm := G.NewTapeMachine(g)
	defer vm.Close()
	if err := vm.RunAll(); err != nil {
		t.Fatal(err)
	}
	for i, v := range numbers(out) {
		if v != -x[i] {
			t.Fatalf("y[%d] is %v, want %v", i, v, -x[i])
		}
	}
}

// A step that uses an earlier one around its state would not be carried over to
// another window. It is also what a node looks like that Gorgonia has mixed up.
func TestStepsMeetByTheStateAlone(t *testing.T) {
	g := G.NewGraph()
	x := G.NewTensor(g, tensor.Float64, 3, G.WithShape(4, 2, 3), G.WithName("x"))
	initial, err := unroll.Zeros("cell", x, unroll.Sizes{"s": 3})
	if err != nil {
		t.Fatal(err)
	}
	var before *G.Node
	around := func(from func(t int, x, y *G.Node, s unroll.State) *G.Node) unroll.Step {
		before = nil
		return func(t int, x *G.Node, s unroll.State) (*G.Node, unroll.State, error) {
			var c unroll.Calc
			y := c.One(G.Tanh, c.Sum(x, s["s"]))
			next := c.Two(G.HadamardProd, y, s["s"])
			if before != nil {
				y = c.Sum(y, before)
			}
			before = from(t, x, y, s)
			return y, unroll.State{"s": next}, c.Err()
		}
	}
	for name, from := range map[string]func(t int, x, y *G.Node, s unroll.State) *G.Node{
		"an output": func(_ int, _, y *G.Node, _ unroll.State) *G.Node { return y },
		"an input":  func(_ int, x, _ *G.Node, _ unroll.State) *G.Node { return x },
		"a state":   func(_ int, _, _ *G.Node, s unroll.State) *G.Node { return s["s"] },
	} {
		_, _, err := unroll.Unroll(x, initial, around(from))
		wantError(t, name, err, unroll.ErrStep, "step 1 of 4: y: it reaches")
	}

	// What is made of no step may be shared, and a state may stay as it is.
	_, final, err := unroll.Unroll(x, initial, func(t int, x *G.Node, s unroll.State) (*G.Node, unroll.State, error) {
		var c unroll.Calc
		y := c.Sum(x, c.One(G.Tanh, s["s"]))
		return y, s, c.Err()
	})
	if err != nil || final["s"] != initial["s"] {
		t.Errorf("a state that stays: %v", err)
	}
	mask := G.NewTensor(g, tensor.Float64, 3, G.WithShape(4, 2, 3), G.WithName("mask"))
	if _, _, err := unroll.Unroll(x, nil, func(t int, x *G.Node, _ unroll.State) (*G.Node, unroll.State, error) {
		var c unroll.Calc
		m := c.Do(func() (*G.Node, error) { return ops.TimeSlice(mask, t) })
		return c.Two(G.HadamardProd, x, m), nil, c.Err()
	}); err != nil {
		t.Errorf("a mask: %v", err)
	}
}

func TestUnusableStepsAreErrors(t *testing.T) {
	g, other := G.NewGraph(), G.NewGraph()
	in := func(g *G.ExprGraph, name string, of tensor.Dtype, shape ...int) *G.Node {
		return G.NewTensor(g, of, len(shape), G.WithShape(shape...), G.WithName(name))
	}
	x := in(g, "x", tensor.Float64, 3, 2, 4)
	h := in(g, "h", tensor.Float64, 2, 5)
	scalar := G.NewScalar(g, tensor.Float64, G.WithName("scalar"))
	of := func(y *G.Node, next unroll.State) unroll.Step {
		return func(int, *G.Node, unroll.State) (*G.Node, unroll.State, error) { return y, next, nil }
	}
	mine := errors.New("mine")
	one := unroll.State{"h": h}
	for _, c := range []struct {
		name    string
		x       *G.Node
		initial unroll.State
		step    unroll.Step
		want    error
		says    string
	}{
		{"no x", nil, one, of(h, one), unroll.ErrInput, "x is nil"},
		{"no batch", in(g, "v", tensor.Float64, 3), one, of(h, one), unroll.ErrInput, "x has shape (3), want (T, B, ...)"},
		{"integers", in(g, "i", tensor.Int, 3, 2), one, of(h, one), unroll.ErrInput, "x has dtype int, want float32 or float64"},
		{"no step", x, one, nil, unroll.ErrInput, "step is nil"},
		{"nil state", x, unroll.State{"h": nil}, of(h, one), unroll.ErrInput, "initial state h is nil"},
		{"foreign state", x, unroll.State{"h": in(other, "h", tensor.Float64, 2, 5)}, of(h, one), unroll.ErrInput, "initial state h belongs to another graph than x"},
		{"no y", x, one, of(nil, one), unroll.ErrStep, "step 0 of 3: y is nil"},
		{"scalar y", x, one, of(scalar, one), unroll.ErrStep, "step 0 of 3: y is a scalar, want (B, ...)"},
		{"foreign y", x, one, of(in(other, "y", tensor.Float64, 2, 5), one), unroll.ErrStep, "y belongs to another graph than x"},
		{"lost state", x, one, of(h, nil), unroll.ErrStep, "step 0 of 3: it leaves the states {}, want {h}"},
		{"new state", x, one, of(h, unroll.State{"h": h, "c": h}), unroll.ErrStep, "it leaves the states {c, h}, want {h}"},
		{"nil next", x, one, of(h, unroll.State{"h": nil}), unroll.ErrStep, "state h is nil"},
		{"other shape", x, one, of(h, unroll.State{"h": in(g, "wide", tensor.Float64, 2, 6)}), unroll.ErrStep, "state h is (2, 6) of float64, want (2, 5) of float64 as it was"},
		{"other dtype", x, one, of(h, unroll.State{"h": in(g, "narrow", tensor.Float32, 2, 5)}), unroll.ErrStep, "state h is (2, 5) of float32, want (2, 5) of float64 as it was"},
		{"growing y", x, one, func(t int, _ *G.Node, s unroll.State) (*G.Node, unroll.State, error) {
			return in(g, "y", tensor.Float64, 2, 5+t), s, nil
		}, unroll.ErrStep, "step 1 of 3: y is (2, 6) of float64, want (2, 5) of float64 as at step 0"},
		{"an error of its own", x, one, func(t int, _ *G.Node, s unroll.State) (*G.Node, unroll.State, error) {
			if t == 2 {
				return nil, nil, mine
			}
			return h, s, nil
		}, mine, "step 2 of 3: mine"},
	} {
		y, final, err := unroll.Unroll(c.x, c.initial, c.step)
		if err == nil || y != nil || final != nil {
			t.Errorf("%s: got %v, %v and error %v, want the error alone", c.name, y, final, err)
			continue
		}
		wantError(t, c.name, err, c.want, c.says)
	}
	_, err := unroll.Zeros("cell", x, unroll.Sizes{"h": 0})
	wantError(t, "Zeros", err, unroll.ErrInput, "state h of cell has 0 units, want at least 1")
	_, err = unroll.Zeros("cell", nil, nil)
	wantError(t, "Zeros", err, unroll.ErrInput, "x is nil")
}

// A step may write into the map it is given.
func TestStatesOfACallerStay(t *testing.T) {
	g := G.NewGraph()
	x := G.NewTensor(g, tensor.Float64, 3, G.WithShape(2, 2, 3), G.WithName("x"))
	initial, err := unroll.Zeros("cell", x, unroll.Sizes{"s": 3})
	if err != nil {
		t.Fatal(err)
	}
	zeros := initial["s"]
	if _, _, err := unroll.Unroll(x, initial, func(t int, x *G.Node, s unroll.State) (*G.Node, unroll.State, error) {
		var c unroll.Calc
		s["s"] = c.Sum(s["s"], x)
		return s["s"], s, c.Err()
	}); err != nil {
		t.Fatal(err)
	}
	if initial["s"] != zeros {
		t.Error("the initial state was overwritten")
	}
}

func TestCalcStopsAtTheFirstError(t *testing.T) {
	first := errors.New("first")
	var c unroll.Calc
	n := c.Do(func() (*G.Node, error) { return nil, first })
	if got := c.Two(G.Add, c.One(G.Tanh, n), n); got != nil || c.Err() != first {
		t.Errorf("got %v and error %v, want none and %v", got, c.Err(), first)
	}
}

// A final state that nothing uses is in the way of a LispMachine, but not in the
// part of the graph that the loss needs.
func TestLispMachineRunsWhatTheLossNeeds(t *testing.T) {
	t.Chdir(t.TempDir()) // where the machine writes err.dot as it refuses
	m := cells["EGRU EvNN"](2, 3, tensor.Float64, surrogate.DefaultTriangle())
	g := G.NewGraph()
	x, err := weight("x", tensor.Float64, 0, 1, 3, 2, 2).Node(g)
	if err != nil {
		t.Fatal(err)
	}
	initial, err := unroll.Zeros("cell", x, m.Sizes())
	if err != nil {
		t.Fatal(err)
	}
	y, _, err := m.Run(x, initial)
	if err != nil {
		t.Fatal(err)
	}
	loss, err := G.Sum(y)
	if err != nil {
		t.Fatal(err)
	}
	run := func(g *G.ExprGraph) error {
		vm := G.NewLispMachine(g)
		defer vm.Close()
		return vm.RunAll()
	}
	if run(g) == nil {
		t.Error("a LispMachine ran a graph with a loose end: the package comment says otherwise")
	}
	if err := run(g.SubgraphRoots(loss)); err != nil {
		t.Fatal(err)
	}
	d, err := x.Grad()
	if err != nil {
		t.Fatal(err)
	}
	if active(d) == 0 {
		t.Error("the gradient of x is zero")
	}
}
