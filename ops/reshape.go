package ops

import (
	"fmt"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/egru/egru/internal/kernel"
)

var _ operation[float32] = reshape[float32]{}

// Reshape copies x into another shape of as many numbers, in row-major order.
//
// It stands in for gorgonia.Reshape (v0.9.18), whose output shares the memory of
// its input: an op that works in place on one of the two changes the other, and
// values and gradients are wrong without an error.
//
// A nil node gives ErrNode; a dtype other than float32 or float64 ErrDtype; an
// empty axis, or a shape of another size, ErrShape.
func Reshape(x *G.Node, shape tensor.Shape) (*G.Node, error) {
	shape = shape.Clone()
	return apply(reshape[float32]{shape}, reshape[float64]{shape}, x)
}

type reshape[F kernel.Float] struct {
	to tensor.Shape
}

func (r reshape[F]) String() string { return fmt.Sprintf("Reshape(%v)", r.to) }

func (reshape[F]) operands() []operand { return []operand{{name: "x", rank: anyRank}} }

func (r reshape[F]) shape(in []tensor.Shape) (tensor.Shape, error) {
	size := 1
	for _, n := range r.to {
		if n <= 0 {
			return nil, errors.Wrapf(ErrShape, "shape is %v, with an empty axis", r.to)
		}
		size *= n
	}
	if have := in[0].TotalSize(); size != have {
		return nil, errors.Wrapf(ErrShape, "x has shape %v of %d numbers, want %d for %v", in[0], have, size, r.to)
	}
	return r.to.Clone(), nil
}

func (reshape[F]) forward(in []array[F], out []F) error {
	copy(out, in[0].floats)
	return nil
}

func (reshape[F]) backward(_ []array[F], _, grad []F, into [][]F) error {
	kernel.Axpy(1, grad, into[0])
	return nil
}
