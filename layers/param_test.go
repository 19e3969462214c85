package layers

import (
	"math"
	"slices"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

func TestAWeightIsOneTensorInEveryGraph(t *testing.T) {
	l := must(NewEGRU("rnn", DefaultEGRU(3, 4)))
	a, b := G.NewGraph(), G.NewGraph()
	for _, p := range l.Params() {
		n, m := must(p.Node(a)), must(p.Node(b))
		if n.Value() != G.Value(p.Value()) || m.Value() != G.Value(p.Value()) {
			t.Errorf("%s is copied", p.Name())
		}
		if again := must(p.Node(a)); again != n {
			t.Errorf("%s has two nodes in one graph", p.Name())
		}
		if n.Name() != p.Name() || !n.Shape().Eq(p.Value().Shape()) || n.Dtype() != p.Value().Dtype() {
			t.Errorf("%s is the node %v of %v %v", p.Name(), n, n.Shape(), n.Dtype())
		}
	}
}

// A step of a solver in one graph changes what the others compute, and the
// nodes are still found when a machine has bound gradients to them.
func TestASolverChangesAllGraphs(t *testing.T) {
	l := must(NewLinear("out", LinearConfig{Inputs: 2, Outputs: 1, Dtype: tensor.Float64}))
	x := []float64{1, 2}
	evaluate := func() float64 {
		return forward(t, func(g *G.ExprGraph) *G.Node {
			return must(l.Forward(node(g, "x", tensor.Float64, x, 1, 2)))
		})[0]
	}
	before := evaluate()

	g := G.NewGraph()
	loss := G.Must(G.Sum(must(l.Forward(node(g, "x", tensor.Float64, x, 1, 2)))))
	weights := must(l.Nodes(g))
	must(G.Grad(loss, weights...))
	vm := G.NewTapeMachine(g, G.BindDualValues(weights...))
	defer vm.Close()
	if err := vm.RunAll(); err != nil {
		t.Fatal(err)
	}
	for i, n := range must(l.Nodes(g)) {
		if n != weights[i] {
			t.Errorf("%v has another node after a run", n)
		}
	}
	if err := G.NewVanillaSolver(G.WithLearnRate(0.5)).Step(G.NodesToValueGrads(weights)); err != nil {
		t.Fatal(err)
	}
	// dy/dw = x and dy/db = 1: the step takes 0.5 * (1 + 4 + 1) off y.
	compare(t, "y", []float64{evaluate()}, []float64{before - 3}, 1e-14)
}

func TestAClampedWeightIsInItsInterval(t *testing.T) {
	inf, nan := math.Inf(1), math.NaN()
	start := []float64{-3, 0, 0.25, 1, 1.5, inf, -inf, nan}
	for _, c := range []struct {
		low, high float64
		want      []float64
	}{
		{0, 1, []float64{0, 0, 0.25, 1, 1, 1, 0, nan}},
		{-inf, 0.25, []float64{-3, 0, 0.25, 0.25, 0.25, 0.25, -inf, nan}},
		{-inf, inf, start},
	} {
		for _, v := range []*tensor.Dense{
			tensor.New(tensor.WithShape(2, 4), tensor.WithBacking(as[float32](start))),
			tensor.New(tensor.WithShape(8), tensor.WithBacking(slices.Clone(start))),
		} {
			if err := NewParam("w", v).Clamp(c.low, c.high); err != nil {
				t.Fatal(err)
			}
			same := func(a, b float64) bool { return a == b || a != a && b != b }
			if got := numbers(v); !slices.EqualFunc(got, c.want, same) {
				t.Errorf("%v in [%v, %v] is %v, want %v", v.Dtype(), c.low, c.high, got, c.want)
			}
		}
	}
	one := tensor.New(tensor.FromScalar(7.0))
	if err := NewParam("w", one).Clamp(0, 1); err != nil || one.Data() != 1.0 {
		t.Errorf("a scalar is %v, %v", one.Data(), err)
	}
}

func TestWeightsThatCannotBeClamped(t *testing.T) {
	w := NewParam("w", tensor.New(tensor.WithBacking([]float64{7, 7, 7, 7}), tensor.WithShape(2, 2)))
	wantError(t, "ends turned round", w.Clamp(1, 0), ErrConfig, "weight w: low is 1 and high 0, want low <= high")
	wantError(t, "NaN", w.Clamp(0, math.NaN()), ErrConfig, "high NaN")
	wantError(t, "no tensor", NewParam("w", nil).Clamp(0, 1), ErrConfig, "weight w has no tensor")
	column := must(w.Value().Slice(nil, G.S(0))).(*tensor.Dense)
	wantError(t, "view", NewParam("column", column).Clamp(0, 1), ErrConfig, "weight column is masked or a strided view")
	ids := tensor.New(tensor.WithBacking([]int{7}))
	wantError(t, "integers", NewParam("ids", ids).Clamp(0, 1), ErrConfig, "weight ids has dtype int, want float32 or float64")
	if got := numbers(w.Value()); !slices.Equal(got, []float64{7, 7, 7, 7}) {
		t.Errorf("after errors the weight is %v", got)
	}
}

func TestWeightsThatCannotBeBuilt(t *testing.T) {
	value := tensor.New(tensor.WithShape(2), tensor.Of(tensor.Float64))
	p, twin := NewParam("w", value), NewParam("w", value.Clone().(*tensor.Dense))
	if p.Value() != value {
		t.Error("the tensor was copied")
	}
	g := G.NewGraph()
	must(p.Node(g))
	_, err := twin.Node(g)
	wantError(t, "another weight of the name", err, ErrGraph, "weight w", "another input of that name")
	_, err = Nodes(g, []*Param{p, twin})
	wantError(t, "among others", err, ErrGraph, "weight w")
	_, err = p.Node(nil)
	wantError(t, "no graph", err, ErrGraph, "weight w", "graph is nil")
	_, err = NewParam("v", nil).Node(g)
	wantError(t, "no tensor", err, ErrConfig, "weight v has no tensor")

	wantError(t, "names", CheckParams([]*Param{p, NewParam("v", value), twin}), ErrConfig, "two weights are named w")
	if err := CheckParams([]*Param{p, NewParam("v", value)}); err != nil {
		t.Error(err)
	}

	a, b := must(NewGRU("rnn", DefaultGRU(2, 3))), must(NewGRU("rnn", DefaultGRU(2, 3)))
	x := randomNode(g, "x", tensor.Float32, 1, 2, 2, 2)
	must(a.Forward(x))
	_, err = b.Forward(x)
	wantError(t, "two layers of a name in a graph", err, ErrGraph, "rnn.kernel")
}

func TestSizeCountsEveryNumber(t *testing.T) {
	m := must(NewLanguageModel(DefaultLanguageModel(10, 3, 4, 2)))
	// Embedding and bias of the decoder, then for each layer W, R, two biases,
	// thresholds and gains.
	want := 10*3 + 10
	for _, l := range []struct{ I, H int }{{3, 4}, {4, 3}} {
		want += l.I*3*l.H + l.H*3*l.H + 2*3*l.H + l.H + l.H
	}
	if got := Size(m.Params()); got != want {
		t.Errorf("the model has %d numbers, want %d", got, want)
	}
	if n := Size([]*Param{NewParam("none", nil)}); n != 0 {
		t.Errorf("a weight without a tensor has %d numbers", n)
	}
}

func TestANilWeightIsAnError(t *testing.T) {
	ps := append(must(NewGRU("rnn", DefaultGRU(2, 3))).Params(), nil)
	wantError(t, "CheckParams", CheckParams(ps), ErrConfig, "weight 4 is nil")
	_, err := Nodes(G.NewGraph(), ps)
	wantError(t, "Nodes", err, ErrConfig, "weight 4 is nil")
	if got, want := Size(ps), Size(ps[:4]); got != want {
		t.Errorf("Size is %d with a nil weight, want %d", got, want)
	}
}
