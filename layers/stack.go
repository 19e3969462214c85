package layers

import (
	"fmt"
	"slices"

	"github.com/pkg/errors"

	"github.com/egru/egru/ops"
)

// Stack runs recurrent layers on top of each other. Each computes its input's
// gradient only where the layer below lets one pass.
type Stack struct {
	layers  []Recurrent
	between []Dropout
}

// NewStack stacks layers, the lowest first. Each must take as many inputs as
// the one below has units; Run reports it if not. Dropout is applied between
// layers, not before the first nor after the last, with a random stream of its
// own at each place; the zero Dropout is none.
func NewStack(between Dropout, layers ...Recurrent) (*Stack, error) {
	if len(layers) == 0 {
		return nil, errors.Wrap(ErrConfig, "stack: no layers, want at least 1")
	}
	if !isProbability(between.P) {
		return nil, errors.Wrapf(ErrConfig, "stack: dropout is %v, want it in [0, 1)", between.P)
	}
	s := &Stack{layers: slices.Clone(layers)}
	for i, l := range layers {
		if IsNil(l) {
			return nil, errors.Wrapf(ErrConfig, "stack: layer %d is nil", i)
		}
		d := between
		d.Name = fmt.Sprintf("%s above %s", between.Name, l.Name())
		s.between = append(s.between, d)
	}
	if err := CheckParams(s.Params()); err != nil {
		return nil, errors.Wrap(err, "stack")
	}
	return s, nil
}

// Layers are the layers, the lowest first.
func (s *Stack) Layers() []Recurrent { return s.layers }

// Params are the weights of all layers.
func (s *Stack) Params() []*Param {
	var ps []*Param
	for _, l := range s.layers {
		ps = append(ps, l.Params()...)
	}
	return ps
}

// Meters are the meters of all layers.
func (s *Stack) Meters() []*ops.Meter {
	var ms []*ops.Meter
	for _, l := range s.layers {
		ms = append(ms, l.Meter())
	}
	return ms
}

// StackOutput is what a stack makes of a sequence: the signal of its highest
// layer and the outputs of all.
type StackOutput struct {
	Signal
	Layers []*Output
}

// Final is the state of each layer at the end of each row.
func (o *StackOutput) Final() ([]State, error) {
	states := make([]State, len(o.Layers))
	var err error
	for i, l := range o.Layers {
		if states[i], err = l.Final(); err != nil {
			return nil, err
		}
	}
	return states, nil
}

// Run runs the stack from a state for each layer; nil for zeros.
func (s *Stack) Run(in Signal, initial []State, run Run) (*StackOutput, error) {
	if initial == nil {
		initial = make([]State, len(s.layers))
	}
	if len(initial) != len(s.layers) {
		return nil, errors.Wrapf(ErrConfig, "stack: got %d initial states, want %d", len(initial), len(s.layers))
	}
	out := &StackOutput{Signal: in}
	for i, l := range s.layers {
		if i > 0 {
			var err error
			if out.Signal, err = s.between[i-1].Run(out.Signal, run); err != nil {
				return nil, err
			}
		}
		o, err := l.Run(out.Signal, initial[i], run)
		if err != nil {
			return nil, err
		}
		out.Signal = o.Signal
		out.Layers = append(out.Layers, o)
	}
	return out, nil
}
