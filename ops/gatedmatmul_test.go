package ops

import (
	"math"
	"math/rand/v2"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// events draws a number that is zero more often than not.
func events(r *rand.Rand) float64 {
	if r.Float64() < 0.7 {
		return 0
	}
	return r.NormFloat64()
}

// gatedFormula is the product by its three loops, with dy only where live says
// if there is a third input.
func gatedFormula(K, N int) func(in []opValue, dout []float64) (out []float64, grads [][]float64) {
	return func(in []opValue, dout []float64) (out []float64, grads [][]float64) {
		y, w := in[0].floats, in[1].floats
		M := len(y) / K
		out = make([]float64, M*N)
		dy, dw := make([]float64, M*K), make([]float64, K*N)
		for m := range M {
			for k := range K {
				for n := range N {
					out[m*N+n] += y[m*K+k] * w[k*N+n]
					dw[k*N+n] += y[m*K+k] * dout[m*N+n]
					if len(in) == 2 || in[2].floats[m*K+k] != 0 {
						dy[m*K+k] += dout[m*N+n] * w[k*N+n]
					}
				}
			}
		}
		return out, [][]float64{dy, dw, nil}[:len(in)]
	}
}

func gatedCase(N int, y ...int) opCase {
	K := y[len(y)-1]
	return opCase{
		name:    "GatedMatMul",
		inputs:  []opInput{{name: "y", shape: y, draw: events}, {name: "W", shape: tensor.Shape{K, N}}},
		build:   func(in []*G.Node) (*G.Node, error) { return GatedMatMul(in[0], in[1]) },
		smooth:  true,
		formula: gatedFormula(K, N),
	}
}

func gatedLiveCase(N int, y ...int) opCase {
	c := gatedCase(N, y...)
	c.name = "GatedMatMulLive"
	c.inputs = append(c.inputs, opInput{name: "live", shape: y, draw: events, fixed: true})
	c.build = func(in []*G.Node) (*G.Node, error) { return GatedMatMulLive(in[0], in[1], in[2]) }
	c.smooth = false
	c.others = []func(in []*G.Node) (*G.Node, error){
		func(in []*G.Node) (*G.Node, error) { return GatedMatMul(in[0], in[1]) },
	}
	return c
}

func TestGatedMatMul(t *testing.T) {
	suite(t, gatedCase(4, 2, 3, 5), gatedCase(4, 3, 5), gatedCase(4, 5), gatedCase(1, 3, 1))
}

func TestGatedMatMulLive(t *testing.T) {
	suite(t, gatedLiveCase(4, 2, 3, 5), gatedLiveCase(4, 5))
}

func TestGatedMatMulOfOneNodeWithItself(t *testing.T) {
	c := opCase{
		inputs: []opInput{{name: "x", shape: tensor.Shape{3, 3}, draw: events}},
		build:  func(in []*G.Node) (*G.Node, error) { return GatedMatMul(in[0], in[0]) },
	}
	c.gradientsAreDerivatives(t)
	values := c.values(1, tensor.Float64)
	near(t, c, c.result(t, lisp, values, tensor.Float64), c.result(t, tape, values, tensor.Float64), tolerance(tensor.Float64))
}

// What is left out is zero below the events, so nothing is lost.
func TestLiveChangesNoGradientBelowAnEvent(t *testing.T) {
	s := testSurrogates[0]
	chain := func(useLive bool) opCase {
		c := opCase{inputs: []opInput{
			{name: "c", shape: tensor.Shape{7, 6}},
			{name: "thr", shape: tensor.Shape{6}, draw: func(r *rand.Rand) float64 { return r.Float64() }},
			{name: "W", shape: tensor.Shape{6, 4}},
			{name: "key", shape: tensor.Shape{2}, below: 100},
		}}
		c.build = func(in []*G.Node) (*G.Node, error) {
			y, err := Event(in[0], in[1], s)
			if err != nil {
				return nil, err
			}
			drop := DropoutConfig{P: 0.3, Stream: "y"}
			if y, err = Dropout(y, in[3], drop); err != nil {
				return nil, err
			}
			if !useLive {
				return GatedMatMul(y, in[2])
			}
			live, err := Live(in[0], in[1], s)
			if err != nil {
				return nil, err
			}
			if live, err = Dropout(live, in[3], drop); err != nil {
				return nil, err
			}
			return GatedMatMulLive(y, in[2], live)
		}
		return c
	}
	c := chain(true)
	values := c.values(1, tensor.Float64)
	for _, kind := range []string{tape, lisp} {
		same(t, c, c.result(t, kind, values, tensor.Float64), chain(false).result(t, kind, values, tensor.Float64))
	}
}

// A NaN is an event: it must not be skipped as if it were a zero.
func TestGatedMatMulPassesNaNOn(t *testing.T) {
	c := gatedCase(1, 2, 2)
	got := c.result(t, tape, []opValue{
		{shape: tensor.Shape{2, 2}, floats: []float64{math.NaN(), 0, 1, 0}},
		{shape: tensor.Shape{2, 1}, floats: []float64{3, 4}},
	}, tensor.Float64)
	if !math.IsNaN(got.out[0]) || got.out[1] != 3 {
		t.Errorf("output %v, want [NaN 3]", got.out)
	}
}

func TestGatedMatMulErrors(t *testing.T) {
	n := nodeMaker(tensor.Float64)
	w := n("W", 5, 4)
	wantError(t, "features", ErrShape, "GatedMatMul: y has shape (3, 4), want (..., 5) for W (5, 4)")(GatedMatMul(n("y4", 3, 4), w))
	wantError(t, "scalar", ErrShape, "GatedMatMul: y has shape (), want (..., 5)")(GatedMatMul(n("scalar"), w))
	wantError(t, "rank of W", ErrShape, "GatedMatMul: W has shape (5) of 1 axes, want 2")(GatedMatMul(n("y", 3, 5), n("vector", 5)))
	wantError(t, "empty axis", ErrShape, "GatedMatMul: W has shape (5, 0) with an empty axis")(GatedMatMul(n("y", 3, 5), n("empty", 5, 0)))
	wantError(t, "shape of live", ErrShape, "GatedMatMulLive: live has shape (5, 3), want (3, 5) as y")(GatedMatMulLive(n("y", 3, 5), w, n("live", 5, 3)))
	narrow := G.NewMatrix(w.Graph(), tensor.Float32, G.WithShape(3, 5), G.WithName("narrow"))
	wantError(t, "mixed dtypes", ErrDtype, "GatedMatMul: W has dtype float64, want float32 as the inputs before it")(GatedMatMul(narrow, w))
}
