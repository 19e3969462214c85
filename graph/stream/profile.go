package stream

import "github.com/pkg/errors"

// Profile is what the units of a model did over some steps of typical input, for
// which no labels are needed. It tells which units are silent, and which weights
// matter to Int8.
type Profile struct {
	Steps  int64
	Inputs []float64 // (I) sums of the squares of inputs; zeros where a table took their place
	Layers []LayerProfile
}

// LayerProfile is what the units of one layer did.
type LayerProfile struct {
	Events  []int64   // (H) steps at which a unit's output was not zero
	Squares []float64 // (H) sums of the squares of outputs, before any gain
}

// NewProfile is the profile of no steps.
func (e *Engine) NewProfile() *Profile {
	p := &Profile{Inputs: make([]float64, e.Inputs())}
	for _, l := range e.layers {
		p.Layers = append(p.Layers, LayerProfile{make([]int64, l.H), make([]float64, l.H)})
	}
	return p
}

// Observe adds the step that s has just taken, a stream of the engine that made the
// profile or of another of as many units. It costs what the events of the step are.
func (p *Profile) Observe(s *Stream) error {
	if s == nil {
		return errors.Wrap(ErrInput, "stream: profile of a nil stream")
	}
	if len(p.Inputs) != s.engine.Inputs() || len(p.Layers) != len(s.layers) {
		return errors.Wrapf(ErrConfig, "stream: profile of %d inputs and %d layers, want %d and %d", len(p.Inputs), len(p.Layers), s.engine.Inputs(), len(s.layers))
	}
	for i, l := range s.engine.layers {
		if len(p.Layers[i].Events) != l.H || len(p.Layers[i].Squares) != l.H {
			return errors.Wrapf(ErrConfig, "stream: profile of %d units in layer %d, want %d", len(p.Layers[i].Events), i, l.H)
		}
	}
	p.Steps++
	for i, k := range s.input.At {
		p.Inputs[k] += float64(s.input.V[i]) * float64(s.input.V[i])
	}
	for i := range s.layers {
		events, layer := s.layers[i].now.events, p.Layers[i]
		for j, k := range events.At {
			layer.Events[k]++
			layer.Squares[k] += float64(events.V[j]) * float64(events.V[j])
		}
	}
	return nil
}

// Profile runs a new stream over a text.
func (e *Engine) Profile(tokens []int) (*Profile, error) {
	p, s := e.NewProfile(), e.NewStream()
	for i, token := range tokens {
		if err := s.Feed(token); err != nil {
			return nil, errors.WithMessagef(err, "step %d", i)
		}
		if err := p.Observe(s); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// Silent are the units of each layer that sent an event at no more than a share of
// steps, in ascending order, for Config.Remove. With a share of 0, on the steps of
// the profile, a model without them has the outputs that it has with them.
func (p *Profile) Silent(share float64) [][]int {
	silent := make([][]int, len(p.Layers))
	for i, l := range p.Layers {
		for k, n := range l.Events {
			if float64(n) <= share*float64(p.Steps) {
				silent[i] = append(silent[i], k)
			}
		}
	}
	return silent
}
