package surrogate

import (
	"math"

	"github.com/egru/egru/internal/kernel"
)

// Slices is implemented by surrogates that come with loops of their own over
// whole slices, dst[i] = s(v[i]); dst may be v. It is optional, for speed.
type Slices interface {
	Derivatives32(dst, v []float32)
	Derivatives64(dst, v []float64)
}

// Derivatives is dst[i] = s(v[i]) for every i of dst, by the loops of s if it
// has some. v is at least as long as dst, and may be dst.
func Derivatives[F float32 | float64](s Surrogate, dst, v []F) {
	v = v[:len(dst)]
	if loops, ok := s.(Slices); ok {
		switch dst := any(dst).(type) {
		case []float32:
			loops.Derivatives32(dst, any(v).([]float32))
			return
		case []float64:
			loops.Derivatives64(dst, any(v).([]float64))
			return
		}
	}
	for i, x := range v {
		dst[i] = F(s.Derivative(float64(x)))
	}
}

// The arguments of exponential functions are made in float64 and rounded once.

// exponentials is x[i] = height * e^x[i].
func exponentials[F kernel.Float](x []F, height float64) {
	kernel.Exp(x, x)
	for i, e := range x {
		x[i] = F(height * float64(e))
	}
}

// bells is dst[i] = bell(slope*v[i], height).
func bells[F kernel.Float](dst, v []F, slope, height float64) {
	for i, x := range v[:len(dst)] {
		dst[i] = F(-math.Abs(slope * float64(x)))
	}
	kernel.Sigmoid(dst, dst)
	for i, p := range dst {
		p := float64(p)
		dst[i] = F(height * p * (1 - p))
	}
}

// bell is height * p*(1-p) with the logistic function p of -|x|: the smaller of
// the two factors is the one that is computed, so that no digits are lost far
// out.
func bell(x, height float64) float64 {
	p := logistic(-math.Abs(x))
	return height * p * (1 - p)
}

// logistic is 1 / (1 + e^-x).
func logistic(x float64) float64 {
	if x < 0 {
		e := math.Exp(x)
		return e / (1 + e)
	}
	return 1 / (1 + math.Exp(-x))
}
