package ops

import (
	"fmt"
	"math"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

func meanPenaltyCase(cfg MeanPenaltyConfig, shape ...int) opCase {
	of := func(cfg MeanPenaltyConfig) func(in []*G.Node) (*G.Node, error) {
		return func(in []*G.Node) (*G.Node, error) { return MeanPenalty(in[0], cfg) }
	}
	return opCase{
		name:   "MeanPenalty",
		inputs: []opInput{{name: "x", shape: shape}},
		build:  of(cfg),
		smooth: true,
		formula: func(in []opValue, dout []float64) (out []float64, grads [][]float64) {
			n := float64(len(in[0].floats))
			off := -cfg.Target
			for _, x := range in[0].floats {
				off += x / n
			}
			var dx []float64
			for range in[0].floats {
				dx = append(dx, dout[0]*2*cfg.Weight*off/n)
			}
			return []float64{cfg.Weight * off * off}, [][]float64{dx}
		},
		others: []func(in []*G.Node) (*G.Node, error){
			of(MeanPenaltyConfig{cfg.Weight + 1, cfg.Target}),
			of(MeanPenaltyConfig{cfg.Weight, cfg.Target + 1}),
		},
	}
}

func TestMeanPenalty(t *testing.T) {
	suite(t,
		meanPenaltyCase(MeanPenaltyConfig{Weight: 2, Target: 0.25}, 3, 2, 4),
		meanPenaltyCase(MeanPenaltyConfig{Weight: 0.5, Target: -1}, 7),
		meanPenaltyCase(MeanPenaltyConfig{Weight: 3, Target: 0.1}),
		meanPenaltyCase(MeanPenaltyConfig{Target: 1}, 2, 2),
	)
}

// With the smooth form of the event, the penalties on events and on states have
// true derivatives towards every input of the layer.
func TestMeanPenaltyOfASequenceIsDifferentiable(t *testing.T) {
	cfg := MeanPenaltyConfig{Weight: 3, Target: 0.2}
	for _, v := range []Variant{EvNN, Paper} {
		roles := evnnRoles
		if v == Paper {
			roles = paperRoles
		}
		smooth := DefaultEGRU()
		smooth.Variant, smooth.Smooth = v, true
		for name, parts := range map[string][]func(*Sequence) (*G.Node, error){
			"events":            {(*Sequence).Events},
			"states":            {(*Sequence).States},
			"events and states": {(*Sequence).Events, (*Sequence).States},
		} {
			c := opCase{inputs: sequenceInputs(roles...), build: egruOf(roles, smooth, func(s *Sequence) (*G.Node, error) {
				var sum *G.Node
				for _, part := range parts {
					penalty, err := MeanPenalty(must(t)(part(s)), cfg)
					if err != nil || sum == nil {
						sum = penalty
					} else {
						sum, err = G.Add(sum, penalty)
					}
					if err != nil {
						return nil, err
					}
				}
				return sum, nil
			})}
			t.Run(fmt.Sprint(v, " ", name), c.gradientsAreDerivatives)
		}
	}
}

// Sums of float32 would lose the small numbers behind the large one.
func TestMeanPenaltySumsInDoublePrecision(t *testing.T) {
	c := meanPenaltyCase(MeanPenaltyConfig{Weight: 1}, 1<<16)
	values := c.values(1, tensor.Float32)
	for i := range values[0].floats {
		values[0].floats[i] = 1
	}
	values[0].floats[0] = 1 << 24
	want := float64(float32(math.Pow((1<<24+1<<16-1)/float64(1<<16), 2)))
	compare(t, "penalty", c.result(t, tape, values, tensor.Float32).out, []float64{want}, 0)
}

func TestMeanPenaltyErrors(t *testing.T) {
	n := nodeMaker(tensor.Float64)
	for _, bad := range []float64{-1, math.NaN(), math.Inf(1)} {
		wantError(t, "Weight", ErrConfig, "MeanPenalty: Weight is ")(MeanPenalty(n("x", 3), MeanPenaltyConfig{Weight: bad}))
	}
	for _, bad := range []float64{math.NaN(), math.Inf(-1)} {
		wantError(t, "Target", ErrConfig, "MeanPenalty: Target is ")(MeanPenalty(n("x", 3), MeanPenaltyConfig{Weight: 1, Target: bad}))
	}
	wantError(t, "nothing", ErrShape, "x has shape (2, 0) with an empty axis")(MeanPenalty(n("none", 2, 0), MeanPenaltyConfig{}))
}
