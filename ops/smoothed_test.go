package ops

import (
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/egru/egru/ops/surrogate"
)

// With the antiderivative in place of the step, surrogate gradients are
// derivatives: the suite holds them against finite differences.
func TestSmoothedOpsHaveTrueDerivatives(t *testing.T) {
	s := surrogate.Smoothed{Of: surrogate.Triangle{Dampening: 0.8, Support: 0.7}}
	c, thr := opInput{name: "c", shape: tensor.Shape{3, 2, 4}}, opInput{name: "thr", shape: tensor.Shape{4}}
	suite(t,
		opCase{
			name:   "Heaviside",
			inputs: []opInput{c},
			build:  func(in []*G.Node) (*G.Node, error) { return Heaviside(in[0], s) },
			smooth: true,
			others: []func(in []*G.Node) (*G.Node, error){
				func(in []*G.Node) (*G.Node, error) { return Heaviside(in[0], s.Of) },
			},
		},
		opCase{
			name:   "Event",
			inputs: []opInput{c, thr},
			build:  func(in []*G.Node) (*G.Node, error) { return Event(in[0], in[1], s) },
			smooth: true,
			others: []func(in []*G.Node) (*G.Node, error){
				func(in []*G.Node) (*G.Node, error) { return Event(in[0], in[1], s.Of) },
			},
		},
	)
}

// Nothing is lost where Live says that no gradient passes.
func TestSmoothedLiveIsWhereGradientsPass(t *testing.T) {
	s := surrogate.Smoothed{Of: surrogate.Triangle{Dampening: 0.8, Support: 2}}
	c := opCase{
		inputs: []opInput{{name: "c", shape: tensor.Shape{3, 4}}, {name: "thr", shape: tensor.Shape{4}}, {name: "W", shape: tensor.Shape{4, 2}}},
		build: func(in []*G.Node) (*G.Node, error) {
			y, err := Event(in[0], in[1], s)
			if err != nil {
				return nil, err
			}
			live, err := Live(in[0], in[1], s)
			if err != nil {
				return nil, err
			}
			return GatedMatMulLive(y, in[2], live)
		},
	}
	c.gradientsAreDerivatives(t)
}

// EGRU takes a smoothed surrogate for its own setting of that name.
func TestSmoothedSurrogateIsSmoothEGRU(t *testing.T) {
	n := nodeMaker(tensor.Float64)
	in := EGRUInputs{
		X: n("X", 3, 2, 4), W: n("W", 4, 6), R: n("R", 2, 6),
		Bx: n("Bx", 6), Br: n("Br", 6), Thr: n("Thr", 2),
	}
	s := DefaultEGRU()
	of := func(sm bool, by surrogate.Surrogate) sequence[float64] {
		s.Smooth, s.Surrogate = sm, by
		q, err := EGRU(in, s)
		if err != nil {
			t.Fatal(err)
		}
		return q.op64
	}
	plain := surrogate.DefaultTriangle()
	if of(false, plain).smooth || !of(true, plain).smooth || !of(false, surrogate.Smoothed{Of: plain}).smooth {
		t.Error("a smoothed surrogate does not make a smooth EGRU")
	}
	wantError(t, "smoothed twice", ErrConfig, "is smoothed already")(Heaviside(in.X, surrogate.Smoothed{Of: surrogate.Smoothed{Of: plain}}))
	wantError(t, "smoothed nothing", ErrConfig, "surrogate is nil")(Heaviside(in.X, surrogate.Smoothed{}))
}
