package layers

import (
	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"

	"github.com/egru/egru/ops"
)

// WordDropout drops words at random in training, each with all its occurrences
// in a run, and scales the vectors of the others up, so that their mean stays; at
// evaluation it does nothing. It has no weights.
//
//	y = x * mask[word] / (1-P),  mask Bernoulli(1-P) for each word
type WordDropout struct {
	Name string  // of its random stream; give each dropout of a model its own
	P    float64 // probability that a word is dropped, in [0, 1)
}

// Run drops out of in, the vectors (..., I) of the words ids (...), as
// Embedding.Run makes them: (T, B, I) and (T, B). No gradient passes to the
// vector of a dropped word.
//
// Source: see ops.WordDropout.
func (d WordDropout) Run(in Signal, ids *G.Node, run Run) (Signal, error) {
	if d.P == 0 || !run.Train {
		return in, nil
	}
	if run.Key == nil {
		return in, errors.Wrapf(ErrConfig, "%s: word dropout of %v needs Run.Key in training", d.Name, d.P)
	}
	config := ops.WordDropoutConfig{P: d.P, Stream: d.Name}
	x, err := ops.WordDropout(in.X, ids, run.Key, config)
	if err != nil {
		return in, errors.Wrap(err, d.Name)
	}
	out := Signal{X: x, Fixed: in.Fixed}
	if in.Live != nil {
		// The mask is a function of key and stream: the same drawn again.
		out.Live = func() (*G.Node, error) {
			live, err := in.Live()
			if err != nil {
				return nil, err
			}
			return ops.WordDropout(live, ids, run.Key, config)
		}
	}
	return out, nil
}
