package unroll

import (
	"maps"
	"slices"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/egru/egru/graph"
)

// State is what a cell hands on from step to step, by name.
type State map[string]*G.Node

func (s State) names() []string { return slices.Sorted(maps.Keys(s)) }

// Sizes are the numbers of units of the states of a cell, by name.
type Sizes map[string]int

func (s Sizes) names() []string { return slices.Sorted(maps.Keys(s)) }

// Zeros are states (B, size) of zeros for a sequence x (T, B, ...), inputs of its
// graph named "cell.state". Give every cell of a graph a name of its own.
//
// A nil x, fewer than two axes, a dtype other than float32 and float64 or a size
// below 1 give ErrInput.
func Zeros(cell string, x *G.Node, sizes Sizes) (State, error) {
	if err := checkSequence(x); err != nil {
		return nil, err
	}
	s := State{}
	for _, name := range sizes.names() {
		if sizes[name] < 1 {
			return nil, errors.Wrapf(ErrInput, "state %s of %s has %d units, want at least 1", name, cell, sizes[name])
		}
		shape := tensor.Shape{x.Shape()[1], sizes[name]}
		zeros := tensor.New(tensor.WithShape(shape...), tensor.Of(x.Dtype()))
		s[name] = G.NewTensor(x.Graph(), x.Dtype(), 2, G.WithShape(shape...), G.WithName(cell+"."+name), G.WithValue(zeros))
	}
	return s, nil
}

// States declares states (B, size) of a window, named "cell.state": zeros at the
// start of a stream, and then what Carry said at the end of the window before.
func States(w *graph.Window, cell string, of tensor.Dtype, sizes Sizes) State {
	s := State{}
	for _, name := range sizes.names() {
		s[name] = w.State(cell+"."+name, of, w.B, sizes[name])
	}
	return s
}

// Carry hands the states that States declared on to the next window.
func Carry(w *graph.Window, cell string, final State) {
	for _, name := range final.names() {
		w.Carry(cell+"."+name, final[name])
	}
}
