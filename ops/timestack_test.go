package ops

import (
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

func timeStackCase(T int, step ...int) opCase {
	c := opCase{
		name:   "TimeStack",
		build:  func(in []*G.Node) (*G.Node, error) { return TimeStack(in...) },
		smooth: true,
		formula: func(in []opValue, dout []float64) (out []float64, grads [][]float64) {
			for _, v := range in {
				n := len(v.floats)
				out = append(out, v.floats...)
				grads = append(grads, dout[:n])
				dout = dout[n:]
			}
			return out, grads
		},
	}
	for t := range T {
		c.inputs = append(c.inputs, opInput{name: string(rune('a' + t)), shape: step})
	}
	if T > 1 {
		c.others = append(c.others, func(in []*G.Node) (*G.Node, error) { return TimeStack(in[1:]...) })
	}
	return c
}

func TestTimeStack(t *testing.T) {
	suite(t, timeStackCase(3, 2, 4), timeStackCase(2, 3), timeStackCase(1, 1, 2))
}

func TestTimeStackErrors(t *testing.T) {
	n := nodeMaker(tensor.Float64)
	wantError(t, "none", ErrNode, "TimeStack: got no steps")(TimeStack())
	wantError(t, "ragged", ErrShape, "TimeStack(2): step 1 has shape (4), want (3) as step 0")(TimeStack(n("a", 3), n("b", 4)))
	wantError(t, "transposed", ErrShape, "step 1 has shape (1, 3), want (3, 1)")(TimeStack(n("c", 3, 1), n("d", 1, 3)))
}

// Several places of one sequence may hold one node, and each counts.
func TestOneNodeMayStandAtSeveralSteps(t *testing.T) {
	c := timeStackCase(1, 2)
	c.build = func(in []*G.Node) (*G.Node, error) { return TimeStack(in[0], in[0], in[0]) }
	values := c.values(1, tensor.Float64)
	for _, machine := range []string{tape, lisp} {
		got := c.result(t, machine, values, tensor.Float64)
		dout := flat(c.graph(t, values, tensor.Float64).dout.Value())
		compare(t, machine, got.grads[0], []float64{dout[0] + dout[2] + dout[4], dout[1] + dout[3] + dout[5]}, 1e-15)
	}
}
