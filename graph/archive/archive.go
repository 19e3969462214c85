package archive

import (
	"github.com/pkg/errors"
	"gorgonia.org/tensor"
)

var (
	// ErrFormat is returned for a file that is not what it is read as:
	// truncated, corrupt, or with contents that this package does not take.
	ErrFormat = errors.New("malformed archive")
	// ErrDtype is returned for a tensor of an element type that a format
	// cannot hold.
	ErrDtype = errors.New("unsupported element type")
)

// Archive is what a file of tensors holds. Tensors are contiguous, row-major,
// of float32, float64, int64, int32, uint8 or bool; half precision is widened to
// float32 when read.
type Archive struct {
	Tensors map[string]*tensor.Dense

	// Metadata is text beside the tensors, which of these formats only
	// safetensors holds. Nil where there is none.
	Metadata map[string]string
}
