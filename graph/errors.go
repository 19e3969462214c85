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
// their cause without saying so.
type opened struct{ error }

func (o opened) Unwrap() error {
	if c, ok := o.error.(interface{ Err() error }); ok {
		return c.Err()
	}
	return errors.Unwrap(o.error)
}

func open(err error) error {
	if err == nil {
		return nil
	}
	return opened{err}
}
