package layers

import (
	"slices"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/egru/egru/ops"
)

// turned is a sequence (T, B, ...) of n numbers a step and row, each row
// reversed within its length.
func turned(x []float64, T, B, n int, lengths []int) []float64 {
	y := slices.Clone(x)
	for b := range B {
		for t := range lengths[b] {
			copy(y[(t*B+b)*n:][:n], x[((lengths[b]-1-t)*B+b)*n:][:n])
		}
	}
	return y
}

// A bidirectional layer is two runs, one over the reversed sequence, put side
// by side.
func TestBidirectionalIsTwoRuns(t *testing.T) {
	const H2 = 4
	rows := func(lengths []int) []float64 {
		var f []float64
		for _, n := range lengths {
			f = append(f, float64(n))
		}
		return f
	}
	for name, lengths := range map[string][]int{"whole rows": nil, "rows of given length": {testT, 0, 2}} {
		ahead, back := egruOf("ahead", ops.EvNN, testI, testH), egruOf("back", ops.Paper, testI, H2)
		both := must(NewBidirectional(ahead, back))
		of := lengths
		if of == nil {
			of = []int{testT, testT, testT}
		}
		settingOf := func(g *G.ExprGraph) Run {
			if lengths == nil {
				return Run{}
			}
			return Run{Lengths: node(g, "lengths", tensor.Int, rows(lengths), testB)}
		}
		x := normal(2, testT*testB*testI)
		joined := run(t, tape, func(g *G.ExprGraph) built {
			in := node(g, "x", tensor.Float64, x, testT, testB, testI)
			return built{must(both.Run(Signal{X: in}, settingOf(g))).X, G.Nodes{in}}.with(both.Params())
		})

		// The weights of run's loss, for each half.
		dout := normal(99, testT*testB*(testH+H2))
		var dAhead, dBack []float64
		for i := 0; i < len(dout); i += testH + H2 {
			dAhead = append(dAhead, dout[i:i+testH]...)
			dBack = append(dBack, dout[i+testH:i+testH+H2]...)
		}
		dBack = turned(dBack, testT, testB, H2, of)
		half := func(l *EGRU, x, dout []float64) (out []float64, grads map[string][]float64) {
			o := run(t, tape, func(g *G.ExprGraph) built {
				in := node(g, "x", tensor.Float64, x, testT, testB, testI)
				y := must(l.Run(Signal{X: in}, State{}, settingOf(g))).X
				loss := G.Must(G.Sum(G.Must(G.HadamardProd(y, node(g, "dout", tensor.Float64, dout, y.Shape()...)))))
				return built{loss, G.Nodes{in}}.with(l.Params())
			})
			out = forward(t, func(g *G.ExprGraph) *G.Node {
				in := node(g, "x", tensor.Float64, x, testT, testB, testI)
				return must(l.Run(Signal{X: in}, State{}, settingOf(g))).X
			})
			return out, o.grads
		}
		a, da := half(ahead, x, dAhead)
		b, db := half(back, turned(x, testT, testB, testI, of), dBack)
		b = turned(b, testT, testB, H2, of)
		dx := da["x"]
		for i, d := range turned(db["x"], testT, testB, testI, of) {
			dx[i] += d
		}
		var out []float64
		for i := range testT * testB {
			out = append(append(out, a[i*testH:(i+1)*testH]...), b[i*H2:(i+1)*H2]...)
		}
		t.Run(name, func(t *testing.T) {
			compare(t, "output", joined.out, out, 0)
			compare(t, "gradient of x", joined.grads["x"], dx, 1e-14)
			for _, l := range []struct {
				params []*Param
				grads  map[string][]float64
			}{{ahead.Params(), da}, {back.Params(), db}} {
				for _, p := range l.params {
					compare(t, "gradient of "+p.Name(), joined.grads[p.Name()], l.grads[p.Name()], 1e-14)
				}
			}
		})
	}
}

