package ops

import (
	"math"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/egru/egru/ops/surrogate"
)

func eventCase(s surrogate.Surrogate, c ...int) opCase {
	H := c[len(c)-1]
	of := func(s surrogate.Surrogate) func(in []*G.Node) (*G.Node, error) {
		return func(in []*G.Node) (*G.Node, error) { return Event(in[0], in[1], s) }
	}
	return opCase{
		name:   "Event " + s.String(),
		inputs: []opInput{{name: "c", shape: c, draw: quarters}, {name: "thr", shape: tensor.Shape{H}, draw: quarters}},
		build:  of(s),
		formula: func(in []opValue, dout []float64) (out []float64, grads [][]float64) {
			dc, dthr := make([]float64, len(dout)), make([]float64, H)
			for i, c := range in[0].floats {
				v := c - in[1].floats[i%H]
				out = append(out, theta(v)*c)
				dc[i] = theta(v)*dout[i] + s.Derivative(v)*c*dout[i]
				dthr[i%H] -= s.Derivative(v) * c * dout[i]
			}
			return out, [][]float64{dc, dthr}
		},
		others: []func(in []*G.Node) (*G.Node, error){of(surrogate.Triangle{Dampening: 0.7, Support: 3})},
	}
}

func TestEvent(t *testing.T) {
	for _, s := range testSurrogates {
		suite(t, eventCase(s, 3, 2, 4), eventCase(s, 4), eventCase(s, 3, 1))
	}
}

// It is built of Heaviside and Gorgonia's own product with the same gradients.
func TestEventIsHeavisideTimesState(t *testing.T) {
	s := testSurrogates[0]
	c := eventCase(s, 6, 4)
	made := c
	made.build = func(in []*G.Node) (*G.Node, error) {
		negative, err := G.Neg(in[1])
		if err != nil {
			return nil, err
		}
		v, err := AddBias(in[0], negative)
		if err != nil {
			return nil, err
		}
		o, err := Heaviside(v, s)
		if err != nil {
			return nil, err
		}
		return G.HadamardProd(o, in[0])
	}
	values := c.values(1, tensor.Float64)
	for _, kind := range []string{tape, lisp} {
		near(t, c, c.result(t, kind, values, tensor.Float64), made.result(t, kind, values, tensor.Float64), tolerance(tensor.Float64))
	}
}

func TestEventPassesNothingFromInfinity(t *testing.T) {
	c := eventCase(surrogate.DefaultTriangle(), 1, 2)
	values := []opValue{
		{shape: tensor.Shape{1, 2}, floats: []float64{math.Inf(-1), math.Inf(1)}},
		{shape: tensor.Shape{2}, floats: []float64{0.5, 0.5}},
	}
	got := c.result(t, tape, values, tensor.Float64)
	if got.out[0] != 0 || got.out[1] != math.Inf(1) {
		t.Errorf("output %v, want [0 +Inf]", got.out)
	}
	if got.grads[0][0] != 0 || got.grads[1][0] != 0 || got.grads[1][1] != 0 {
		t.Errorf("gradients %v, want none where the state is far below, none of the thresholds", got.grads)
	}
}

func TestEventRefusesNaN(t *testing.T) {
	c := eventCase(surrogate.DefaultTriangle(), 2, 2)
	thr := opValue{shape: tensor.Shape{2}, floats: []float64{0, 1}}
	wantRunError(t, c, []opValue{{shape: tensor.Shape{2, 2}, floats: []float64{0, 1, math.NaN(), 0}}, thr}, ErrNaN, "c - thr[1 0] is NaN")
	// Where both are infinite it is the difference that is no number.
	thr.floats[1] = math.Inf(1)
	wantRunError(t, c, []opValue{{shape: tensor.Shape{2, 2}, floats: []float64{0, 1, 0, math.Inf(1)}}, thr}, ErrNaN, "c - thr[1 1] is NaN")
}

func TestEventErrors(t *testing.T) {
	s := surrogate.DefaultTriangle()
	for name, op := range map[string]func(c, thr *G.Node, s surrogate.Surrogate) (*G.Node, error){"Event": Event, "Live": Live} {
		n := nodeMaker(tensor.Float64)
		badSurrogates(t, name, func(s surrogate.Surrogate) (*G.Node, error) { return op(n("c", 3, 2), n("thr", 2), s) })
		wantError(t, name, ErrShape, "thr has shape (3), want one number for each unit of c (3, 2)")(op(n("c", 3, 2), n("thr3", 3), s))
		wantError(t, name, ErrShape, "thr has shape (2), want one number for each unit of c ()")(op(n("scalar"), n("thr", 2), s))
		wantError(t, name, ErrShape, "thr has shape (1, 2) of 2 axes, want 1")(op(n("c", 3, 2), n("row", 1, 2), s))
		wantError(t, name, ErrShape, "c has shape (0, 2) with an empty axis")(op(n("none", 0, 2), n("thr", 2), s))
	}
}
