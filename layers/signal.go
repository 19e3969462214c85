package layers

import (
	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/egru/egru/ops"
)

// Signal is what passes from layer to layer: a sequence, and what is known of
// where a gradient towards it is of use.
type Signal struct {
	X *G.Node // (T, B, I)

	// Live makes the node (T, B, I) that is nonzero where a gradient of X can
	// pass on. Elsewhere it would be multiplied by zero, and is not computed.
	// Nil for everywhere. It is made only where it is used: gorgonia's
	// LispMachine refuses outputs that nothing uses.
	Live func() (*G.Node, error)

	// Fixed says that X needs no gradient at all, as data does not.
	Fixed bool

	// Train is set by LanguageModel.Run in training, and lets LanguageModel.Loss keep
	// logits for the backward pass. Signals of other layers leave it false.
	Train bool
}

// State is the state of a recurrent layer between two windows.
type State struct {
	H *G.Node // (B, H) h; for the variant Paper c
	Y *G.Node // (B, H) the output; nil for GRU, whose output is its h
}

// Run says how a layer is to run in a graph.
type Run struct {
	// Train turns on what is done in training only, such as dropout.
	Train bool

	// Key (2) of tensor.Int, the seed and the number of the run, makes the
	// random masks of a run. Let a new number before each. Needed in training
	// by layers that draw masks.
	Key *G.Node

	// Lengths (B) of tensor.Int are the steps of each row. Optional.
	Lengths *G.Node

	// FixedState says that the initial state needs no gradient, as when it is
	// carried over from the window before.
	FixedState bool
}

// live makes the node of where a gradient is of use; nil for everywhere, and
// where no gradient is wanted.
func (s Signal) live() (*G.Node, error) {
	if s.Live == nil || s.Fixed {
		return nil, nil
	}
	return s.Live()
}

// through is the signal behind an op that does to where X is live what it does to X.
func (s Signal) through(op func(x *G.Node) (*G.Node, error)) (out Signal, err error) {
	out.Fixed = s.Fixed
	if out.X, err = op(s.X); err != nil {
		return Signal{}, err
	}
	if s.Live != nil {
		out.Live = func() (*G.Node, error) {
			live, err := s.Live()
			if err != nil {
				return nil, err
			}
			return op(live)
		}
	}
	return out, nil
}

// The axes of an input, before the last.
const (
	sequenceAxes = "T, B"
	anyAxes      = "..."
)

// fits wants the X of a layer with so many inputs, whose weights are of that dtype.
// An op would take X as given, and find fault with the weights.
func (s Signal) fits(axes string, inputs int, of tensor.Dtype) error {
	if s.X == nil {
		return errors.Wrap(ops.ErrNode, "X is nil")
	}
	t := s.X.Type()
	if tt, ok := t.(G.TensorType); ok {
		t = tt.Of
	}
	if t != of {
		return errors.Wrapf(ops.ErrDtype, "X has dtype %s, want %v as the weights of the layer", nameOf(t), of)
	}
	shape := s.X.Shape()
	last := len(shape) - 1
	if last < 0 || axes == sequenceAxes && last != 2 || shape[last] != inputs {
		return errors.Wrapf(ops.ErrShape, "X has shape %v, want (%s, %d)", shape, axes, inputs)
	}
	return nil
}

// Recurrent is a layer that runs over a sequence with a state.
type Recurrent interface {
	// Name is the prefix of the names of its weights.
	Name() string

	// Params are its weights, in a fixed order.
	Params() []*Param

	// Run builds the layer into the graph of in. State may be empty: zeros.
	Run(in Signal, initial State, run Run) (*Output, error)

	// StateNames names the parts of the state, in order: one or both of "h"
	// (for the variant Paper "c") and "y".
	StateNames() []string

	// Units is H.
	Units() int

	// Dtype is the element type of its weights.
	Dtype() tensor.Dtype

	// Meter counts its events and operations over all graphs and runs.
	Meter() *ops.Meter
}

// IsNil says whether there is no layer: nil, or a nil *EGRU or *GRU.
func IsNil(l Recurrent) bool {
	switch l := l.(type) {
	case nil:
		return true
	case *EGRU:
		return l == nil
	case *GRU:
		return l == nil
	}
	return false
}

// Output is what a recurrent layer makes of a sequence.
type Output struct {
	Signal
	sequence *ops.Sequence
	hasY     bool
}

// Sequence gives the parts of the op behind the layer, before any output gain.
func (o *Output) Sequence() *ops.Sequence { return o.sequence }

// Final is the state at the end of each row, to start the next window from.
// Its nodes are made at this call: gorgonia's LispMachine refuses outputs that
// nothing uses.
func (o *Output) Final() (s State, err error) {
	if o.sequence == nil {
		return s, errors.Wrap(ErrConfig, "output has no sequence op behind it")
	}
	if s.H, err = o.sequence.FinalState(); err != nil {
		return s, err
	}
	if o.hasY {
		s.Y, err = o.sequence.FinalY()
	}
	return s, err
}
