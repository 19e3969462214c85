package graph

import (
	"github.com/pkg/errors"
	"gorgonia.org/tensor"

	"github.com/egru/egru/layers"
)

var _ Model = LanguageModel{}

// LanguageModel lets a Session run a layers.LanguageModel. Its inputs are
// Tokens and Targets, both (T, B) of tensor.Int; its loss is the mean
// cross-entropy in nats a target, whatever else training minimises: penalties of
// the model's config are in Result.Penalty.
type LanguageModel struct {
	*layers.LanguageModel

	// Trace adds the outputs Features (T, B, H), what the decoder sees, and
	// Events of each EGRU layer (T, B, H) to evaluations.
	Trace bool
}

// Features is the output that a traced model decodes.
const Features = "features"

// Events names the output of a traced layer.
func Events(layer layers.Recurrent) string { return layer.Name() + ".events" }

// Params are all weights.
func (m LanguageModel) Params() []*layers.Param {
	if m.LanguageModel == nil {
		return nil // Build reports it
	}
	return m.LanguageModel.Params()
}

// Build is called by the session.
func (m LanguageModel) Build(w *Window) error {
	if m.LanguageModel == nil {
		return errors.Wrap(ErrBuild, "language model is nil")
	}
	tokens := w.Input(Tokens, tensor.Int, w.T, w.B)
	targets := w.Input(Targets, tensor.Int, w.T, w.B)
	out, err := m.Run(tokens, States(w, m.Stack()), w.Run)
	if err != nil {
		return err
	}
	loss, err := m.Loss(out.Signal, targets)
	if err != nil {
		return err
	}
	n, err := loss.Loss()
	if err != nil {
		return err
	}
	w.Loss(n)
	if w.Run.Train {
		penalty, err := m.Penalty(out)
		if err != nil {
			return err
		}
		if penalty != nil {
			w.Penalty(penalty)
		}
	}
	if m.Trace && !w.Run.Train {
		if err := m.trace(w, out); err != nil {
			return err
		}
	}
	return CarryStates(w, m.Stack(), out)
}

func (m LanguageModel) trace(w *Window, out *layers.StackOutput) error {
	w.Output(Features, out.X)
	for i, l := range m.Stack().Layers() {
		if len(l.StateNames()) == 1 {
			continue // a GRU sends no events
		}
		events, err := out.Layers[i].Sequence().Events()
		if err != nil {
			return err
		}
		w.Output(Events(l), events)
	}
	return nil
}

// States declares the states of a stack of layers in a window.
func States(w *Window, s *layers.Stack) []layers.State {
	states := make([]layers.State, len(s.Layers()))
	for i, l := range s.Layers() {
		names := l.StateNames()
		states[i].H = w.State(l.Name()+"."+names[0], l.Dtype(), w.B, l.Units())
		if len(names) > 1 {
			states[i].Y = w.State(l.Name()+"."+names[1], l.Dtype(), w.B, l.Units())
		}
	}
	return states
}

// CarryStates carries the states that States declared.
func CarryStates(w *Window, s *layers.Stack, out *layers.StackOutput) error {
	ends, err := out.Final()
	if err != nil {
		return err
	}
	for i, l := range s.Layers() {
		names := l.StateNames()
		w.Carry(l.Name()+"."+names[0], ends[i].H)
		if len(names) > 1 {
			w.Carry(l.Name()+"."+names[1], ends[i].Y)
		}
	}
	return nil
}
