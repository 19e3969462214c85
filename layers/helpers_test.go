package layers

import (
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

const (
	tape = "TapeMachine"
	lisp = "LispMachine"
)

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// normal are standard normal numbers.
func normal(seed uint64, n int) []float64 {
	r := rand.New(rand.NewPCG(seed, 0))
	x := make([]float64, n)
	for i := range x {
		x[i] = r.NormFloat64()
	}
	return x
}

// node makes an input of given numbers.
func node(g *G.ExprGraph, name string, dt tensor.Dtype, x []float64, shape ...int) *G.Node {
	backing := any(slices.Clone(x))
	switch dt {
	case tensor.Float32:
		backing = as[float32](x)
	case tensor.Int:
		backing = as[int](x)
	}
	v := tensor.New(tensor.WithShape(shape...), tensor.WithBacking(backing))
	return G.NewTensor(g, dt, len(shape), G.WithShape(shape...), G.WithName(name), G.WithValue(v))
}

func as[N float32 | int](x []float64) []N {
	y := make([]N, len(x))
	for i, v := range x {
		y[i] = N(v)
	}
	return y
}

// randomNode makes an input of standard normal numbers.
func randomNode(g *G.ExprGraph, name string, dt tensor.Dtype, seed uint64, shape ...int) *G.Node {
	return node(g, name, dt, normal(seed, tensor.Shape(shape).TotalSize()), shape...)
}

// trainRun is a run in training with the masks of a step.
func trainRun(g *G.ExprGraph, step float64) Run {
	return Run{Train: true, Key: node(g, "key", tensor.Int, []float64{7, step}, 2)}
}

// numbers lists a value row by row.
func numbers(v G.Value) []float64 {
	switch x := v.Data().(type) {
	case []float64:
		return slices.Clone(x)
	case []float32:
		wide := make([]float64, len(x))
		for i, f := range x {
			wide[i] = float64(f)
		}
		return wide
	case float32:
		return []float64{float64(x)}
	case float64:
		return []float64{x}
	}
	return nil
}

// built is what a test put into a graph: an output, and the nodes whose
// gradients it wants.
type built struct {
	out *G.Node
	wrt G.Nodes
}

// with asks for the gradients of weights too.
func (b built) with(ps []*Param) built {
	b.wrt = append(b.wrt, must(Nodes(b.out.Graph(), ps))...)
	return b
}

// outcome is what a run gave.
type outcome struct {
	out   []float64
	grads map[string][]float64
}

// run builds a graph and runs it once, forward and backward from
//
//	loss = sum (weights * out)
//
// with random weights. A scalar output is the loss itself.
func run(t *testing.T, machine string, build func(g *G.ExprGraph) built) outcome {
	t.Helper()
	g := G.NewGraph()
	b := build(g)
	var out G.Value
	G.Read(b.out, &out)
	loss := b.out
	if !loss.IsScalar() {
		weights := randomNode(g, "weights of the loss", loss.Dtype(), 99, loss.Shape()...)
		loss = G.Must(G.Sum(G.Must(G.HadamardProd(loss, weights))))
	}
	var vm G.VM
	switch machine {
	case lisp:
		vm = G.NewLispMachine(g)
	case tape:
		if len(b.wrt) > 0 {
			must(G.Grad(loss, b.wrt...))
		}
		vm = G.NewTapeMachine(g, G.BindDualValues(b.wrt...))
	}
	defer vm.Close()
	if err := vm.RunAll(); err != nil {
		t.Fatalf("%s: %v", machine, err)
	}
	o := outcome{numbers(out), map[string][]float64{}}
	for _, n := range b.wrt {
		o.grads[n.Name()] = numbers(must(n.Grad()))
	}
	return o
}

// forward gives the value of a node.
func forward(t *testing.T, build func(g *G.ExprGraph) *G.Node) []float64 {
	t.Helper()
	return run(t, tape, func(g *G.ExprGraph) built { return built{out: build(g)} }).out
}

// sameOutcome wants outputs and all gradients within tolerance of the largest
// number of each array.
func sameOutcome(t *testing.T, got, want outcome, tolerance float64) {
	t.Helper()
	compare(t, "output", got.out, want.out, tolerance)
	for _, name := range slices.Sorted(maps.Keys(want.grads)) {
		compare(t, "gradient of "+name, got.grads[name], want.grads[name], tolerance)
	}
	if len(got.grads) != len(want.grads) {
		t.Errorf("%d gradients, want %d", len(got.grads), len(want.grads))
	}
}

func compare(t *testing.T, name string, got, want []float64, tolerance float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%s has %d numbers, want %d", name, len(got), len(want))
		return
	}
	scale := 0.0
	for _, w := range want {
		scale = max(scale, math.Abs(w))
	}
	for i, w := range want {
		if !(math.Abs(got[i]-w) <= tolerance*scale) {
			t.Errorf("%s[%d] is %v, want %v", name, i, got[i], w)
			return
		}
	}
}

// differ wants two arrays to be different, so that a test that changes
// something can fail.
func differ(t *testing.T, name string, a, b []float64) {
	t.Helper()
	if slices.Equal(a, b) {
		t.Errorf("%s stayed the same", name)
	}
}

// wantError wants an error that wraps a sentinel and says all of some words.
func wantError(t *testing.T, name string, err, sentinel error, says ...string) {
	t.Helper()
	if err == nil || !errors.Is(err, sentinel) {
		t.Errorf("%s: got error %v, want it to wrap %q", name, err, sentinel)
		return
	}
	for _, s := range says {
		if !strings.Contains(err.Error(), s) {
			t.Errorf("%s: got error %q, want it to say %q", name, err, s)
		}
	}
}
