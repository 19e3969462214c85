package ops

import (
	"fmt"

	"gorgonia.org/tensor"

	"github.com/egru/egru/internal/kernel"
)

var _ operation[float32] = pick[float32]{}

// pick copies one part out of a flat vector:
//
//	out = flat[off : off+len(out)] in the shape of
//
// It copies because Gorgonia overwrites values in place: a view handed on
// would let it overwrite the vector.
type pick[F kernel.Float] struct {
	off int
	of  tensor.Shape
}

func (p pick[F]) String() string      { return fmt.Sprintf("pick{%d %v}", p.off, p.of) }
func (p pick[F]) operands() []operand { return []operand{{name: "flat", rank: 1}} }

func (p pick[F]) shape(in []tensor.Shape) (tensor.Shape, error) { return p.of.Clone(), nil }

func (p pick[F]) forward(in []array[F], out []F) error {
	copy(out, in[0].floats[p.off:])
	return nil
}

func (p pick[F]) backward(_ []array[F], _, grad []F, into [][]F) error {
	kernel.Axpy(1, grad, into[0][p.off:p.off+len(grad)])
	return nil
}
