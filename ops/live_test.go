package ops

import (
	"math"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/egru/egru/ops/surrogate"
)

func liveCase(s surrogate.Surrogate, c ...int) opCase {
	H := c[len(c)-1]
	of := func(s surrogate.Surrogate) func(in []*G.Node) (*G.Node, error) {
		return func(in []*G.Node) (*G.Node, error) { return Live(in[0], in[1], s) }
	}
	return opCase{
		name:   "Live " + s.String(),
		inputs: []opInput{{name: "c", shape: c, draw: quarters, fixed: true}, {name: "thr", shape: tensor.Shape{H}, draw: quarters, fixed: true}},
		build:  of(s),
		formula: func(in []opValue, _ []float64) (out []float64, grads [][]float64) {
			for i, c := range in[0].floats {
				v := c - in[1].floats[i%H]
				if s.Derivative(v) != 0 {
					out = append(out, 1)
				} else {
					out = append(out, theta(v))
				}
			}
			return out, make([][]float64, 2)
		},
		others: []func(in []*G.Node) (*G.Node, error){of(surrogate.Triangle{Dampening: 0.7, Support: 3})},
	}
}

func TestLive(t *testing.T) {
	for _, s := range testSurrogates {
		suite(t, liveCase(s, 3, 2, 4), liveCase(s, 4))
	}
}

func TestLiveIsWhereEventsOrSurrogatesAre(t *testing.T) {
	c := liveCase(surrogate.Triangle{Dampening: 1, Support: 2}, 6)
	got := c.result(t, tape, []opValue{
		{shape: tensor.Shape{6}, floats: []float64{-0.5, -0.25, 0, 0.25, 0.5, 9}},
		{shape: tensor.Shape{6}, floats: make([]float64, 6)},
	}, tensor.Float64)
	compare(t, "output", got.out, []float64{0, 1, 1, 1, 1, 1}, 0)
}

func TestLiveRefusesNaN(t *testing.T) {
	c := liveCase(surrogate.DefaultTriangle(), 1, 2)
	thr := opValue{shape: tensor.Shape{2}, floats: []float64{0, math.NaN()}}
	wantRunError(t, c, []opValue{{shape: tensor.Shape{1, 2}, floats: []float64{0, 0}}, thr}, ErrNaN, "c - thr[0 1] is NaN")
}
