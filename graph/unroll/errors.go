package unroll

import "github.com/pkg/errors"

// The errors of this package wrap one of these sentinels, or what a step
// returned; errors.Is finds it.
var (
	// ErrInput is returned for a sequence, a state or a step that cannot be
	// unrolled.
	ErrInput = errors.New("unusable input")
	// ErrStep is returned for a step whose results do not fit the others.
	ErrStep = errors.New("bad step")
)
