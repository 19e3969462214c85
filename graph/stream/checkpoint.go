package stream

import (
	"github.com/pkg/errors"

	"github.com/egru/egru/graph/checkpoint"
	"github.com/egru/egru/layers"
)

// FromCheckpoint makes an engine of a language model whose weights are in a
// checkpoint, a file of package graph/checkpoint. Checkpoints hold weights and no
// settings: model is what the language model was made with. A Zoneout, or an
// OutputGain that is not learned, shows in no weight: there nothing tells a wrong
// one. The errors are those of checkpoint.Load, layers.NewLanguageModel and New,
// and checkpoint.ErrFit for weights of another model.
func FromCheckpoint(path string, model layers.LanguageModelConfig, c Config) (*Engine, error) {
	if err := c.Validate(); err != nil {
		return nil, errors.WithMessage(err, "stream")
	}
	snapshot, err := checkpoint.Load(path)
	if err != nil {
		return nil, errors.WithMessage(err, "stream")
	}
	m, err := layers.NewLanguageModel(model)
	if err != nil {
		return nil, errors.WithMessage(err, "stream")
	}
	if err := snapshot.RestoreWeights(m.Params()); err != nil {
		// It lists weights; which there are, and their shapes, settings decide.
		return nil, errors.WithMessagef(err, "stream: %s is of a model of other settings, such as sizes, Cell, Tied, EGRU.Variant or EGRU.LearnGain", path)
	}
	e, err := New(Of(m), c)
	return e, errors.WithMessage(err, path)
}
