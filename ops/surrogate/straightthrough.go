package surrogate

import "math"

var (
	_ Surrogate = StraightThrough{}
	_ Slices    = StraightThrough{}
)

// StraightThrough passes every gradient as if the step were the identity:
//
//	s(v) = 1
//
// It has no parameters and an infinite area. Its support is unbounded, and the
// backward pass dense.
//
// Source: Bengio et al., "Estimating or propagating gradients through stochastic
// neurons for conditional computation", arXiv:1308.3432.
type StraightThrough struct{}

// DefaultStraightThrough is the only one there is.
func DefaultStraightThrough() StraightThrough { return StraightThrough{} }

func (StraightThrough) String() string { return "straight-through" }

// Derivative is 1, and NaN for NaN.
func (StraightThrough) Derivative(v float64) float64 {
	if v != v {
		return v
	}
	return 1
}

// Antiderivative is v: 0 at the threshold, without bound to both sides.
func (StraightThrough) Antiderivative(v float64) float64 { return v }

// HalfWidth is +Inf: every unit is live.
func (StraightThrough) HalfWidth() float64 { return math.Inf(1) }

// Validate finds nothing wrong.
func (StraightThrough) Validate() error { return nil }

// Derivatives32 is dst[i] = Derivative(v[i]).
func (s StraightThrough) Derivatives32(dst, v []float32) {
	for i, x := range v[:len(dst)] {
		dst[i] = float32(s.Derivative(float64(x)))
	}
}

// Derivatives64 is dst[i] = Derivative(v[i]).
func (s StraightThrough) Derivatives64(dst, v []float64) {
	for i, x := range v[:len(dst)] {
		dst[i] = s.Derivative(x)
	}
}
