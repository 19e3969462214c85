package ops

import (
	"fmt"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/egru/egru/internal/kernel"
)

var _ operation[float32] = timeSlice[float32]{}

// TimeSlice copies one step out of a sequence:
//
//	out = x[t]
//
// x is (T, ...), out has the axes behind T. It stands in for gorgonia.Slice
// (v0.9.18), which takes steps 256 apart for the same node.
//
// The gradient of every slice is as large as x. To take all T steps costs T
// times the memory of x, so use a whole-sequence op such as EGRU where there is
// one.
//
// A nil node gives ErrNode; a dtype other than float32 or float64 ErrDtype; a
// scalar, or an empty axis, ErrShape; t outside [0, T) ErrIndex.
func TimeSlice(x *G.Node, t int) (*G.Node, error) {
	return apply(timeSlice[float32]{t}, timeSlice[float64]{t}, x)
}

type timeSlice[F kernel.Float] struct{ t int }

func (s timeSlice[F]) String() string { return fmt.Sprintf("TimeSlice(%d)", s.t) }

func (timeSlice[F]) operands() []operand { return []operand{{name: "x", rank: anyRank}} }

func (s timeSlice[F]) shape(in []tensor.Shape) (tensor.Shape, error) {
	x := in[0]
	if len(x) == 0 {
		return nil, errors.Wrapf(ErrShape, "x has shape %v, want (T, ...)", x)
	}
	if s.t < 0 || s.t >= x[0] {
		return nil, errors.Wrapf(ErrIndex, "t is %d, want 0 to %d for x %v", s.t, x[0]-1, x)
	}
	return x[1:].Clone(), nil
}

func (s timeSlice[F]) forward(in []array[F], out []F) error {
	copy(out, in[0].floats[s.t*len(out):])
	return nil
}

func (s timeSlice[F]) backward(_ []array[F], _, grad []F, into [][]F) error {
	kernel.Axpy(1, grad, into[0][s.t*len(grad):][:len(grad)])
	return nil
}
