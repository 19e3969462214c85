package ops

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// opCase is an op in one setting, with all that the suite needs to know.
type opCase struct {
	name   string
	inputs []opInput

	// build makes the op's node from its inputs, nil where an optional one is
	// left out.
	build func(in []*G.Node) (*G.Node, error)

	// smooth says that the gradients are derivatives, which finite differences
	// must then confirm.
	smooth bool

	// formula computes the output and, for the gradient dout that comes into
	// it, the gradient of every input, nil for those without one. A case that
	// is not smooth must have it.
	formula func(in []opValue, dout []float64) (out []float64, grads [][]float64)

	// others each make a node that differs from build's in one setting.
	others []func(in []*G.Node) (*G.Node, error)
}

// opInput describes an input of a case.
type opInput struct {
	name     string
	shape    tensor.Shape
	draw     func(r *rand.Rand) float64 // of a number; nil for standard normal
	below    int                        // of an integer input: numbers are in [0, below)
	fixed    bool                       // a float input without a gradient
	optional bool                       // may be nil
}

func (in opInput) differentiable() bool { return in.below == 0 && !in.fixed }

// opValue is the value of an input: floats, or integers.
type opValue struct {
	shape  tensor.Shape
	floats []float64
	index  []int
}

// suite holds each case against everything that is demanded of an op.
func suite(t *testing.T, cases ...opCase) {
	for _, c := range cases {
		if !c.smooth && c.formula == nil {
			t.Fatalf("%s: neither a formula nor finite differences would check its gradients", c.name)
		}
		t.Run(c.name, func(t *testing.T) {
			t.Run("settings tell nodes apart", c.settingsTellNodesApart)
			t.Run("inputs without gradient say so", c.inputsWithoutGradientSaySo)
			t.Run("unusable nodes are refused", c.unusableNodesAreRefused)
			if c.smooth {
				t.Run("gradients are derivatives", c.gradientsAreDerivatives)
			}
			for _, dt := range []tensor.Dtype{tensor.Float64, tensor.Float32} {
				t.Run(dt.String(), func(t *testing.T) {
					s := opRun{opCase: c, dt: dt, values: c.values(1, dt)}
					t.Run("machines agree", s.machinesAgree)
					t.Run("gradients add up", s.gradientsAddUp)
					t.Run("inputs stay as they are", s.inputsStay)
					t.Run("old numbers do not show", s.oldNumbersDoNotShow)
					t.Run("the next run takes new values", s.nextRunTakesNewValues)
					t.Run("machines share a graph", s.machinesShareGraph)
					t.Run("clones run at once", s.clonesRunAtOnce)
					t.Run("every value can be traced", s.everyValueCanBeTraced)
					t.Run("views are read row by row", s.viewsAreRead)
					t.Run("unusable values are errors", s.unusableValuesAreErrors)
					t.Run("second derivatives are refused", s.secondDerivativesAreRefused)
				})
			}
		})
	}
}

// opRun is a case in one precision.
type opRun struct {
	opCase
	dt     tensor.Dtype
	values []opValue
}

// values draws the inputs of a case, rounded to what dt can hold.
func (c opCase) values(seed uint64, dt tensor.Dtype) []opValue {
	r := rand.New(rand.NewPCG(seed, 0))
	vs := make([]opValue, len(c.inputs))
	for i, in := range c.inputs {
		vs[i] = in.value(r, dt)
	}
	return vs
}

func (in opInput) value(r *rand.Rand, dt tensor.Dtype) opValue {
	v := opValue{shape: in.shape}
	for range in.shape.TotalSize() {
		switch {
		case in.below > 0:
			v.index = append(v.index, r.IntN(in.below))
		case in.draw != nil:
			v.floats = append(v.floats, in.draw(r))
		default:
			v.floats = append(v.floats, r.NormFloat64())
		}
	}
	return v.as(dt)
}

// as rounds a value to what dt can hold.
func (v opValue) as(dt tensor.Dtype) opValue {
	v.floats = slices.Clone(v.floats)
	if dt == tensor.Float32 {
		for i, x := range v.floats {
			v.floats[i] = float64(float32(x))
		}
	}
	return v
}

func (v opValue) dtype(floats tensor.Dtype) tensor.Dtype {
	if v.index != nil {
		return tensor.Int
	}
	return floats
}

