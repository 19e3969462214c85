package layers

import (
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/egru/egru/ops"
)

// Against Gorgonia's own product and broadcast addition.
func TestLinearIsAProductWithBias(t *testing.T) {
	for _, bias := range []bool{true, false} {
		l := must(NewLinear("out", LinearConfig{Inputs: testI, Outputs: 4, NoBias: !bias, Dtype: tensor.Float64}))
		if bias {
			copy(l.b.Value().Float64s(), normal(5, 4))
		}
		const rows = testT * testB
		got := run(t, tape, func(g *G.ExprGraph) built {
			x := randomNode(g, "x", tensor.Float64, 2, rows, testI)
			return built{must(l.Forward(x)), G.Nodes{x}}.with(l.Params())
		})
		want := run(t, tape, func(g *G.ExprGraph) built {
			x := randomNode(g, "x", tensor.Float64, 2, rows, testI)
			w := must(l.Nodes(g))
			y := G.Must(G.Mul(x, w[0]))
			if bias {
				y = G.Must(G.BroadcastAdd(y, w[1], nil, []byte{0}))
			}
			return built{y, G.Nodes{x}}.with(l.Params())
		})
		sameOutcome(t, got, want, 1e-14)

		// The same numbers with two leading axes.
		deep := run(t, tape, func(g *G.ExprGraph) built {
			x := randomNode(g, "x", tensor.Float64, 2, testT, testB, testI)
			return built{must(l.Forward(x)), G.Nodes{x}}.with(l.Params())
		})
		sameOutcome(t, deep, got, 0)
	}
}

// On top of an event-based layer the gradient of its output is computed in
// fewer places, and the weights of both layers cannot tell.
func TestLinearTakesALiveMask(t *testing.T) {
	rnn := egruOf("rnn", ops.EvNN, testI, testH)
	l := must(NewLinear("out", LinearConfig{Inputs: testH, Outputs: 3, Dtype: tensor.Float64}))
	of := func(live bool) outcome {
		return run(t, tape, func(g *G.ExprGraph) built {
			x := randomNode(g, "x", tensor.Float64, 2, testT, testB, testI)
			below := must(rnn.Run(Signal{X: x}, State{}, Run{})).Signal
			masked := below.Live
			if !live {
				below.Live = nil
			}
			out := must(l.Run(below))
			if live != (masked != nil && opBelow(out) == "GatedMatMulLive") {
				t.Errorf("live %v: the product is %s", live, opBelow(out))
			}
			return built{out, G.Nodes{x}}.with(append(rnn.Params(), l.Params()...))
		})
	}
	sameOutcome(t, of(true), of(false), 1e-14)
}

// opBelow is the op below a bias.
func opBelow(n *G.Node) string {
	from := n.Graph().From(n.ID())
	from.Next()
	return from.Node().(*G.Node).Op().String()
}
