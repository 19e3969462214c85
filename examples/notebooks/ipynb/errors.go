package ipynb

import "github.com/pkg/errors"

// The errors of this package wrap one of these sentinels; errors.Is finds it.
var (
	// ErrFormat is returned for a file that is no notebook of nbformat 4.5.
	ErrFormat = errors.New("not a notebook of nbformat 4.5")
	// ErrKernel is returned for a notebook of another kernel than gophernotes.
	ErrKernel = errors.New("not a notebook for gophernotes")
	// ErrTooLarge is returned for a file beyond the limits.
	ErrTooLarge = errors.New("notebook is too large")
)
