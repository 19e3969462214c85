package prune

import "github.com/pkg/errors"

// The errors of this package wrap one of these sentinels, or one of the packages
// below; errors.Is finds it.
var (
	// ErrUnits is returned for units that a layer does not have, or that are not
	// in rising order, or none at all, and for counts that are not of a model's
	// layers.
	ErrUnits = errors.New("unusable units")
	// ErrModel is returned for a model or layer without events, or a nil one.
	ErrModel = errors.New("nothing to prune")
	// ErrOutput is returned for outputs that no events can be counted in.
	ErrOutput = errors.New("unusable output")
)
