package probe

import "github.com/pkg/errors"

// The errors of this package wrap one of these sentinels; errors.Is finds it.
var (
	// ErrCounts is returned for counts that cannot be compared, such as those
	// of other meters or from after a reset.
	ErrCounts = errors.New("counts do not fit")
	// ErrRecord is returned for settings that nothing can be recorded by, and
	// where too little was recorded.
	ErrRecord = errors.New("cannot record")
	// ErrFigure is returned for data that cannot be drawn.
	ErrFigure = errors.New("cannot draw the figure")
	// ErrPage is returned for a page that would lack something.
	ErrPage = errors.New("cannot make the page")
	// ErrExtension is returned for a file whose name says that it is to be of
	// another kind than what is written: a figure is .svg or .png, a page .html.
	ErrExtension = errors.New("unknown extension")
)
