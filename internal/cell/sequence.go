package cell

import "github.com/egru/egru/internal/kernel"

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
