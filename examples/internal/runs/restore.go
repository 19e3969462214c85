package runs

import (
	"github.com/pkg/errors"

	"github.com/egru/egru/examples/lm/corpus"
	"github.com/egru/egru/graph/checkpoint"
	"github.com/egru/egru/layers"
)

// Check reports a snapshot that was trained with another vocabulary than that of a
// text, or whose weights are not as many numbers as they should be: before memory is
// taken for a model of the sizes that the file tells of.
func Check(s *checkpoint.Snapshot, hash string, text *corpus.Corpus, parameters int) error {
	if text.Vocabulary.Hash() != hash {
		return errors.Errorf("it was trained with another vocabulary than that of %s", text.Name)
	}
	has := 0
	for _, w := range s.Weights {
		has += w.Shape().TotalSize()
	}
	if has != parameters {
		return errors.Errorf("it has weights of %d numbers, the settings are of a model of %d", has, parameters)
	}
	return nil
}

// Restore makes a model with the weights of a snapshot that passes Check.
func Restore(s *checkpoint.Snapshot, hash string, text *corpus.Corpus, parameters int, model layers.LanguageModelConfig) (*layers.LanguageModel, error) {
	if err := Check(s, hash, text, parameters); err != nil {
		return nil, err
	}
	m, err := layers.NewLanguageModel(model)
	if err != nil {
		return nil, err
	}
	return m, s.RestoreWeights(m.Params())
}
