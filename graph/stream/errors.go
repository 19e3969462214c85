package stream

import (
	"fmt"
	"strings"

	"github.com/pkg/errors"
)

// The errors of this package wrap one of these sentinels; errors.Is finds it.
var (
	// ErrConfig is returned for a setting outside its domain.
	ErrConfig = errors.New("invalid setting")
	// ErrModel is returned for a model that no engine can be made of.
	ErrModel = errors.New("unusable model")
	// ErrInput is returned for an input of a step that the model does not take.
	ErrInput = errors.New("bad input")
	// ErrNaN is returned where a step makes a state that is not a number.
	ErrNaN = errors.New("state is not a number")
	// ErrState is returned for a state that does not belong to the engine's model,
	// or is damaged.
	ErrState = errors.New("unusable state")
)

// checks gathers what is wrong, so that one error names it all.
type checks []string

func (c *checks) want(ok bool, format string, args ...any) {
	if !ok {
		*c = append(*c, fmt.Sprintf(format, args...))
	}
}

func (c checks) err(sentinel error) error {
	if len(c) == 0 {
		return nil
	}
	return errors.Wrap(sentinel, strings.Join(c, "; "))
}
