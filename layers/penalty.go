package layers

import (
	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"

	"github.com/egru/egru/ops"
)

// Penalty is what training adds to the loss of a run of the model, a scalar:
//
//	sum over layers of  wa * (mean(o) - ta)^2 + ws * (mean(h) - ts)^2
//
// with events o and states h (T, B, H), and weights and targets of
// ActivityPenalty and StatePenalty in the config. It is nil without any. See
// ops.MeanPenalty for its gradient.
//
// An output that is not of the model gives ErrConfig.
func (m *LanguageModel) Penalty(out *StackOutput) (*G.Node, error) {
	if out == nil || len(out.Layers) != len(m.stack.Layers()) {
		return nil, errors.Wrap(ErrConfig, "language model: the penalty is of an output that the model did not make")
	}
	var sum *G.Node
	for i, l := range m.stack.Layers() {
		activity, state := m.config.ActivityPenalty, m.config.StatePenalty
		if o := out.Layers[i]; o == nil || o.Sequence() == nil {
			return nil, errors.Wrapf(ErrConfig, "%s: the output has no sequence op behind it", l.Name())
		}
		s := out.Layers[i].Sequence()
		states := s.States
		if m.config.Cell == CellGRU {
			activity.Weight, states = 0, s.Y
		}
		for _, term := range []struct {
			of     func() (*G.Node, error)
			config ops.MeanPenaltyConfig
		}{{s.Events, activity}, {states, state}} {
			if term.config.Weight == 0 {
				continue
			}
			x, err := term.of()
			if err != nil {
				return nil, errors.Wrap(err, l.Name())
			}
			penalty, err := ops.MeanPenalty(x, term.config)
			if err != nil {
				return nil, errors.Wrap(err, l.Name())
			}
			if sum == nil {
				sum = penalty
			} else if sum, err = G.Add(sum, penalty); err != nil {
				return nil, errors.Wrap(err, l.Name())
			}
		}
	}
	return sum, nil
}
