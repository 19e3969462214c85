package surrogate

import (
	"fmt"
	"math"
)

var (
	_ Surrogate = Sigmoid{}
	_ Slices    = Sigmoid{}
)

// Sigmoid is the derivative of the logistic function sigma:
//
//	s(v) = Slope * p * (1 - p),  p = sigma(Slope*v) = 1/(1 + e^(-Slope*v))
//
// Its height is Slope/4 and its area 1. Its support is unbounded, and the
// backward pass dense.
//
// Source: Wu et al., "Spatio-temporal backpropagation for training
// high-performance spiking neural networks", Frontiers in Neuroscience 2018.
type Sigmoid struct {
	Slope float64 // of the logistic function's argument, in units of 1/v; 1e-30 to 1e30
}

// DefaultSigmoid has slope 4, and so the height 1.
func DefaultSigmoid() Sigmoid { return Sigmoid{Slope: 4} }

func (s Sigmoid) String() string { return fmt.Sprintf("sigmoid(slope=%v)", s.Slope) }

// Derivative is Slope * sigma(Slope*v) * (1 - sigma(Slope*v)).
func (s Sigmoid) Derivative(v float64) float64 { return bell(s.Slope*v, s.Slope) }

// Antiderivative is sigma(Slope*v).
func (s Sigmoid) Antiderivative(v float64) float64 { return logistic(s.Slope * v) }

// HalfWidth is +Inf: every unit is live.
func (s Sigmoid) HalfWidth() float64 { return math.Inf(1) }

// Validate wants Slope from 1e-30 to 1e30.
func (s Sigmoid) Validate() error { return scale("sigmoid", "slope", s.Slope) }

// Derivatives32 is dst[i] = Derivative(v[i]).
func (s Sigmoid) Derivatives32(dst, v []float32) { bells(dst, v, s.Slope, s.Slope) }

// Derivatives64 is dst[i] = Derivative(v[i]).
func (s Sigmoid) Derivatives64(dst, v []float64) { bells(dst, v, s.Slope, s.Slope) }
