package cell

import (
	"github.com/pkg/errors"

	"github.com/egru/egru/internal/kernel"
)

// Shape holds the sizes of a sequence.
type Shape struct {
	T, B, I, H int
}

func (s Shape) rows() int  { return s.T * s.B }
func (s Shape) units() int { return s.T * s.B * s.H }
func (s Shape) state() int { return s.B * s.H }

// Inputs are what a cell reads. Optional ones may be nil.
type Inputs[F kernel.Float] struct {
	X  []F // (T, B, I); zeros cost nothing
	W  []F // (I, 3H)
	R  []F // (H, 3H)
	Bx []F // (3H); the only bias of Paper
	Br []F // (3H); nil for Paper

	Thr []F // (H) thresholds; nil for GRU

	State []F // (B, H) initial h, for Paper c; nil for zeros
	Y     []F // (B, H) initial y; nil for zeros, and for GRU, whose y is its h

	// Zoneout (T, B, H) mixes the new state with the old, c = m*c + (1-m)*h',
	// with c' for Paper: 1 takes the new, 0 keeps the old, and at evaluation
	// every m is the probability to take the new. Optional.
	Zoneout []F

	// DropConnect (H, 3H) multiplies R element by element. Optional.
	DropConnect []F

	// Lengths (B) are the numbers of steps of each row, from 0 to T. Past its
	// end a row's state stays as it is, its outputs are 0 and what X holds is
	// not read. Optional: every row has T steps.
	Lengths []int

	// LiveX (T, B, I) is nonzero where the gradient of X is wanted; it stays
	// untouched elsewhere. Optional: everywhere.
	LiveX []F
}

// Outputs are what Forward writes, all of it, and Backward reads back.
type Outputs[F kernel.Float] struct {
	Y      []F // (T, B, H)
	State  []F // (T, B, H) h after the reset, for Paper c; nil for GRU: its Y, or FinalState past a row's end
	Events []F // (T, B, H) o; nil for GRU

	FinalState []F // (B, H) at each row's end
	FinalY     []F // (B, H); nil for GRU

	Gates     []F // (T, B, 3H) the three blocks after their nonlinearities
	Recurrent []F // (T, B, H) y' Rg + brg of the candidate; nil for Paper
}

// OutputGrads are the gradients that come into the outputs; nil for none.
type OutputGrads[F kernel.Float] struct {
	Y, State, Events   []F // (T, B, H)
	FinalState, FinalY []F // (B, H)
}

// Grads take the gradients of the inputs of the same names. Backward adds to
// them. A nil one is not computed.
type Grads[F kernel.Float] struct {
	X, W, R, Bx, Br, Thr, State, Y []F

	Trace *Trace[F] // takes what the way back met; nil for none
}

// Counts is the work done. Rows past their end do not count.
type Counts struct {
	Units  int64 // outputs computed
	Events int64 // outputs that are not zero
	Live   int64 // outputs that a gradient could pass

	ForwardMACs, BackwardMACs           int64 // multiply-accumulates done
	DenseForwardMACs, DenseBackwardMACs int64 // what dense products would do

	BackwardUnits int64 // outputs the backward pass went through
}

// check wants every slice to have the length its shape says.
func (c *Cell[F]) check(in *Inputs[F]) error {
	if c.T <= 0 || c.B <= 0 || c.I <= 0 || c.H <= 0 {
		return errors.Errorf("sequence of T=%d B=%d I=%d H=%d has an empty axis", c.T, c.B, c.I, c.H)
	}
	gru, paper := c.Kind == GRU, c.Kind == Paper
	for _, a := range []struct {
		name           string
		have           []F
		want           int
		optional, none bool
	}{
		{"X", in.X, c.rows() * c.I, false, false},
		{"W", in.W, c.I * 3 * c.H, false, false},
		{"R", in.R, c.H * 3 * c.H, false, false},
		{"Bx", in.Bx, 3 * c.H, false, false},
		{"Br", in.Br, 3 * c.H, false, paper},
		{"Thr", in.Thr, c.H, false, gru},
		{"State", in.State, c.state(), true, false},
		{"Y", in.Y, c.state(), true, gru},
		{"Zoneout", in.Zoneout, c.units(), true, false},
		{"DropConnect", in.DropConnect, c.H * 3 * c.H, true, false},
		{"LiveX", in.LiveX, c.rows() * c.I, true, false},
	} {
		switch {
		case a.have == nil && (a.optional || a.none):
		case a.none:
			return errors.Errorf("%v has no %s", c.Kind, a.name)
		case len(a.have) != a.want:
			return errors.Errorf("%s has %d numbers, want %d for T=%d B=%d I=%d H=%d", a.name, len(a.have), a.want, c.T, c.B, c.I, c.H)
		}
	}
	if in.Lengths != nil && len(in.Lengths) != c.B {
		return errors.Errorf("there are %d lengths, want %d, one a row", len(in.Lengths), c.B)
	}
	for b, n := range in.Lengths {
		if n < 0 || n > c.T {
			return errors.Wrapf(ErrLength, "row %d has length %d, want 0..%d", b, n, c.T)
		}
	}
	if !gru && c.Surrogate == nil {
		return errors.Errorf("%v needs a surrogate", c.Kind)
	}
	return nil
}

// length is the number of steps of row b.
func (in *Inputs[F]) length(b, T int) int {
	if in.Lengths == nil {
		return T
	}
	return in.Lengths[b]
}

// steps is the number of (t, b) that are not padding.
func (c *Cell[F]) steps(in *Inputs[F]) int64 {
	var n int64
	for b := range c.B {
		n += int64(in.length(b, c.T))
	}
	return n
}
