package optim

import "github.com/pkg/errors"

// The errors of this package wrap one of these sentinels; errors.Is finds it.
// After an error nothing has been changed: no parameter, no gradient, no state.
var (
	// ErrConfig is returned for a setting outside its domain, such as a
	// negative rate.
	ErrConfig = errors.New("invalid setting")
	// ErrName is returned when two parameters of one step have the same name.
	ErrName = errors.New("duplicate name")
	// ErrValue is returned for a parameter that is no float32 or float64
	// tensor or scalar stored row by row in one piece, or that has no value.
	ErrValue = errors.New("unusable value")
	// ErrGradient is returned for a gradient that is missing, does not fit its
	// parameter, or must not be written to.
	ErrGradient = errors.New("unusable gradient")
	// ErrShared is returned when two parameters, two gradients, or one of each,
	// overlap in memory.
	ErrShared = errors.New("shared memory")
	// ErrChanged is returned when a parameter comes with another shape or dtype
	// than in the steps before.
	ErrChanged = errors.New("parameter has changed")
	// ErrNotFinite is returned by Clip for a gradient whose norm is not finite.
	ErrNotFinite = errors.New("not finite")
	// ErrState is returned by Restore for a state that does not fit.
	ErrState = errors.New("state does not fit")
)
