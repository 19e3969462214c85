package checkpoint

import (
	"fmt"

	"github.com/pkg/errors"
)

// The errors of this package wrap one of these sentinels, or an error of the file
// system that names the path; errors.Is finds it.
var (
	// ErrNone is returned where there is no checkpoint at all, as at the start
	// of a run.
	ErrNone = errors.New("no checkpoint")
	// ErrDamaged is returned for a file that is no whole checkpoint: cut short,
	// altered, or something else from the start.
	ErrDamaged = errors.New("damaged checkpoint")
	// ErrVersion is returned for a whole checkpoint in a layout that this
	// version of the package does not know.
	ErrVersion = errors.New("unknown version")
	// ErrFit is returned for a snapshot that does not fit what it is to be
	// restored into, which has not been changed. It comes with
	// optim.ErrState or graph.ErrStream where a solver or a stream refuses it.
	ErrFit = errors.New("snapshot does not fit")
	// ErrSnapshot is returned for what no snapshot or no file can hold, such as
	// NaN in the run part.
	ErrSnapshot = errors.New("unusable snapshot")
	// ErrOrder is returned by Store.Save where a later step has been saved.
	ErrOrder = errors.New("a later step has been saved")
	// ErrConfig is returned for a setting outside its domain.
	ErrConfig = errors.New("invalid setting")
)

// as puts an error under a sentinel and keeps its own.
func as(sentinel, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%w: %w", sentinel, err)
}
