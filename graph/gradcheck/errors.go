package gradcheck

import "github.com/pkg/errors"

// The errors of this package wrap one of these sentinels, or what the session
// returned; errors.Is finds it.
var (
	// ErrConfig is returned for a setting outside its domain, and for a model
	// that cannot be checked.
	ErrConfig = errors.New("invalid setting")
	// ErrGradient is returned for gradients that are not derivatives.
	ErrGradient = errors.New("wrong gradient")
)
