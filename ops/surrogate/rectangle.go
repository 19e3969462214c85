package surrogate

import (
	"fmt"
	"math"

	"github.com/egru/egru/internal/kernel"
)

var (
	_ Surrogate = Rectangle{}
	_ Slices    = Rectangle{}
)

// Rectangle passes gradients in a window around the threshold, all alike:
//
//	s(v) = Height where |v| < 1/(2*Height), else 0
//
// Its area is 1 and its support |v| < 1/(2*Height): a higher one is narrower.
//
// Source: Wu et al., "Spatio-temporal backpropagation for training
// high-performance spiking neural networks", Frontiers in Neuroscience 2018.
type Rectangle struct {
	Height float64 // within the support; 1e-30 to 1e30
}

// DefaultRectangle has height 1.
func DefaultRectangle() Rectangle { return Rectangle{Height: 1} }

func (r Rectangle) String() string { return fmt.Sprintf("rectangle(height=%v)", r.Height) }

// Derivative is Height where |v| < 1/(2*Height), else 0.
func (r Rectangle) Derivative(v float64) float64 { return rectangle(v, r.Height, r.HalfWidth()) }

// Antiderivative rises from 0 left of the support to 1 right of it.
func (r Rectangle) Antiderivative(v float64) float64 {
	return 0.5 + max(-0.5, min(0.5, r.Height*v))
}

// HalfWidth is 1/(2*Height).
func (r Rectangle) HalfWidth() float64 { return 1 / (2 * r.Height) }

// Validate wants Height from 1e-30 to 1e30.
func (r Rectangle) Validate() error { return scale("rectangle", "height", r.Height) }

// Derivatives32 is dst[i] = Derivative(v[i]).
func (r Rectangle) Derivatives32(dst, v []float32) { rectangles(dst, v, r) }

// Derivatives64 is dst[i] = Derivative(v[i]).
func (r Rectangle) Derivatives64(dst, v []float64) { rectangles(dst, v, r) }

func rectangles[F kernel.Float](dst, v []F, r Rectangle) {
	half := r.HalfWidth()
	for i, x := range v[:len(dst)] {
		dst[i] = F(rectangle(float64(x), r.Height, half))
	}
}

func rectangle(v, height, half float64) float64 {
	switch {
	case math.Abs(v) < half:
		return height
	case v != v:
		return v
	}
	return 0
}
