package graph

import (
	"slices"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/egru/egru/layers"
)

// Model is what a Session can run. It describes itself into a Window, once for
// each number of steps, batch and mode that turns up.
type Model interface {
	// Params are all weights.
	Params() []*layers.Param
	// Build declares the inputs and states of a window, and from them its
	// loss, its next states and its outputs.
	Build(w *Window) error
}

// Window is one graph of a model, for T steps of B rows, while it is built.
type Window struct {
	T, B int
	Run  layers.Run // hand it to the layers

	graph   *G.ExprGraph
	inputs  map[string]*G.Node
	states  []*carried
	loss    *G.Node
	penalty *G.Node // nil without one
	outputs map[string]*G.Node
	err     error
}

// carried is a state that goes from the end of a window to the start of the
// next.
type carried struct {
	name       string
	start, end *G.Node
}

// Graph is the graph under construction.
func (w *Window) Graph() *G.ExprGraph { return w.graph }

// Input declares a tensor that every run is fed.
func (w *Window) Input(name string, of tensor.Dtype, shape ...int) *G.Node {
	if w.inputs[name] != nil {
		w.fail(errors.Wrapf(ErrBuild, "input %s is declared twice", name))
	}
	n := G.NewTensor(w.graph, of, len(shape), G.WithShape(shape...), G.WithName("input "+name))
	w.inputs[name] = n
	return n
}

// State declares a tensor that a stream holds: zeros at its start, and then
// what Carry said at the end of the window before.
func (w *Window) State(name string, of tensor.Dtype, shape ...int) *G.Node {
	for _, s := range w.states {
		if s.name == name {
			w.fail(errors.Wrapf(ErrBuild, "state %s is declared twice", name))
		}
	}
	n := G.NewTensor(w.graph, of, len(shape), G.WithShape(shape...), G.WithName("state "+name))
	w.states = append(w.states, &carried{name: name, start: n})
	return n
}

// Carry says what a declared state is at the end of the window.
func (w *Window) Carry(name string, end *G.Node) {
	w.own("end of state "+name, end)
	for _, s := range w.states {
		if s.name == name {
			switch {
			case end == nil:
				w.fail(errors.Wrapf(ErrBuild, "state %s ends as nil", name))
			case !slices.Equal(end.Shape(), s.start.Shape()) || end.Dtype() != s.start.Dtype():
				w.fail(errors.Wrapf(ErrBuild, "state %s ends as %v of %v, want %v of %v as it starts",
					name, end.Shape(), end.Dtype(), s.start.Shape(), s.start.Dtype()))
			}
			s.end = end
			return
		}
	}
	w.fail(errors.Wrapf(ErrBuild, "state %s is carried but not declared", name))
}

// Loss says what is to be minimised and reported, a scalar.
func (w *Window) Loss(n *G.Node) {
	w.own("loss", n)
	w.loss = n
}

// Penalty adds a scalar to what training minimises, without being part of the
// loss that is reported: a regulariser. Several add up. It is not needed in
// evaluation.
func (w *Window) Penalty(n *G.Node) {
	w.own("a penalty", n)
	switch {
	case n == nil:
		w.fail(errors.Wrap(ErrBuild, "a penalty is nil"))
	case !n.IsScalar():
		w.fail(errors.Wrapf(ErrBuild, "a penalty has shape %v, want a scalar", n.Shape()))
	case w.penalty == nil:
		w.penalty = n
	default:
		sum, err := G.Add(w.penalty, n)
		if err != nil {
			w.fail(errors.Wrapf(ErrBuild, "sum of penalties: %v", err))
			return
		}
		w.penalty = sum
	}
}

// objective is what training minimises.
func (w *Window) objective() (*G.Node, error) {
	if w.penalty == nil {
		return w.loss, nil
	}
	n, err := G.Add(w.loss, w.penalty)
	if err != nil {
		return nil, errors.Wrapf(ErrBuild, "sum of loss and penalty: %v", err)
	}
	return n, nil
}

// own reports a node of another graph, which no run would compute.
func (w *Window) own(what string, n *G.Node) {
	if n != nil && n.Graph() != w.graph {
		w.fail(errors.Wrapf(ErrBuild, "%s belongs to another graph", what))
	}
}

// Output lets a node's value be read after each run.
func (w *Window) Output(name string, n *G.Node) {
	w.own("output "+name, n)
	if n == nil || w.outputs[name] != nil {
		w.fail(errors.Wrapf(ErrBuild, "output %s is nil or declared twice", name))
	}
	w.outputs[name] = n
}

// fail keeps the first error for the session to report.
func (w *Window) fail(err error) {
	if w.err == nil {
		w.err = err
	}
}

func (w *Window) complete() error {
	switch {
	case w.err != nil:
		return w.err
	case w.loss == nil:
		return errors.Wrap(ErrBuild, "the model declared no loss")
	case !w.loss.IsScalar():
		return errors.Wrapf(ErrBuild, "the loss has shape %v, want a scalar", w.loss.Shape())
	}
	for _, s := range w.states {
		if s.end == nil {
			return errors.Wrapf(ErrBuild, "state %s is declared but not carried", s.name)
		}
	}
	return nil
}
