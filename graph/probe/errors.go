package probe

import "github.com/pkg/errors"

// The errors of this package wrap one of these sentinels; errors.Is finds it.
var (
	// ErrCounts is returned for counts that cannot be compared, such as those
	// of other meters or from after a reset.
	ErrCounts = errors.New("counts do not fit")
	// ErrFigure is returned for data that cannot be drawn.
	ErrFigure = errors.New("cannot draw the figure")
	// ErrExtension is returned for a file that is to be neither .svg nor .png.
	ErrExtension = errors.New("unknown extension")
)
