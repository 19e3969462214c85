// Package surrogate holds pseudo-derivatives of the Heaviside step
//
//	Theta(v) = 1 where v > 0, else 0 (0 at v = 0)
//
// The step is flat almost everywhere, so nothing would be learned through it.
// In the backward pass its derivative is replaced by a surrogate s(v) of the
// distance v = c - thr of a state c to its threshold thr.
//
// A surrogate of bounded support is zero for |v| >= HalfWidth. Units farther
// from their threshold pass no gradient, and the backward pass skips them. One
// of unbounded support makes every unit live, and the backward pass dense.
package surrogate

import "math"

// Surrogate is a pseudo-derivative of the Heaviside step. Implementations are
// values: they never change after construction and are safe for concurrent
// use.
type Surrogate interface {
	// String is the name with every parameter. Surrogates of one name are
	// taken for the same.
	String() string

	// Derivative is s(v).
	Derivative(v float64) float64

	// Antiderivative is A(v) with A' = s. Put in place of the step it makes a
	// network smooth, whose true gradient is then the surrogate gradient: that
	// is how gradients are checked against finite differences.
	Antiderivative(v float64) float64

	// HalfWidth is the bound of the support: Derivative is 0 where
	// |v| >= HalfWidth. +Inf where there is none.
	HalfWidth() float64

	// Validate reports a parameter outside its domain.
	Validate() error
}

// Slices is implemented by surrogates that come with loops of their own over
// whole slices, dst[i] = s(v[i]); dst may be v. It is optional, for speed.
type Slices interface {
	Derivatives32(dst, v []float32)
	Derivatives64(dst, v []float64)
}

// Bounded says whether the support of s is bounded, so that the backward pass
// can skip units.
func Bounded(s Surrogate) bool { return !math.IsInf(s.HalfWidth(), 1) }