// Between event-based layers the live mask goes through both directions, and
// spares work without changing a gradient.
func TestBidirectionalHandsOnWhereItIsLive(t *testing.T) {
	below := must(NewBidirectional(egruOf("a", ops.EvNN, testI, testH), egruOf("b", ops.EvNN, testI, testH)))
	above := must(NewBidirectional(egruOf("c", ops.EvNN, 2*testH, testH), egruOf("d", ops.EvNN, 2*testH, testH)))
	params := append(below.Params(), above.Params()...)
	of := func(masked bool) (outcome, int64) {
		var macs int64
		for _, l := range []Recurrent{above.ahead, above.back} {
			l.Meter().Reset()
		}
		o := run(t, tape, func(g *G.ExprGraph) built {
			x := randomNode(g, "x", tensor.Float64, 2, testT, testB, testI)
			middle := must(below.Run(Signal{X: x}, Run{}))
			if !masked {
				middle.Live = nil
			}
			return built{must(above.Run(middle, Run{})).X, G.Nodes{x}}.with(params)
		})
		for _, l := range []Recurrent{above.ahead, above.back} {
			macs += l.Meter().Counts().BackwardMACs
		}
		return o, macs
	}
	want, all := of(false)
	got, some := of(true)
	sameOutcome(t, got, want, 1e-14)
	if some >= all {
		t.Errorf("%d MACs backward, without masks %d", some, all)
	}

	mixed := must(NewBidirectional(egruOf("a", ops.EvNN, testI, testH), gruOf(testI, testH, 0, 0)))
	x := randomNode(G.NewGraph(), "x", tensor.Float64, 2, testT, testB, testI)
	if must(mixed.Run(Signal{X: x}, Run{})).Live != nil {
		t.Error("beside a GRU, whose units are all live, there is a live mask")
	}
}

func TestBidirectionalErrors(t *testing.T) {
	a, b := must(NewGRU("a", DefaultGRU(2, 3))), must(NewGRU("b", DefaultGRU(2, 3)))
	wide := gruOf(2, 3, 0, 0)
	_, err := NewBidirectional(a, nil)
	wantError(t, "nil", err, ErrConfig, "bidirectional: a layer is nil")
	_, err = NewBidirectional((*GRU)(nil), a)
	wantError(t, "nil GRU", err, ErrConfig, "bidirectional: a layer is nil")
	l, err := NewBidirectional(a, a)
	wantError(t, "one twice", err, ErrConfig, "bidirectional: two weights are named a.kernel")
	if l != nil {
		t.Error("a layer came back beside the error")
	}
	_, err = must(NewBidirectional(a, b)).Forward(nil)
	wantError(t, "no input", err, ops.ErrNode, "a: X is nil")
	x := randomNode(G.NewGraph(), "x", tensor.Float32, 2, testT, testB, 2)
	_, err = must(NewBidirectional(a, wide)).Forward(x)
	wantError(t, "dtypes", err, ops.ErrDtype, "rnn: ")
}

func TestBidirectionalForwardIsRun(t *testing.T) {
	l := must(NewBidirectional(egruOf("a", ops.EvNN, testI, testH), egruOf("b", ops.EvNN, testI, testH)))
	of := func(build func(x *G.Node) *G.Node) []float64 {
		return forward(t, func(g *G.ExprGraph) *G.Node { return build(randomNode(g, "x", tensor.Float64, 2, testT, testB, testI)) })
	}
	compare(t, "output", of(func(x *G.Node) *G.Node { return must(l.Forward(x)) }),
		of(func(x *G.Node) *G.Node { return must(l.Run(Signal{X: x}, Run{})).X }), 0)
	g := G.NewGraph()
	if n := must(l.Nodes(g)); len(n) != len(l.Params()) || n[0].Name() != "a.kernel" {
		t.Errorf("nodes are %v", n)
	}
}
