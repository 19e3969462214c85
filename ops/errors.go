package ops

import "github.com/pkg/errors"

// The errors of this package wrap one of these sentinels; errors.Is finds it.
var (
	// ErrNode is returned for a nil node or for nodes of different graphs.
	ErrNode = errors.New("unusable node")
	// ErrShape is returned for inputs whose ranks or shapes do not fit, or
	// that have an empty axis.
	ErrShape = errors.New("shape mismatch")
	// ErrDtype is returned for inputs of another element type than wanted.
	ErrDtype = errors.New("dtype mismatch")
	// ErrIndex is returned for an index outside its range.
	ErrIndex = errors.New("index out of range")
	// ErrNaN is returned where a NaN would otherwise be swallowed in silence,
	// as it is by a threshold.
	ErrNaN = errors.New("not a number")
	// ErrConfig is returned for a setting outside its domain.
	ErrConfig = errors.New("invalid setting")
	// ErrSecondDerivative is returned on differentiating a gradient.
	ErrSecondDerivative = errors.New("second derivatives are not offered")
)

// failure is what an op says when a run fails. Gorgonia's machines put words of
// their own around it, which package graph takes off again.
type failure struct{ error }

// SaidByOp tells it apart in a chain of errors.
func (failure) SaidByOp() {}

func (f failure) Unwrap() error { return f.error }

func failed(err error) error {
	if err == nil {
		return nil
	}
	return failure{err}
}
