package dot

import "github.com/pkg/errors"

// The errors of this package wrap one of these sentinels; errors.Is finds it.
var (
	// ErrDrawing is returned for what cannot be drawn.
	ErrDrawing = errors.New("cannot draw the model")
	// ErrGraphviz is returned where Graphviz's dot is not installed or fails.
	ErrGraphviz = errors.New("Graphviz made no picture")
	// ErrExtension is returned for a file that is to be neither .dot, .gv nor .svg.
	ErrExtension = errors.New("unknown extension")
)
