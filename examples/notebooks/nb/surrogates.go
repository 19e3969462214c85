package nb

import "github.com/egru/egru/ops/surrogate"

// The pseudo-derivatives of an event, see package surrogate.
type (
	Surrogate = surrogate.Surrogate
	Triangle  = surrogate.Triangle
	Rectangle = surrogate.Rectangle
	Gaussian  = surrogate.Gaussian
	Arctan    = surrogate.Arctan
	Sigmoidal = surrogate.Sigmoid
	Cut       = surrogate.Cut
	Smoothed  = surrogate.Smoothed
)

// DefaultTriangle has dampening 1 and support 1.
func DefaultTriangle() Triangle { return surrogate.DefaultTriangle() }

// NewSurrogate makes one of functions of your own: the derivative, its integral
// (nil: by quadrature) and the distance from the threshold from which on it is 0.
// Give different functions different names.
func NewSurrogate(name string, derivative, antiderivative func(v float64) float64, halfWidth float64) Surrogate {
	return must(surrogate.New(name, derivative, antiderivative, halfWidth))
}
