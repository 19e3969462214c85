package ops

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// gradientsAreDerivatives holds gradients against central differences.
func (c opCase) gradientsAreDerivatives(t *testing.T) {
	values := c.values(1, tensor.Float64)
	want := c.result(t, tape, values, tensor.Float64)
	o := c.graph(t, values, tensor.Float64)
	dout := flat(o.dout.Value())
	vm := G.NewTapeMachine(o.g)
	defer vm.Close()
	loss := func() float64 {
		vm.Reset()
		if err := vm.RunAll(); err != nil {
			t.Fatal(err)
		}
		sum := 0.0
		for i, x := range flat(*o.read) {
			sum += x * dout[i]
		}
		return sum
	}
	const h = 1e-5
	for i, in := range c.inputs {
		if !in.differentiable() {
			continue
		}
		slopes := make([]float64, len(values[i].floats))
		for j, x := range values[i].floats {
			moved := opValue{shape: in.shape, floats: slices.Clone(values[i].floats)}
			at := func(x float64) float64 {
				moved.floats[j] = x
				if err := G.Let(o.in[i], moved.of(tensor.Float64)); err != nil {
					t.Fatal(err)
				}
				return loss()
			}
			slopes[j] = (at(x+h) - at(x-h)) / (2 * h)
		}
		if err := G.Let(o.in[i], values[i].of(tensor.Float64)); err != nil {
			t.Fatal(err)
		}
		compare(t, "gradient of "+in.name, want.grads[i], slopes, 1e-8)
	}
}

// machinesAgree compares Gorgonia's two machines with each other and with the
// formula.
func (s opRun) machinesAgree(t *testing.T) {
	onTape := s.result(t, tape, s.values, s.dt)
	same(t, s.opCase, s.result(t, lisp, s.values, s.dt), onTape)
	if s.formula != nil {
		o := s.graph(t, s.values, s.dt)
		var want outcome
		want.out, want.grads = s.formula(s.values, flat(o.dout.Value()))
		near(t, s.opCase, onTape, want, tolerance(o.out.Dtype()))
	}
}

// gradientsAddUp puts the op where Gorgonia overwrites values in place: behind
// computed inputs and in front of a square, all used once more.
//
//	loss = sum(dout * out) + sum(out^2) + sum(in^2),  in = -raw
func (s opRun) gradientsAddUp(t *testing.T) {
	plain := s.graph(t, s.values, s.dt)
	dout := flat(plain.dout.Value())
	out := s.result(t, tape, s.values, s.dt).out
	more := slices.Clone(dout) // with what out^2 adds
	for i, x := range out {
		more[i] += 2 * x
	}
	want := s.withGradient(t, more)
	for i, v := range s.values {
		sum := make([]float64, len(v.floats))
		for j, x := range v.floats {
			sum[j] = -2 * x
			if want.grads[i] != nil {
				sum[j] -= want.grads[i][j]
			}
		}
		want.grads[i] = sum
	}
	for _, kind := range []string{tape, lisp} {
		o, raw := s.between(t, dout)
		vm := o.machine(t, kind)
		if err := vm.RunAll(); err != nil {
			t.Fatal(err)
		}
		vm.Close()
		compare(t, kind+": output", flat(*o.read), out, 0)
		for i, n := range raw {
			if n != nil {
				compare(t, kind+": gradient of "+s.inputs[i].name, gradient(t, n), want.grads[i], tolerance(s.dt))
			}
		}
	}
}

// between builds the graph of gradientsAddUp. Integer inputs have no raw node.
func (s opRun) between(t *testing.T, dout []float64) (o *opGraph, raw G.Nodes) {
	t.Helper()
	o = &opGraph{g: G.NewGraph(), in: make(G.Nodes, len(s.values)), read: new(G.Value)}
	raw = make(G.Nodes, len(s.values))
	for i, v := range s.values {
		if v.index != nil {
			o.in[i] = v.node(o.g, s.inputs[i].name, s.dt)
			continue
		}
		negative := v.as(s.dt)
		for j := range negative.floats {
			negative.floats[j] *= -1
		}
		raw[i] = negative.node(o.g, "raw "+s.inputs[i].name, s.dt)
		o.in[i] = G.Must(G.Neg(raw[i]))
		o.wrt = append(o.wrt, raw[i])
	}
	o.out = must(t)(s.build(o.in))
	G.Read(o.out, o.read)
	o.dout = opValue{shape: o.out.Shape(), floats: dout}.node(o.g, doutName, o.out.Dtype())
	o.wrt = append(o.wrt, o.dout)
	o.loss = G.Must(G.Add(total(G.Must(G.HadamardProd(o.out, o.dout))), total(G.Must(G.Square(o.out)))))
	for i := range raw {
		if raw[i] != nil {
			o.loss = G.Must(G.Add(o.loss, total(G.Must(G.Square(o.in[i])))))
		}
	}
	return o, raw
}

