package layers

import (
	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"

	"github.com/egru/egru/ops"
)

// Dropout zeroes numbers at random in training and scales the others up, so
// that their mean stays; at evaluation it does nothing. It has no weights.
//
//	y = x * mask / (1-P),  mask Bernoulli(1-P)
type Dropout struct {
	Name        string  // of its random stream; give each dropout of a model its own
	P           float64 // probability of a zero, in [0, 1)
	Variational bool    // one mask for all time steps
}

// Run drops out of in. Where the mask is zero no gradient passes; above a layer
// of events, whose signal says where it is live, none is computed there.
//
// Source: Gal and Ghahramani, "A Theoretically Grounded Application of Dropout
// in Recurrent Neural Networks", NeurIPS 2016, for the variational mask.
func (d Dropout) Run(in Signal, run Run) (Signal, error) {
	if d.P == 0 || !run.Train {
		return in, nil
	}
	if run.Key == nil {
		return in, errors.Wrapf(ErrConfig, "%s: dropout of %v needs Run.Key in training", d.Name, d.P)
	}
	config := ops.DropoutConfig{P: d.P, Variational: d.Variational, Stream: d.Name}
	// The mask is a function of key and stream: where in is live the same is drawn again.
	out, err := in.through(func(x *G.Node) (*G.Node, error) { return ops.Dropout(x, run.Key, config) })
	return out, errors.Wrap(err, d.Name)
}
