// Package surrogates is what the programs' flags for surrogates mean.
package surrogates

import (
	"strings"

	"github.com/pkg/errors"

	"github.com/egru/egru/ops/surrogate"
)

// The flags. Dampening and support are those of the triangle.
const (
	Flag          = "surrogate"
	FlagDampening = "dampening"
	FlagSupport   = "support"
)

const triangle = "triangle"

// Usage of the flag -surrogate.
func Usage() string {
	return "derivative of the event in the backward pass: triangle, the default, of -dampening and -support; or another with its parameters, as 'arctan(slope=2)' or 'cut(tanh, within=1)': " +
		strings.Join(surrogate.Names(), ", ")
}

// Chosen is the surrogate of a text as surrogate.Parse reads it. Without a text,
// and by the mere name of the triangle, it is the triangle given, of -dampening
// and -support. Any other text has all its parameters in itself: one of those two
// among the flags given, which are names without the dash, is an error.
func Chosen(text string, of surrogate.Triangle, given map[string]bool) (surrogate.Surrogate, error) {
	switch strings.TrimSpace(text) {
	case "", triangle:
		return of, of.Validate()
	}
	s, err := surrogate.Parse(text)
	if err != nil {
		return nil, errors.Wrap(err, "-"+Flag)
	}
	for _, f := range []string{FlagDampening, FlagSupport} {
		if given[f] {
			return nil, errors.Errorf("-%s is given beside the surrogate %v: it is for -%s %s alone, others have their parameters in brackets", f, s, Flag, triangle)
		}
	}
	return s, nil
}

// All are the surrogates of every name with their default parameters.
func All() ([]surrogate.Surrogate, error) {
	var all []surrogate.Surrogate
	for _, name := range surrogate.Names() {
		s, err := surrogate.Named(name)
		if err != nil {
			return nil, err
		}
		all = append(all, s)
	}
	return all, nil
}
