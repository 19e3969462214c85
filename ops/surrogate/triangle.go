package surrogate

import (
	"fmt"
	"math"

	"github.com/egru/egru/internal/kernel"
)

var (
	_ Surrogate = Triangle{}
	_ Slices    = Triangle{}
)

// Triangle is the surrogate of the EGRU papers and of EvNN:
//
//	s(v) = Dampening * max(0, 1 - Support*|v|)
//
// It is zero for |v| >= 1/Support.
//
// Source: Bellec et al., "Long short-term memory and learning-to-learn in
// networks of spiking neurons", NeurIPS 2018; used by Subramoney et al.,
// "Efficient recurrent architectures through activity sparsity and sparse
// back-propagation through time", ICLR 2023.
type Triangle struct {
	Dampening float64 // height at the threshold; 0 to 1e30
	Support   float64 // slope of the flanks, in units of 1/v; 1e-30 to 1e30
}

// DefaultTriangle has dampening 1 and support 1.
func DefaultTriangle() Triangle { return Triangle{Dampening: 1, Support: 1} }

func (t Triangle) String() string {
	return fmt.Sprintf("triangle(dampening=%v, support=%v)", t.Dampening, t.Support)
}

// Derivative is Dampening * max(0, 1 - Support*|v|).
func (t Triangle) Derivative(v float64) float64 {
	return t.Dampening * max(0, 1-t.Support*math.Abs(v))
}

// Antiderivative rises from 0 left of the support, over Dampening/(2*Support)
// at the threshold, to Dampening/Support right of it.
func (t Triangle) Antiderivative(v float64) float64 {
	u := max(-1, min(1, t.Support*v))
	return t.Dampening / t.Support * (0.5 + u - 0.5*u*math.Abs(u))
}

// HalfWidth is 1/Support.
func (t Triangle) HalfWidth() float64 { return 1 / t.Support }

// Validate wants Dampening from 0 to 1e30 and Support from 1e-30 to 1e30.
func (t Triangle) Validate() error {
	if err := amount("triangle", "dampening", t.Dampening); err != nil {
		return err
	}
	return scale("triangle", "support", t.Support)
}

// Derivatives32 is dst[i] = Derivative(v[i]).
func (t Triangle) Derivatives32(dst, v []float32) {
	kernel.Triangle(dst, v, float32(t.Dampening), float32(t.Support))
}

// Derivatives64 is dst[i] = Derivative(v[i]).
func (t Triangle) Derivatives64(dst, v []float64) { kernel.Triangle(dst, v, t.Dampening, t.Support) }
