package ops

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

func TestSoftmaxCrossEntropyIgnoresTargets(t *testing.T) {
	d := decoderCase{lead: tensor.Shape{2, 3}, h: 4, v: 5, bias: true, live: true}
	for name, targets := range map[string][]int{
		"none":  {0, 1, 2, 3, 4, 0},
		"some":  {IgnoreTarget, 1, IgnoreTarget, IgnoreTarget, 4, 0},
		"one":   {IgnoreTarget, IgnoreTarget, IgnoreTarget, IgnoreTarget, IgnoreTarget, 2},
		"three": {3, IgnoreTarget, IgnoreTarget, 0, IgnoreTarget, 2},
	} {
		for _, dt := range []tensor.Dtype{tensor.Float64, tensor.Float32} {
			t.Run(name+"/"+dt.String(), func(t *testing.T) {
				s := opRun{opCase: d.op(""), dt: dt}
				s.values = s.opCase.values(1, dt)
				s.values[2].index = targets
				s.machinesAgree(t)
				clean := s.result(t, tape, s.values, dt)
				// What an ignored row holds does not matter.
				for i, target := range targets {
					if target == IgnoreTarget {
						s.values[0].floats[i*d.h+1] = math.NaN()
					}
				}
				same(t, s.opCase, s.result(t, tape, s.values, dt), clean)
			})
		}
	}
}

func TestSoftmaxCrossEntropyWithoutTargetsIsZero(t *testing.T) {
	d := decoderCase{lead: tensor.Shape{2, 2}, h: 3, v: 4, bias: true}
	c := d.op("")
	values := c.values(1, tensor.Float64)
	values[2].index = slices.Repeat([]int{IgnoreTarget}, 4)
	for _, kind := range []string{tape, lisp} {
		got := c.result(t, kind, values, tensor.Float64)
		for name, x := range map[string][]float64{"output": got.out, "dY": got.grads[0], "dW": got.grads[1], "dB": got.grads[3]} {
			if !slices.Equal(x, make([]float64, len(x))) {
				t.Errorf("%s: %s is %v, want zeros", kind, name, x)
			}
		}
	}
}

// The number of targets that count may change from run to run.
func TestSoftmaxCrossEntropyTargetsChange(t *testing.T) {
	d := decoderCase{lead: tensor.Shape{4}, h: 3, v: 5}
	c := d.op("")
	values := c.values(1, tensor.Float64)
	o := c.graph(t, values, tensor.Float64)
	dout := flat(o.dout.Value())
	vm := o.machine(t, tape)
	defer vm.Close()
	for _, targets := range [][]int{{0, 1, 2, 3}, {IgnoreTarget, 4, 4, IgnoreTarget}, slices.Repeat([]int{IgnoreTarget}, 4), {1, 1, 0, 2}} {
		values[2].index = targets
		if err := G.Let(o.in[2], values[2].of(tensor.Float64)); err != nil {
			t.Fatal(err)
		}
		for _, n := range o.wrt {
			if g, err := n.Grad(); err == nil && g != nil { // nil before the first run
				G.ZeroValue(g)
			}
		}
		vm.Reset()
		var want outcome
		want.out, want.grads = d.formula(values, dout)
		near(t, c, o.run(t, vm), want, 1e-13)
	}
}

func TestSoftmaxCrossEntropyExtremeLogits(t *testing.T) {
	inf, nan := math.Inf(1), math.NaN()
	for _, c := range []struct {
		name   string
		b      []float64 // the logits: Y is zero
		target int
		loss   float64
		db     []float64
	}{
		{"huge, right", []float64{1e4, -1e4, 0}, 0, 0, []float64{0, 0, 0}},
		{"huge, wrong", []float64{1e4, -1e4, 0}, 1, 2e4, []float64{1, -1, 0}},
		{"huge and equal", []float64{1e4, 1e4, -1e4}, 0, math.Ln2, []float64{-0.5, 0.5, 0}},
		{"a word without probability", []float64{0, -inf, 0}, 0, math.Ln2, []float64{-0.5, 0, 0.5}},
		{"a target without probability", []float64{0, -inf, 0}, 1, inf, []float64{0.5, -1, 0.5}},
		{"NaN", []float64{0, nan, 0}, 0, nan, []float64{nan, nan, nan}},
		{"infinite", []float64{0, inf, 0}, 0, inf, []float64{-1, nan, 0}},
	} {
		for _, dt := range []tensor.Dtype{tensor.Float64, tensor.Float32} {
			t.Run(c.name+"/"+dt.String(), func(t *testing.T) {
				d := decoderCase{lead: tensor.Shape{1}, h: 1, v: 3, bias: true}
				s := opRun{opCase: d.op(""), dt: dt}
				s.values = s.opCase.values(1, dt)
				s.values[0].floats[0] = 0
				s.values[2].index[0] = c.target
				s.values[3].floats = c.b
				got := s.withGradient(t, []float64{1, 0, 0})
				close := func(name string, got, want float64) {
					t.Helper()
					// 1e4 and its logarithm leave float32 three digits for the rest.
					if math.IsNaN(got) != math.IsNaN(want) || got != want && math.Abs(got-want) > 1e-3 {
						t.Errorf("%s is %v, want %v", name, got, want)
					}
				}
				close("loss", got.out[0], c.loss)
				for i, want := range c.db {
					close(fmt.Sprintf("db[%d]", i), got.grads[3][i], want)
				}
			})
		}
	}
}

