package graph

import (
	"slices"

	"github.com/pkg/errors"
	"gorgonia.org/tensor"
)

// Stream is the state of B rows of a sequence between windows. Values are
// copied into it and out of it: no graph holds on to them.
type Stream struct {
	b      int
	values map[string]*tensor.Dense
}

// NewStream starts a stream of b rows from states of zeros.
func (s *Session) NewStream(b int) *Stream {
	return &Stream{b: b, values: map[string]*tensor.Dense{}}
}

// Reset goes back to states of zeros, as at the start of another text.
func (s *Stream) Reset() { clear(s.values) }

// Batch is B.
func (s *Stream) Batch() int { return s.b }

// States are copies of the states by name; empty before the first window.
func (s *Stream) States() map[string]*tensor.Dense {
	m := map[string]*tensor.Dense{}
	for name, v := range s.values {
		m[name] = copied(v)
	}
	return m
}

// SetStates continues from states that another stream of the model gave.
func (s *Stream) SetStates(states map[string]*tensor.Dense) error {
	for name, v := range states {
		if v == nil || v.Dims() == 0 || v.Shape()[0] != s.b {
			return errors.Wrapf(ErrStream, "state %s does not have %d rows", name, s.b)
		}
	}
	clear(s.values)
	for name, v := range states {
		s.values[name] = copied(v)
	}
	return nil
}

// starts are the tensors that a window starts from, zeros before the first.
func (s *Stream) starts(of []*carried) ([]*tensor.Dense, error) {
	starts := make([]*tensor.Dense, len(of))
	known := 0
	for i, c := range of {
		shape, dt := c.start.Shape(), c.start.Dtype()
		v := s.values[c.name]
		switch {
		case v == nil:
			v = tensor.New(tensor.WithShape(shape.Clone()...), tensor.Of(dt))
		case !slices.Equal(v.Shape(), shape) || v.Dtype() != dt:
			return nil, errors.Wrapf(ErrStream, "state %s is %v of %v, the model wants %v of %v", c.name, v.Shape(), v.Dtype(), shape, dt)
		default:
			known++
		}
		starts[i] = v
	}
	if known < len(s.values) {
		return nil, errors.Wrapf(ErrStream, "the model has %d of the stream's %d states", known, len(s.values))
	}
	return starts, nil
}

func copied(v *tensor.Dense) *tensor.Dense {
	if d := inRows(v); d != v {
		return d
	}
	return v.Clone().(*tensor.Dense)
}
