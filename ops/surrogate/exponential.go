package surrogate

import (
	"fmt"
	"math"

	"github.com/egru/egru/internal/kernel"
)

var (
	_ Surrogate = Exponential{}
	_ Slices    = Exponential{}
)

// Exponential falls off exponentially to both sides:
//
//	s(v) = Slope/2 * e^(-Slope*|v|)
//
// Its area is 1. Its support is unbounded, and the backward pass dense.
//
// Source: Shrestha and Orchard, "SLAYER: spike layer error reassignment in time",
// NeurIPS 2018.
type Exponential struct {
	Slope float64 // how fast it falls off, in units of 1/v; 1e-30 to 1e30
}

// DefaultExponential has slope 1.
func DefaultExponential() Exponential { return Exponential{Slope: 1} }

func (e Exponential) String() string { return fmt.Sprintf("exponential(slope=%v)", e.Slope) }

// Derivative is Slope/2 * e^(-Slope*|v|).
func (e Exponential) Derivative(v float64) float64 {
	return e.Slope / 2 * math.Exp(-math.Abs(e.Slope*v))
}

// Antiderivative rises from 0 far left over 1/2 at the threshold to 1 far right.
func (e Exponential) Antiderivative(v float64) float64 {
	rest := math.Exp(-math.Abs(e.Slope*v)) / 2 // what is missing to the nearer end
	if v < 0 {
		return rest
	}
	return 1 - rest
}

// HalfWidth is +Inf: every unit is live.
func (e Exponential) HalfWidth() float64 { return math.Inf(1) }

// Validate wants Slope from 1e-30 to 1e30.
func (e Exponential) Validate() error { return scale("exponential", "slope", e.Slope) }

// Derivatives32 is dst[i] = Derivative(v[i]).
func (e Exponential) Derivatives32(dst, v []float32) { twoSided(dst, v, e.Slope) }

// Derivatives64 is dst[i] = Derivative(v[i]).
func (e Exponential) Derivatives64(dst, v []float64) { twoSided(dst, v, e.Slope) }

func twoSided[F kernel.Float](dst, v []F, slope float64) {
	for i, x := range v[:len(dst)] {
		dst[i] = F(-math.Abs(slope * float64(x)))
	}
	exponentials(dst, slope/2)
}
