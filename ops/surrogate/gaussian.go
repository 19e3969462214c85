package surrogate

import (
	"fmt"
	"math"

	"github.com/egru/egru/internal/kernel"
)

var (
	_ Surrogate = Gaussian{}
	_ Slices    = Gaussian{}
)

// Gaussian is the normal density, the derivative of an error function:
//
//	s(v) = Slope/sqrt(pi) * e^-(Slope*v)^2
//
// Its area is 1. Its support is unbounded, and the backward pass dense but for
// units so far from the threshold that s is 0 in the precision in use: from 10.2
// over Slope on in float32.
//
// Source: Wu et al., "Spatio-temporal backpropagation for training
// high-performance spiking neural networks", Frontiers in Neuroscience 2018.
type Gaussian struct {
	Slope float64 // 1/sqrt(2) over the standard deviation, in units of 1/v; 1e-30 to 1e30
}

// DefaultGaussian has slope 2.
func DefaultGaussian() Gaussian { return Gaussian{Slope: 2} }

func (g Gaussian) String() string { return fmt.Sprintf("gaussian(slope=%v)", g.Slope) }

// Derivative is Slope/sqrt(pi) * e^-(Slope*v)^2.
func (g Gaussian) Derivative(v float64) float64 {
	x := g.Slope * v
	return g.height() * math.Exp(-(x * x))
}

func (g Gaussian) height() float64 { return g.Slope / math.SqrtPi }

// Antiderivative is (1 + erf(Slope*v))/2.
func (g Gaussian) Antiderivative(v float64) float64 { return math.Erfc(-g.Slope*v) / 2 }

// HalfWidth is +Inf.
func (g Gaussian) HalfWidth() float64 { return math.Inf(1) }

// Validate wants Slope from 1e-30 to 1e30.
func (g Gaussian) Validate() error { return scale("gaussian", "slope", g.Slope) }

// Derivatives32 is dst[i] = Derivative(v[i]).
func (g Gaussian) Derivatives32(dst, v []float32) { gaussians(dst, v, g) }

// Derivatives64 is dst[i] = Derivative(v[i]).
func (g Gaussian) Derivatives64(dst, v []float64) { gaussians(dst, v, g) }

func gaussians[F kernel.Float](dst, v []F, g Gaussian) {
	for i, x := range v[:len(dst)] {
		x := g.Slope * float64(x)
		dst[i] = F(-(x * x))
	}
	exponentials(dst, g.height())
}
