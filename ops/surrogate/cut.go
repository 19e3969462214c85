package surrogate

import (
	"fmt"
	"math"

	"github.com/pkg/errors"

	"github.com/egru/egru/internal/kernel"
)

var (
	_ Surrogate = Cut{}
	_ Slices    = Cut{}
)

// Cut bounds the support of another surrogate, so that the backward pass skips
// units outside:
//
//	s(v) = Of(v) where |v| < Within, else 0
//
// The cut of a gradient that is small there anyway buys a sparse backward pass.
type Cut struct {
	Of     Surrogate
	Within float64 // 1e-30 to 1e30
}

// DefaultCut reaches as far as DefaultTriangle: to 1 from the threshold.
func DefaultCut(of Surrogate) Cut { return Cut{Of: of, Within: 1} }

func (c Cut) String() string { return fmt.Sprintf("cut(%v, within=%v)", c.Of, c.Within) }

// Derivative is that of Of where |v| < Within, else 0.
func (c Cut) Derivative(v float64) float64 {
	if math.Abs(v) >= c.Within {
		return 0
	}
	return c.Of.Derivative(v)
}

// Antiderivative is 0 left of the support, rises within it as that of Of does, and
// is constant right of it.
func (c Cut) Antiderivative(v float64) float64 {
	return c.Of.Antiderivative(max(-c.Within, min(c.Within, v))) - c.Of.Antiderivative(-c.Within)
}

// HalfWidth is Within, or that of Of where it is less.
func (c Cut) HalfWidth() float64 { return min(c.Within, c.Of.HalfWidth()) }

// Validate wants a valid Of and Within from 1e-30 to 1e30.
func (c Cut) Validate() error {
	if c.Of == nil {
		return errors.Wrap(ErrParameter, "cut: Of is nil, want a surrogate")
	}
	if err := c.Of.Validate(); err != nil {
		return errors.Wrap(err, "cut")
	}
	return scale("cut", "within", c.Within)
}

// Derivatives32 is dst[i] = Derivative(v[i]), by the loops of Of if it has some.
func (c Cut) Derivatives32(dst, v []float32) { cuts(dst, v, c) }

// Derivatives64 is dst[i] = Derivative(v[i]), by the loops of Of if it has some.
func (c Cut) Derivatives64(dst, v []float64) { cuts(dst, v, c) }

// cuts notes what lies outside before the loops of Of may overwrite v.
func cuts[F kernel.Float](dst, v []F, c Cut) {
	const block = 512
	for len(dst) > 0 {
		var outside [block]bool
		n := min(block, len(dst))
		for i, x := range v[:n] {
			outside[i] = math.Abs(float64(x)) >= c.Within
		}
		Derivatives(c.Of, dst[:n], v[:n])
		for i, out := range outside[:n] {
			if out {
				dst[i] = 0
			}
		}
		dst, v = dst[n:], v[n:]
	}
}
