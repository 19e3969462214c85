package surrogate

import (
	"fmt"
	"math"

	"github.com/egru/egru/internal/kernel"
)

var (
	_ Surrogate = Leaky{}
	_ Slices    = Leaky{}
)

// Leaky is a rectangle that lets something through outside:
//
//	s(v) = 1/(2*Within) where |v| < Within, else Leak
//
// The rectangle's area is 1, that of the whole infinite. Its support is
// unbounded, and the backward pass dense, unless Leak is 0: then it is Rectangle.
//
// Source: PiecewiseLeakyReLU of SpikingJelly (Fang et al., "SpikingJelly: an
// open-source machine learning infrastructure platform for spike-based
// intelligence", Science Advances 2023).
type Leaky struct {
	Within float64 // half width of the rectangle, in units of v; 1e-30 to 1e30
	Leak   float64 // height outside; 0 to 1/(2*Within), the height inside
}

// DefaultLeaky reaches to 1 from the threshold and leaks 0.01 beyond.
func DefaultLeaky() Leaky { return Leaky{Within: 1, Leak: 0.01} }

func (l Leaky) String() string { return fmt.Sprintf("leaky(within=%v, leak=%v)", l.Within, l.Leak) }

// Derivative is 1/(2*Within) where |v| < Within, else Leak.
func (l Leaky) Derivative(v float64) float64 {
	switch {
	case math.Abs(v) < l.Within:
		return l.height()
	case v != v:
		return v
	}
	return l.Leak
}

func (l Leaky) height() float64 { return 1 / (2 * l.Within) }

// Antiderivative is 1/2 at the threshold, 0 and 1 at the ends of the rectangle,
// and goes on beyond them with the slope Leak.
func (l Leaky) Antiderivative(v float64) float64 {
	inside := max(-l.Within, min(l.Within, v))
	a := 0.5 + l.height()*inside
	if l.Leak > 0 { // 0 times infinity would be NaN
		a += l.Leak * (v - inside)
	}
	return a
}

// HalfWidth is +Inf, every unit is live; Within if Leak is 0.
func (l Leaky) HalfWidth() float64 {
	if l.Leak == 0 {
		return l.Within
	}
	return math.Inf(1)
}

// Validate wants Within from 1e-30 to 1e30 and Leak from 0 to 1/(2*Within).
func (l Leaky) Validate() error {
	if err := scale("leaky", "within", l.Within); err != nil {
		return err
	}
	return between("leaky", "leak", l.Leak, 0, l.height())
}

// Derivatives32 is dst[i] = Derivative(v[i]).
func (l Leaky) Derivatives32(dst, v []float32) { leaks(dst, v, l) }

// Derivatives64 is dst[i] = Derivative(v[i]).
func (l Leaky) Derivatives64(dst, v []float64) { leaks(dst, v, l) }

func leaks[F kernel.Float](dst, v []F, l Leaky) {
	for i, x := range v[:len(dst)] {
		dst[i] = F(l.Derivative(float64(x)))
	}
}
