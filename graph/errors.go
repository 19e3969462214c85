package graph

import (
	"github.com/pkg/errors"
)

// The errors of this package wrap one of these sentinels, or one of the
// packages below; errors.Is finds it.
var (
	// ErrConfig is returned for a setting outside its domain.
	ErrConfig = errors.New("invalid setting")
	// ErrBuild is returned for a model that cannot be built into a graph.
	ErrBuild = errors.New("cannot build the graph")
	// ErrFeed is returned for a missing, unknown or ill-shaped input of a run.
	ErrFeed = errors.New("bad input")
	// ErrStream is returned for a stream used with another batch or model.
	ErrStream = errors.New("bad stream")
)

// opened lets errors.Is through the errors of Gorgonia's machines, which hold
// their cause without saying so, and says no more than the op that failed.
type opened struct {
	error
	says string
}

func (o opened) Error() string { return o.says }

func (o opened) Unwrap() error {
	if c, ok := o.error.(interface{ Err() error }); ok {
		return c.Err()
	}
	return errors.Unwrap(o.error)
}

// open leaves words of Gorgonia around the errors of its own ops, and of ops that
// are not of package ops: without them it may not be clear where they are from.
func open(err error) error {
	if err == nil {
		return nil
	}
	o := opened{err, err.Error()}
	var op interface {
		error
		SaidByOp()
	}
	if errors.As(o, &op) {
		o.says = op.Error()
	}
	return o
}
