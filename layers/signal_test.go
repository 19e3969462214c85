package layers

import (
	"fmt"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/egru/egru/ops"
)

// What is fixed takes no gradient, which spares products, and every other
// gradient stays as it is.
func TestFixedInputAndStateSaveWorkOnly(t *testing.T) {
	for _, variant := range variants {
		testFixed(t, variant.String(), egruOf("rnn", variant, testI, testH))
	}
	testFixed(t, "gru", gruOf(testI, testH, 0, 0))
}

func testFixed(t *testing.T, name string, l Recurrent) {
	work := func(fixedX, fixedState bool) (outcome, ops.Counts) {
		l.Meter().Reset()
		o := run(t, tape, func(g *G.ExprGraph) built {
			s := setting{state: true}
			in, initial, r, _ := s.inputs(g, l.Dtype(), len(l.StateNames()) > 1)
			in.Fixed, r.FixedState = fixedX, fixedState
			return built{out: must(l.Run(in, initial, r)).X}.with(l.Params())
		})
		return o, l.Meter().Counts()
	}
	free, all := work(false, false)
	for _, c := range []struct{ x, state bool }{{true, false}, {false, true}, {true, true}} {
		t.Run(fmt.Sprint(name, c), func(t *testing.T) {
			fixed, some := work(c.x, c.state)
			sameOutcome(t, fixed, free, 0)
			if some.BackwardMACs >= all.BackwardMACs || some.ForwardMACs != all.ForwardMACs {
				t.Errorf("%d MACs forward and %d backward, with all gradients %d and %d",
					some.ForwardMACs, some.BackwardMACs, all.ForwardMACs, all.BackwardMACs)
			}
		})
	}
}

func TestAFixedInputHasNoGradient(t *testing.T) {
	for _, l := range []Recurrent{egruOf("rnn", ops.EvNN, testI, testH), gruOf(testI, testH, 0, 0)} {
		g := G.NewGraph()
		x := randomNode(g, "x", tensor.Float64, 1, testT, testB, testI)
		h := randomNode(g, "h", tensor.Float64, 1, testB, testH)
		// Nobody asks where a gradient that nobody wants could pass.
		live := func() (*G.Node, error) { return nil, ops.ErrNode }
		out := must(l.Run(Signal{X: x, Fixed: true, Live: live}, State{H: h}, Run{FixedState: true}))
		loss := G.Must(G.Sum(out.X))
		for _, n := range []*G.Node{x, h} {
			if _, err := G.Grad(loss, n); err == nil {
				t.Errorf("%T: %v has a gradient", l, n)
			}
		}
	}
}

func TestBothDirectionsTakeAFixedInput(t *testing.T) {
	l := must(NewBidirectional(egruOf("ahead", ops.EvNN, testI, testH), egruOf("back", ops.EvNN, testI, testH)))
	work := func(fixed bool) (macs []int64) {
		for _, l := range []Recurrent{l.ahead, l.back} {
			l.Meter().Reset()
		}
		run(t, tape, func(g *G.ExprGraph) built {
			x := Signal{X: randomNode(g, "x", tensor.Float64, 2, testT, testB, testI), Fixed: fixed}
			return built{out: must(l.Run(x, Run{})).X}.with(l.Params())
		})
		for _, l := range []Recurrent{l.ahead, l.back} {
			macs = append(macs, l.Meter().Counts().BackwardMACs)
		}
		return macs
	}
	all, some := work(false), work(true)
	for i := range all {
		if some[i] >= all[i] {
			t.Errorf("direction %d: %d MACs backward, with the gradient %d", i, some[i], all[i])
		}
	}
}