// withGradient runs the case with a given gradient of the output.
func (s opRun) withGradient(t *testing.T, dout []float64) outcome {
	t.Helper()
	o := s.graph(t, s.values, s.dt)
	v := opValue{shape: o.out.Shape(), floats: dout}
	if err := G.Let(o.dout, v.of(o.out.Dtype())); err != nil {
		t.Fatal(err)
	}
	vm := o.machine(t, tape)
	defer vm.Close()
	return o.run(t, vm)
}

func (s opRun) secondDerivativesAreRefused(t *testing.T) {
	o := s.graph(t, s.values, s.dt)
	grads, err := G.Grad(o.loss, o.wrt...)
	if err != nil {
		t.Fatal(err)
	}
	for i, n := range grads[:len(grads)-1] {
		if _, err := G.Grad(total(G.Must(G.Square(n))), o.wrt[i]); err == nil {
			t.Errorf("the gradient of %v was differentiated", o.wrt[i])
		}
	}
	backward := 0
	for _, n := range o.g.AllNodes() {
		if op, ok := n.Op().(G.SDOp); ok && strings.HasPrefix(op.String(), "gradient of ") {
			backward++
			if _, err := op.SymDiff(nil, nil, nil); !errors.Is(err, ErrSecondDerivative) {
				t.Errorf("SymDiff of %v gave %v, want %v", op, err, ErrSecondDerivative)
			}
		}
	}
	if backward == 0 && len(grads) > 1 {
		t.Error("no backward op in the graph")
	}
}

// settingsTellNodesApart: Gorgonia takes nodes of one hash for one node, and the
// hash of an op must tell its settings apart without the shapes' help.
func (c opCase) settingsTellNodesApart(t *testing.T) {
	g := G.NewGraph()
	in := c.nodes(g, c.values(1, tensor.Float64), tensor.Float64)
	n := must(t)(c.build(in))
	if again := must(t)(c.build(in)); again != n {
		t.Error("the same op of the same inputs made two nodes")
	}
	nodes, ops := map[uint32]bool{n.Hashcode(): true}, map[uint32]bool{n.Op().Hashcode(): true}
	distinct := func(what string, o *G.Node) {
		t.Helper()
		if nodes[o.Hashcode()] {
			t.Errorf("%s: %v has the hash of another node", what, o)
		}
		// A part picked out of a flat value may be the same of two.
		if o.Op().Arity() >= len(in) && ops[o.Op().Hashcode()] {
			t.Errorf("%s: %v has the hash of another op", what, o.Op())
		}
		nodes[o.Hashcode()], ops[o.Op().Hashcode()] = true, true
	}
	for i, build := range c.others {
		distinct(fmt.Sprintf("other setting %d", i), must(t)(build(in)))
	}
	narrow := must(t)(c.build(c.nodes(G.NewGraph(), c.values(1, tensor.Float32), tensor.Float32)))
	if narrow.Dtype() != n.Dtype() {
		distinct("another dtype", narrow)
	}

	o := c.graph(t, c.values(1, tensor.Float64), tensor.Float64)
	if _, err := G.Grad(o.loss, o.wrt...); err != nil {
		t.Fatal(err)
	}
	for _, n := range o.g.AllNodes() {
		if n.Op() != nil && n.Op().String() != o.op().Op().String() && n.Op().Hashcode() == o.op().Op().Hashcode() {
			t.Errorf("%v has the hash of %v", n.Op(), o.op().Op())
		}
	}
}

// inputsWithoutGradientSaySo: Gorgonia refuses to differentiate towards them.
func (c opCase) inputsWithoutGradientSaySo(t *testing.T) {
	values := c.values(1, tensor.Float64)
	for i, in := range c.inputs {
		o := c.graph(t, values, tensor.Float64)
		if _, err := G.Grad(o.loss, o.in[i]); (err == nil) != in.differentiable() {
			t.Errorf("gradient of %s: got error %v", in.name, err)
		}
	}
}

func (c opCase) unusableNodesAreRefused(t *testing.T) {
	values := c.values(1, tensor.Float64)
	for i, in := range c.inputs {
		g := G.NewGraph()
		good := c.nodes(g, values, tensor.Float64)
		dt := tensor.Int
		if values[i].index != nil {
			dt = tensor.Float64
		}
		bad := []struct {
			name string
			node *G.Node
			want error
		}{
			{"nil", nil, ErrNode},
			{"of another graph", values[i].node(G.NewGraph(), in.name, tensor.Float64), ErrNode},
			{"of dtype " + dt.String(), G.NewTensor(g, dt, len(in.shape), G.WithShape(in.shape...), G.WithName("other dtype")), ErrDtype},
			{"of dtype bool", G.NewTensor(g, tensor.Bool, len(in.shape), G.WithShape(in.shape...), G.WithName("bool")), ErrDtype},
		}
		for _, b := range bad {
			if b.node == nil && in.optional || b.want == ErrNode && b.node != nil && len(c.inputs) == 1 {
				continue
			}
			ns := slices.Clone(good)
			ns[i] = b.node
			wantError(t, in.name+" "+b.name, b.want, "")(c.build(ns))
		}
	}
}
