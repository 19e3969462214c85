package surrogate

import (
	"fmt"
	"math"

	"github.com/egru/egru/internal/kernel"
)

var (
	_ Surrogate = Arctan{}
	_ Slices    = Arctan{}
)

// Arctan is the derivative of an arctangent:
//
//	s(v) = (Slope/2) / (1 + (pi/2 * Slope * v)^2)
//
// Its height is Slope/2 and its area 1. Its support is unbounded, and the
// backward pass dense.
//
// Source: Fang et al., "Incorporating learnable membrane time constant to enhance
// learning of spiking neural networks", ICCV 2021.
type Arctan struct {
	Slope float64 // of the arctangent's argument, times 2/pi, in units of 1/v; 1e-30 to 1e30
}

// DefaultArctan has slope 2, and so the height 1.
func DefaultArctan() Arctan { return Arctan{Slope: 2} }

func (a Arctan) String() string { return fmt.Sprintf("arctan(slope=%v)", a.Slope) }

// Derivative is (Slope/2) / (1 + (pi/2 * Slope * v)^2).
func (a Arctan) Derivative(v float64) float64 { return arctan(v, a.Slope) }

// Antiderivative is arctan(pi/2 * Slope * v)/pi + 1/2.
func (a Arctan) Antiderivative(v float64) float64 {
	return math.Atan(math.Pi/2*a.Slope*v)/math.Pi + 0.5
}

// HalfWidth is +Inf: every unit is live.
func (a Arctan) HalfWidth() float64 { return math.Inf(1) }

// Validate wants Slope from 1e-30 to 1e30.
func (a Arctan) Validate() error { return scale("arctan", "slope", a.Slope) }

// Derivatives32 is dst[i] = Derivative(v[i]).
func (a Arctan) Derivatives32(dst, v []float32) { arctans(dst, v, a.Slope) }

// Derivatives64 is dst[i] = Derivative(v[i]).
func (a Arctan) Derivatives64(dst, v []float64) { arctans(dst, v, a.Slope) }

func arctans[F kernel.Float](dst, v []F, slope float64) {
	for i, x := range v[:len(dst)] {
		dst[i] = F(arctan(float64(x), slope))
	}
}

func arctan(v, slope float64) float64 {
	x := math.Pi / 2 * slope * v
	return slope / 2 / (1 + x*x)
}
