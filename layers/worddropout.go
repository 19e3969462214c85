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
	// The mask is a function of key and stream: where in is live the same is drawn again.
	out, err := in.through(func(x *G.Node) (*G.Node, error) { return ops.WordDropout(x, ids, run.Key, config) })
	return out, errors.Wrap(err, d.Name)
}
