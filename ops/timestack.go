package ops

import (
	"fmt"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/egru/egru/internal/kernel"
)

var _ operation[float32] = timeStack[float32]{}

// TimeStack makes a sequence of its steps, as TimeSlice takes them out:
//
//	out[t] = steps[t]
//	dsteps[t] = dout[t]
//
// All T steps have one shape, out is (T, ...) of it. The same node may stand
// at several steps. The gradients of all steps cost the memory of out once.
//
// No steps, a nil node, or nodes of different graphs give ErrNode; shapes that
// differ, or an empty axis, ErrShape; dtypes that differ, or are not float32 or
// float64, ErrDtype.
func TimeStack(steps ...*G.Node) (*G.Node, error) {
	if len(steps) == 0 {
		return nil, errors.Wrap(ErrNode, "TimeStack: got no steps, want at least 1")
	}
	return apply(timeStack[float32]{len(steps)}, timeStack[float64]{len(steps)}, steps...)
}

type timeStack[F kernel.Float] struct{ T int }

func (s timeStack[F]) String() string { return fmt.Sprintf("TimeStack(%d)", s.T) }

func (s timeStack[F]) operands() []operand {
	ops := make([]operand, s.T)
	for t := range ops {
		ops[t] = operand{name: fmt.Sprintf("step %d", t), rank: anyRank}
	}
	return ops
}

func (s timeStack[F]) shape(in []tensor.Shape) (tensor.Shape, error) {
	for t, step := range in {
		if !sameShape(step, in[0]) {
			return nil, errors.Wrapf(ErrShape, "step %d has shape %v, want %v as step 0", t, step, in[0])
		}
	}
	return append(tensor.Shape{s.T}, in[0]...), nil
}

func (s timeStack[F]) forward(in []array[F], out []F) error {
	n := len(out) / s.T
	for t, step := range in {
		copy(out[t*n:], step.floats)
	}
	return nil
}

func (s timeStack[F]) backward(_ []array[F], _, grad []F, into [][]F) error {
	n := len(grad) / s.T
	for t := range into {
		kernel.Axpy(1, grad[t*n:][:n], into[t])
	}
	return nil
}
