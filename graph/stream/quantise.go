package stream

import (
	"github.com/pkg/errors"

	"github.com/egru/egru/internal/kernel"
)

// layerSquares are the squares of a profile that the matrices of a layer meet, all
// nil without a profile.
type layerSquares struct {
	inputs   []float64 // of the first layer
	of, sent []float64 // of outputs, before and after the gain
}

func (c Config) squares(ws []weightsOf) ([]layerSquares, error) {
	all, p := make([]layerSquares, len(ws)), c.Profile
	if p == nil {
		return all, nil
	}
	if len(p.Layers) != len(ws) || len(p.Inputs) != ws[0].inputs {
		return nil, errors.Wrapf(ErrConfig, "Profile is of %d inputs and %d layers, the model has %d and %d", len(p.Inputs), len(p.Layers), ws[0].inputs, len(ws))
	}
	all[0].inputs = p.Inputs
	for i, w := range ws {
		of := p.Layers[i].Squares
		if len(of) != w.units {
			return nil, errors.Wrapf(ErrConfig, "Profile has %d units in layer %d, the model has %d", len(of), i, w.units)
		}
		all[i].of, all[i].sent = of, of
		if w.gain != nil {
			all[i].sent = make([]float64, w.units)
			for k, g := range w.gain {
				all[i].sent[k] = of[k] * float64(g) * float64(g)
			}
		}
	}
	return all, nil
}

// only gives the numbers of some units; all of nil are nil.
func only(x []float64, units []int) []float64 {
	if x == nil {
		return nil
	}
	some := make([]float64, len(units))
	for i, k := range units {
		some[i] = x[k]
	}
	return some
}

// Scales are tried in clipSteps steps from that which clips nothing down to half of
// it.
const clipSteps = 20

// int8Scales are scales of the columns of m. With squares, each makes
//
//	sum over k of squares[k] * (m[k,j] - scale*q[k,j])^2
//
// least among those that are tried.
func int8Scales(m kernel.Mat[float32], squares []float64) []float32 {
	best := kernel.Int8Scales(m)
	if squares == nil {
		return best
	}
	whole := append([]float32{}, best...)
	least := squaredErrors(m, best, squares)
	scale := make([]float32, len(best))
	for step := 1; step <= clipSteps; step++ {
		for j, s := range whole {
			scale[j] = s * (1 - 0.5*float32(step)/clipSteps)
		}
		for j, e := range squaredErrors(m, scale, squares) {
			if e < least[j] {
				least[j], best[j] = e, scale[j]
			}
		}
	}
	return best
}

func squaredErrors(m kernel.Mat[float32], scale []float32, squares []float64) []float64 {
	sums := make([]float64, m.Cols)
	for k := range m.Rows {
		if squares[k] == 0 {
			continue
		}
		for j, w := range m.Row(k) {
			off := float64(w) - float64(scale[j])*float64(kernel.Quantised(w, scale[j]))
			sums[j] += squares[k] * off * off
		}
	}
	return sums
}
