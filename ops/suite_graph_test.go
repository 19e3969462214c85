package ops

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// opGraph is a graph around an op. Its loss is the sum of the output weighted by
// dout, so that dout is the gradient that comes into the output.
type opGraph struct {
	g         *G.ExprGraph
	in        G.Nodes
	out, dout *G.Node
	loss      *G.Node
	wrt       G.Nodes // the inputs that have a gradient, then dout
	read      *G.Value
}

func (c opCase) graph(t *testing.T, values []opValue, dt tensor.Dtype) *opGraph {
	t.Helper()
	o := c.unreadGraph(t, values, dt)
	o.read = new(G.Value)
	G.Read(o.out, o.read)
	return o
}

// unreadGraph does not read its output.
func (c opCase) unreadGraph(t *testing.T, values []opValue, dt tensor.Dtype) *opGraph {
	t.Helper()
	g := G.NewGraph()
	o := &opGraph{g: g, in: c.nodes(g, values, dt)}
	var err error
	if o.out, err = c.build(o.in); err != nil {
		t.Fatal(err)
	}
	dout := opInput{shape: o.out.Shape()}.value(rand.New(rand.NewPCG(2, 0)), o.out.Dtype())
	o.dout = dout.node(g, doutName, o.out.Dtype())
	o.loss = total(G.Must(G.HadamardProd(o.out, o.dout)))
	for i, in := range c.inputs {
		if in.differentiable() {
			o.wrt = append(o.wrt, o.in[i])
		}
	}
	o.wrt = append(o.wrt, o.dout)
	return o
}

// total sums all numbers of a node.
func total(n *G.Node) *G.Node {
	if n.IsScalar() {
		return n
	}
	return G.Must(G.Sum(n))
}

// outcome is what a run gave, with the gradients in the order of the inputs,
// nil for those without one.
type outcome struct {
	out   []float64
	grads [][]float64
}

// doutName is the name of dout in a graph.
const doutName = "gradient of the output"

const (
	tape = "TapeMachine"
	lisp = "LispMachine"
)

// op is the node that takes the inputs, behind the anchors of some; the output
// may be picked out of it.
func (o *opGraph) op() *G.Node {
	n := o.out
	for n.Op().Arity() != o.anchors(n)+len(o.in) {
		from := o.g.From(n.ID())
		for range o.anchors(n) + 1 {
			from.Next()
		}
		n = from.Node().(*G.Node)
	}
	return n
}

// anchors is how many of the first inputs of a node are anchors.
func (o *opGraph) anchors(n *G.Node) (count int) {
	for from := o.g.From(n.ID()); from.Next(); count++ {
		if op := from.Node().(*G.Node).Op(); op == nil || !strings.HasPrefix(op.String(), "anchor of ") {
			break
		}
	}
	return count
}

// do calls the op as a machine does. The value of an anchor is zero.
func (o *opGraph) do(values ...G.Value) (G.Value, error) {
	return o.op().Op().Do(o.withAnchors(values)...)
}

// withAnchors are the values of all inputs of the op.
func (o *opGraph) withAnchors(values []G.Value) (all []G.Value) {
	for range o.anchors(o.op()) {
		all = append(all, opValue{floats: []float64{0}}.of(o.out.Dtype()))
	}
	return append(all, values...)
}

// machine makes a VM for the graph, and for a tape machine the gradients.
func (o *opGraph) machine(t *testing.T, kind string) G.VM {
	t.Helper()
	if kind == lisp {
		return G.NewLispMachine(o.g)
	}
	if _, err := G.Grad(o.loss, o.wrt...); err != nil {
		t.Fatal(err)
	}
	return G.NewTapeMachine(o.g, G.BindDualValues(o.wrt...))
}

func (o *opGraph) run(t *testing.T, vm G.VM) outcome {
	t.Helper()
	if err := vm.RunAll(); err != nil {
		t.Fatal(err)
	}
	return o.outcome(t)
}

func (o *opGraph) outcome(t *testing.T) outcome {
	t.Helper()
	got := outcome{out: flat(*o.read), grads: make([][]float64, len(o.in))}
	for i, n := range o.in {
		if slices.Contains(o.wrt, n) {
			got.grads[i] = gradient(t, n)
		}
	}
	return got
}

func gradient(t *testing.T, n *G.Node) []float64 {
	t.Helper()
	v, err := n.Grad()
	if err != nil {
		t.Fatalf("gradient of %v: %v", n, err)
	}
	return flat(v)
}

// flat lists the numbers of a value row by row.
func flat(v G.Value) []float64 {
	if d, ok := v.(*tensor.Dense); ok {
		return inRows(slices.Clone(numbers(v)), d.Shape(), d.Strides())
	}
	return numbers(v)
}

// result runs the case once in a graph of its own.
func (c opCase) result(t *testing.T, kind string, values []opValue, dt tensor.Dtype) outcome {
	t.Helper()
	o := c.graph(t, values, dt)
	vm := o.machine(t, kind)
	defer vm.Close()
	return o.run(t, vm)
}
