package surrogate

import "github.com/pkg/errors"

// The errors of this package wrap one of these sentinels; errors.Is finds it.
var (
	// ErrParameter is returned for a parameter outside its domain, and for one
	// that a surrogate does not have.
	ErrParameter = errors.New("unusable parameter")
	// ErrName is returned for a text that names no surrogate.
	ErrName = errors.New("unknown surrogate")
)
