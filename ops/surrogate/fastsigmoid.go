package surrogate

import (
	"fmt"
	"math"

	"github.com/egru/egru/internal/kernel"
)

var (
	_ Surrogate = FastSigmoid{}
	_ Slices    = FastSigmoid{}
)

// FastSigmoid is the derivative of v/(1 + Slope*|v|), the surrogate of SuperSpike:
//
//	s(v) = 1 / (1 + Slope*|v|)^2
//
// Its height is 1 and its area 2/Slope. Its support is unbounded, and the
// backward pass dense.
//
// Source: Zenke and Ganguli, "SuperSpike: supervised learning in multilayer
// spiking neural networks", Neural Computation 2018.
type FastSigmoid struct {
	Slope float64 // how fast it falls off, in units of 1/v; 1e-30 to 1e30
}

// DefaultFastSigmoid has slope 10: it has fallen to 1/4 at a
// distance of 0.1.
func DefaultFastSigmoid() FastSigmoid { return FastSigmoid{Slope: 10} }

func (f FastSigmoid) String() string { return fmt.Sprintf("fast-sigmoid(slope=%v)", f.Slope) }

// Derivative is 1 / (1 + Slope*|v|)^2.
func (f FastSigmoid) Derivative(v float64) float64 { return fastSigmoid(v, f.Slope) }

// Antiderivative is v/(1 + Slope*|v|) + 1/Slope.
func (f FastSigmoid) Antiderivative(v float64) float64 {
	rest := 1 / (1 + f.Slope*math.Abs(v)) / f.Slope // what is missing to the nearer end
	if v < 0 {
		return rest
	}
	return 2/f.Slope - rest
}

// HalfWidth is +Inf: every unit is live.
func (f FastSigmoid) HalfWidth() float64 { return math.Inf(1) }

// Validate wants Slope from 1e-30 to 1e30.
func (f FastSigmoid) Validate() error { return scale("fast-sigmoid", "slope", f.Slope) }

// Derivatives32 is dst[i] = Derivative(v[i]).
func (f FastSigmoid) Derivatives32(dst, v []float32) { fastSigmoids(dst, v, f.Slope) }

// Derivatives64 is dst[i] = Derivative(v[i]).
func (f FastSigmoid) Derivatives64(dst, v []float64) { fastSigmoids(dst, v, f.Slope) }

func fastSigmoids[F kernel.Float](dst, v []F, slope float64) {
	for i, x := range v[:len(dst)] {
		dst[i] = F(fastSigmoid(float64(x), slope))
	}
}

func fastSigmoid(v, slope float64) float64 {
	d := 1 + slope*math.Abs(v)
	return 1 / (d * d)
}
