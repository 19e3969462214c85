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
// of unbounded support makes every unit live, and the backward pass dense: its
// backward activity is 100 %. Cut gives it a bound.
//
//	name              s(v)                               support        area
//	triangle          d*max(0, 1 - k*|v|)                |v| < 1/k      d/k
//	rectangle         a                                  |v| < 1/(2a)   1
//	sigmoid           a*p*(1-p), p = sigma(a*v)          unbounded      1
//	fast-sigmoid      1/(1 + k*|v|)^2                    unbounded      2/k
//	arctan            (a/2)/(1 + (pi/2*a*v)^2)           unbounded      1
//	gaussian          a/sqrt(pi)*exp(-(a*v)^2)           unbounded      1
//	exponential       (a/2)*exp(-a*|v|)                  unbounded      1
//	tanh              1 - tanh(k*v)^2                    unbounded      2/k
//	leaky             1/(2w) where |v| < w, else l       unbounded      infinite
//	straight-through  1                                  unbounded      infinite
//	log-abs           a/(1 + a*|v|)                      unbounded      infinite
//	q-pseudo-spike    (1 + 2*|v|/(q-1))^-q               unbounded      1
//
// Parse makes them from text; New makes one from functions of your own. Those
// that fall off exponentially (sigmoid, tanh, gaussian, exponential) are 0 where
// the precision in use has no smaller number, so that units very far from their
// threshold are skipped even there.
//
// All are symmetric and nowhere higher than at 0. At NaN they are NaN, at an
// infinite v what they tend to. A surrogate of finite area has an antiderivative
// that rises from 0; the others say what theirs is at 0.
package surrogate

import "math"

// Surrogate is a pseudo-derivative of the Heaviside step. Implementations are
// values: they never change after construction and are safe for concurrent
// use.
type Surrogate interface {
	// String is the name with every parameter. Surrogates of one name are
	// taken for the same.
	String() string

	// Derivative is s(v). It is NaN for NaN, and for an infinite v the limit.
	Derivative(v float64) float64

	// Antiderivative is A(v) with A' = s. Put in place of the step it makes a
	// network smooth, whose true gradient is then the surrogate gradient: that
	// is how gradients are checked against finite differences. It is NaN for NaN,
	// and for an infinite v the limit, which may be infinite.
	Antiderivative(v float64) float64

	// HalfWidth is the bound of the support: Derivative is 0 where
	// |v| >= HalfWidth. +Inf where there is none.
	HalfWidth() float64

	// Validate reports a parameter outside its domain.
	Validate() error
}

// Bounded says whether the support of s is bounded, so that the backward pass
// can skip units.
func Bounded(s Surrogate) bool { return !math.IsInf(s.HalfWidth(), 1) }
