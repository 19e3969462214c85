package surrogate

import (
	"fmt"
	"math"

	"github.com/pkg/errors"
)

var _ Surrogate = (*Custom)(nil)

// Custom is a surrogate of functions of the user's own. New makes it.
type Custom struct {
	name                       string
	derivative, antiderivative func(v float64) float64
	halfWidth                  float64
}

// New makes a surrogate out of a function:
//
//	s(v) = derivative(v) where |v| < halfWidth, else 0
//
// halfWidth is from 1e-30 to 1e30, or +Inf for an unbounded support, which makes
// the backward pass dense. The functions always give the same for the same v, are
// called from several goroutines, and do not panic. derivative is finite; it need
// not be symmetric or of one sign. It is not asked outside the support, nor
// for NaN, which gives NaN.
//
// antiderivative has derivative for its own. It is only used to check gradients,
// and may be nil: then it is the integral of derivative from 0 on, by quadrature,
// up to 1e30. Where derivative is smooth, but perhaps at 0, that is right to about
// 1e-12; where it jumps or bends elsewhere it is too rough to check gradients with.
//
// The name stands for the functions: Gorgonia takes nodes with surrogates of one
// name and one half width for the same node. Give different functions different
// names.
//
// An empty name, no derivative, a half width outside its domain, or a derivative
// that is not finite at one of the points where New tries it gives ErrParameter.
func New(name string, derivative, antiderivative func(v float64) float64, halfWidth float64) (*Custom, error) {
	c := &Custom{name, derivative, antiderivative, halfWidth}
	if err := c.Validate(); err != nil {
		return nil, err
	}
	return c, nil
}

func (c *Custom) String() string {
	if c == nil {
		return "custom()"
	}
	return fmt.Sprintf("custom(%q, within=%v)", c.name, c.halfWidth)
}

// Derivative is that of New.
func (c *Custom) Derivative(v float64) float64 {
	switch {
	case v != v:
		return v
	case math.Abs(v) >= c.halfWidth && Bounded(c):
		return 0
	}
	return c.derivative(v)
}

// Antiderivative is the function given, constant outside the support, or by
// quadrature the integral of Derivative from 0 on.
func (c *Custom) Antiderivative(v float64) float64 {
	if v != v {
		return v
	}
	v = max(-c.halfWidth, min(c.halfWidth, v))
	if c.antiderivative == nil {
		return integral(c.derivative, v)
	}
	return c.antiderivative(v)
}

// HalfWidth is the one given.
func (c *Custom) HalfWidth() float64 { return c.halfWidth }

// Validate reports what New would have refused, as in a Custom that it did not
// make.
func (c *Custom) Validate() error {
	switch {
	case c == nil || c.derivative == nil:
		return errors.Wrapf(ErrParameter, "%v: derivative is nil, want a function", c)
	case c.name == "":
		return errors.Wrapf(ErrParameter, "%v: name is empty, want one that stands for the functions", c)
	}
	reach := most
	if Bounded(c) {
		if err := scale(c.String(), "half width", c.halfWidth); err != nil {
			return err
		}
		reach = c.halfWidth
	}
	// Every fourth power of two within reach: both the centre and the tails.
	for x := reach / 2; x >= least; x /= 16 {
		for _, v := range []float64{-x, x} {
			if err := c.tried(v); err != nil {
				return err
			}
		}
	}
	return c.tried(0)
}

func (c *Custom) tried(v float64) error {
	if d := c.derivative(v); math.IsNaN(d) || math.IsInf(d, 0) {
		return errors.Wrapf(ErrParameter, "%v: derivative is %v at %v, want a finite number", c, d, v)
	}
	return nil
}
