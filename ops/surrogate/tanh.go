package surrogate

import (
	"fmt"
	"math"
)

var (
	_ Surrogate = Tanh{}
	_ Slices    = Tanh{}
)

// Tanh is the derivative of a hyperbolic tangent:
//
//	s(v) = 1 - tanh(Slope*v)^2
//
// Its height is 1 and its area 2/Slope: it is Sigmoid of twice the slope, brought
// to the height 1. Its support is unbounded, and the backward pass dense.
type Tanh struct {
	Slope float64 // of the hyperbolic tangent's argument, in units of 1/v; 1e-30 to 1e30
}

// DefaultTanh has slope 1.
func DefaultTanh() Tanh { return Tanh{Slope: 1} }

func (t Tanh) String() string { return fmt.Sprintf("tanh(slope=%v)", t.Slope) }

// Derivative is 1 - tanh(Slope*v)^2.
func (t Tanh) Derivative(v float64) float64 { return bell(2*t.Slope*v, 4) }

// Antiderivative is (1 + tanh(Slope*v))/Slope.
func (t Tanh) Antiderivative(v float64) float64 { return 2 / t.Slope * logistic(2*t.Slope*v) }

// HalfWidth is +Inf: every unit is live.
func (t Tanh) HalfWidth() float64 { return math.Inf(1) }

// Validate wants Slope from 1e-30 to 1e30.
func (t Tanh) Validate() error { return scale("tanh", "slope", t.Slope) }

// Derivatives32 is dst[i] = Derivative(v[i]).
func (t Tanh) Derivatives32(dst, v []float32) { bells(dst, v, 2*t.Slope, 4) }

// Derivatives64 is dst[i] = Derivative(v[i]).
func (t Tanh) Derivatives64(dst, v []float64) { bells(dst, v, 2*t.Slope, 4) }
