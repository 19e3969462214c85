package layers

import (
	"fmt"
	"testing"

	G "gorgonia.org/gorgonia"

	"github.com/egru/egru/ops"
)

// What a layer computes, and all gradients, are those of its op on its weights.
func TestGRUIsItsOp(t *testing.T) {
	for _, dt := range dtypes {
		for _, s := range settings {
			for _, masked := range []bool{false, true} {
				t.Run(fmt.Sprint(dt, s.name, masked), func(t *testing.T) {
					c := DefaultGRU(testI, testH)
					c.Dtype = dt
					if masked {
						c.Zoneout, c.DropConnect = 0.25, 0.5
					}
					l := must(NewGRU("rnn", c))
					byLayer := run(t, tape, func(g *G.ExprGraph) built {
						in, initial, r, wrt := s.inputs(g, dt, false)
						return built{must(l.Run(in, initial, r)).X, wrt}.with(l.Params())
					})
					byHand := run(t, tape, func(g *G.ExprGraph) built {
						in, initial, r, wrt := s.inputs(g, dt, false)
						w := must(l.Nodes(g))
						of := ops.GRUInputs{X: in.X, W: w[0], R: w[1], Bx: w[2], Br: w[3], State: initial.H, Lengths: r.Lengths}
						if masked {
							of.Zoneout, of.DropConnect = s.masksByHand(g, "rnn", dt, r, 0.25, 0.5)
						}
						return built{must(must(ops.GRU(of, ops.GRUConfig{})).Y()), wrt}.with(l.Params())
					})
					sameOutcome(t, byLayer, byHand, 0)
				})
			}
		}
	}
}

func TestGRUForwardIsRunFromZeros(t *testing.T) {
	l := must(NewGRU("rnn", DefaultGRU(testI, testH)))
	short := forward(t, func(g *G.ExprGraph) *G.Node {
		return must(l.Forward(randomNode(g, "x", l.Dtype(), 2, testT, testB, testI)))
	})
	long := forward(t, func(g *G.ExprGraph) *G.Node {
		return must(l.Run(Signal{X: randomNode(g, "x", l.Dtype(), 2, testT, testB, testI)}, State{}, Run{})).X
	})
	compare(t, "output", short, long, 0)
}