// Nothing is left to differentiate: good for evaluation, an error for Grad.
func TestSoftmaxCrossEntropyAllFixed(t *testing.T) {
	d := decoderCase{lead: tensor.Shape{3}, h: 2, v: 4, config: SoftmaxCrossEntropyConfig{FixedY: true, FixedW: true}}
	c := d.op("")
	values := c.values(1, tensor.Float64)
	want, _ := d.formula(values, make([]float64, 7))
	for _, kind := range []string{tape, lisp} {
		g := G.NewGraph()
		in := c.nodes(g, values, tensor.Float64)
		parts, err := d.build(in)
		if err != nil {
			t.Fatal(err)
		}
		loss := must(t)(parts.Loss())
		var read G.Value
		G.Read(loss, &read)
		if _, err := G.Grad(loss, in[1]); err == nil {
			t.Error("a fixed W has a gradient")
		}
		var vm G.VM = G.NewTapeMachine(g)
		if kind == lisp {
			vm = G.NewLispMachine(g)
		}
		if err := vm.RunAll(); err != nil {
			t.Fatalf("%s: %v", kind, err)
		}
		vm.Close()
		compare(t, kind+": loss", flat(read), want[:1], 1e-14)
	}
}

func TestSoftmaxCrossEntropyErrors(t *testing.T) {
	const h, v = 4, 5
	of := func(dt tensor.Dtype, shape ...int) func(*G.ExprGraph, string) *G.Node {
		return func(g *G.ExprGraph, name string) *G.Node {
			if len(shape) == 0 {
				return G.NewScalar(g, dt, G.WithName(name))
			}
			return G.NewTensor(g, dt, len(shape), G.WithShape(shape...), G.WithName(name))
		}
	}
	floats := func(shape ...int) func(*G.ExprGraph, string) *G.Node { return of(tensor.Float64, shape...) }
	for _, c := range []struct {
		input string
		node  func(*G.ExprGraph, string) *G.Node
		want  error
		says  string
	}{
		{"Y", floats(), ErrShape, "Y has shape (), want (..., 4) for W (5, 4)"},
		{"Y", floats(2, 3, 5), ErrShape, "Y has shape (2, 3, 5), want (..., 4) for W (5, 4)"},
		{"Y", floats(2, 0, 4), ErrShape, "Y has shape (2, 0, 4) with an empty axis"},
		{"W", floats(), ErrShape, "W has shape () of 0 axes, want 2"},
		{"W", floats(4), ErrShape, "W has shape (4) of 1 axes, want 2"},
		{"W", floats(4, 5), ErrShape, "Y has shape (2, 3, 4), want (..., 5) for W (4, 5)"},
		{"W", of(tensor.Float32, 5, 4), ErrDtype, "W has dtype float32, want float64 as the inputs before it"},
		{"Targets", of(tensor.Int, 6), ErrShape, "Targets has shape (6), want (2, 3) for Y (2, 3, 4)"},
		{"Targets", of(tensor.Int, 3, 2), ErrShape, "Targets has shape (3, 2), want (2, 3) for Y (2, 3, 4)"},
		{"Targets", of(tensor.Int32, 2, 3), ErrDtype, "Targets has dtype int32, want int"},
		{"B", floats(4), ErrShape, "B has shape (4), want (5) for W (5, 4)"},
		{"B", floats(1, 5), ErrShape, "B has shape (1, 5) of 2 axes, want 1"},
		{"Live", floats(2, 3), ErrShape, "Live has shape (2, 3), want (2, 3, 4) as Y"},
		{"Live", floats(3, 2, 4), ErrShape, "Live has shape (3, 2, 4), want (2, 3, 4) as Y"},
	} {
		g := G.NewGraph()
		nodes := map[string]*G.Node{}
		for name, usual := range map[string]func(*G.ExprGraph, string) *G.Node{
			"Y": floats(2, 3, h), "W": floats(v, h), "Targets": of(tensor.Int, 2, 3), "B": floats(v), "Live": floats(2, 3, h),
		} {
			if name == c.input {
				usual = c.node
			}
			nodes[name] = usual(g, name)
		}
		got, err := SoftmaxCrossEntropy(CrossEntropyInputs{
			Y: nodes["Y"], W: nodes["W"], B: nodes["B"], Targets: nodes["Targets"], Live: nodes["Live"],
		}, SoftmaxCrossEntropyConfig{})
		if got != nil {
			t.Errorf("%s: got a result beside the error %v", c.says, err)
		}
		wantError(t, c.input, c.want, "SoftmaxCrossEntropy(Y W Targets B Live): "+c.says)(nil, err)
	}
}

func TestSoftmaxCrossEntropyRefusesTargets(t *testing.T) {
	d := decoderCase{lead: tensor.Shape{2, 3}, h: 4, v: 5}
	c := d.op("")
	for target, says := range map[int]string{
		5:  "Targets[1 2] is 5, want 0 to 4 for W (5, 4), or -1 to ignore it",
		-2: "Targets[1 2] is -2, want 0 to 4 for W (5, 4), or -1 to ignore it",
	} {
		values := c.values(1, tensor.Float64)
		values[2].index[5] = target
		// The LispMachine would go on after the error, in a race with its end.
		vm := c.graph(t, values, tensor.Float64).machine(t, tape)
		err := vm.RunAll()
		if err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("got error %v, want it to say %q", err, says)
		}
		vm.Close()
		all := []G.Value{opValue{floats: []float64{0}}.of(tensor.Float64)} // of the anchor
		for _, v := range values {
			all = append(all, v.of(tensor.Float64))
		}
		f := c.graph(t, c.values(1, tensor.Float64), tensor.Float64).out.Op().(forwardOp[float64])
		out := tensor.New(tensor.WithShape(13), tensor.Of(tensor.Float64))
		_, forward := f.Do(all...)
		_, backward := backwardOp[float64]{f}.Do(append(all, out, out)...)
		for _, err := range []error{forward, backward} {
			wantError(t, "Do", ErrIndex, says)(nil, err)
		}
	}
}