// backing is a copy of the numbers in the element type of a tensor.
func (v opValue) backing(dt tensor.Dtype) any {
	switch {
	case v.index != nil:
		return slices.Clone(v.index)
	case dt == tensor.Float32:
		narrow := make([]float32, len(v.floats))
		for i, x := range v.floats {
			narrow[i] = float32(x)
		}
		return narrow
	}
	return slices.Clone(v.floats)
}

// of is the value for Gorgonia, in memory of its own.
func (v opValue) of(dt tensor.Dtype) G.Value {
	switch {
	case !v.shape.IsScalar():
		return tensor.New(tensor.WithShape(v.shape.Clone()...), tensor.WithBacking(v.backing(dt)))
	case dt == tensor.Float32:
		return G.NewF32(float32(v.floats[0]))
	}
	return G.NewF64(v.floats[0])
}

func (v opValue) node(g *G.ExprGraph, name string, dt tensor.Dtype) *G.Node {
	if v.shape.IsScalar() {
		return G.NewScalar(g, v.dtype(dt), G.WithName(name), G.WithValue(v.of(dt)))
	}
	return G.NewTensor(g, v.dtype(dt), len(v.shape), G.WithShape(v.shape.Clone()...), G.WithName(name), G.WithValue(v.of(dt)))
}

// nodes puts the inputs of a case into a graph.
func (c opCase) nodes(g *G.ExprGraph, values []opValue, dt tensor.Dtype) G.Nodes {
	ns := make(G.Nodes, len(values))
	for i, v := range values {
		ns[i] = v.node(g, c.inputs[i].name, dt)
	}
	return ns
}

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
		return inRows(slices.Clone(numbers(v)), d.Shape(), stridesOf(d))
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

// same wants two outcomes to hold the same bits.
func same(t *testing.T, c opCase, got, want outcome) {
	t.Helper()
	near(t, c, got, want, 0)
}

// near wants each array of two outcomes within tolerance of its largest number.
func near(t *testing.T, c opCase, got, want outcome, tolerance float64) {
	t.Helper()
	compare(t, "output", got.out, want.out, tolerance)
	for i, in := range c.inputs {
		compare(t, "gradient of "+in.name, got.grads[i], want.grads[i], tolerance)
	}
}

// tolerance is for results that are rounded differently.
func tolerance(dt tensor.Dtype) float64 {
	if dt == tensor.Float32 {
		return 1e-5
	}
	return 1e-13
}

func must(t *testing.T) func(*G.Node, error) *G.Node {
	return func(n *G.Node, err error) *G.Node {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
}

// wantError wants an error that wraps a sentinel and says something.
func wantError(t *testing.T, name string, sentinel error, says string) func(*G.Node, error) {
	return func(n *G.Node, err error) {
		t.Helper()
		switch {
		case err == nil:
			t.Errorf("%s: got no error, want %q", name, sentinel)
		case n != nil:
			t.Errorf("%s: got a node beside the error %v", name, err)
		case !errors.Is(err, sentinel):
			t.Errorf("%s: got error %q, want it to wrap %q", name, err, sentinel)
		case !strings.Contains(err.Error(), says):
			t.Errorf("%s: got error %q, want it to say %q", name, err, says)
		}
	}
}

// wantRunError wants a run with these values to stop with an error that wraps a
// sentinel and says something.
func wantRunError(t *testing.T, c opCase, values []opValue, sentinel error, says string) {
	t.Helper()
	o := c.graph(t, values, tensor.Float64)
	var in []G.Value
	for _, v := range values {
		in = append(in, v.of(tensor.Float64))
	}
	_, err := o.do(in...)
	wantError(t, "Do", sentinel, says)(nil, err)
	// Gorgonia's own errors do not unwrap. After one its LispMachine would go on
	// to the backward pass while the caller has the error, and race with itself.
	for kind, vm := range map[string]G.VM{
		tape: c.graph(t, values, tensor.Float64).machine(t, tape),
		lisp: G.NewLispMachine(c.graph(t, values, tensor.Float64).g, G.ExecuteFwdOnly()),
	} {
		if err := vm.RunAll(); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: got error %v, want it to say %q", kind, err, says)
		}
	}
}

// nodeMaker makes inputs without values in a graph of their own; a scalar for
// no axes.
func nodeMaker(dt tensor.Dtype) func(name string, shape ...int) *G.Node {
	g := G.NewGraph()
	return func(name string, shape ...int) *G.Node {
		if len(shape) == 0 {
			return G.NewScalar(g, dt, G.WithName(name))
		}
		return G.NewTensor(g, dt, len(shape), G.WithShape(shape...), G.WithName(name))
	}
}
