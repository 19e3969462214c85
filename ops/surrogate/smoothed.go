package surrogate

import (
	"fmt"

	"github.com/pkg/errors"
)

var (
	_ Surrogate = Smoothed{}
	_ Slices    = Smoothed{}
)

// Smoothed tells an op to put the antiderivative of a surrogate in the place of
// the step:
//
//	o = A(v) with A' = s, in place of o = Theta(v)
//
// The derivative stays s, and is then the true one: gradients of a network made
// with it can be held against finite differences. It is for checking only.
type Smoothed struct {
	Of Surrogate
}

func (s Smoothed) String() string { return fmt.Sprintf("smoothed(%v)", s.Of) }

// Derivative is that of the surrogate.
func (s Smoothed) Derivative(v float64) float64 { return s.Of.Derivative(v) }

// Antiderivative is that of the surrogate.
func (s Smoothed) Antiderivative(v float64) float64 { return s.Of.Antiderivative(v) }

// HalfWidth is that of the surrogate.
func (s Smoothed) HalfWidth() float64 { return s.Of.HalfWidth() }

// Validate wants a surrogate that is valid, and is not smoothed already.
func (s Smoothed) Validate() error {
	switch of := s.Of.(type) {
	case nil:
		return errors.New("smoothed: surrogate is nil")
	case Smoothed:
		return errors.Errorf("smoothed: %v is smoothed already", of)
	}
	return errors.Wrap(s.Of.Validate(), "smoothed")
}

// Derivatives32 is dst[i] = Derivative(v[i]).
func (s Smoothed) Derivatives32(dst, v []float32) {
	if loops, ok := s.Of.(Slices); ok {
		loops.Derivatives32(dst, v)
		return
	}
	for i, x := range v {
		dst[i] = float32(s.Derivative(float64(x)))
	}
}

// Derivatives64 is dst[i] = Derivative(v[i]).
func (s Smoothed) Derivatives64(dst, v []float64) {
	if loops, ok := s.Of.(Slices); ok {
		loops.Derivatives64(dst, v)
		return
	}
	for i, x := range v {
		dst[i] = s.Derivative(x)
	}
}
