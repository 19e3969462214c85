package ops

import (
	"fmt"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/egru/egru/internal/kernel"
	"github.com/egru/egru/internal/rowmajor"
	"github.com/egru/egru/ops/surrogate"
)

var _ operation[float32] = heaviside[float32]{}

// Heaviside is the step with a surrogate for its derivative:
//
//	o = Theta(x) = 1 where x > 0, else 0 (0 at x = 0)
//	dx = s(x) * do
//
// With a surrogate.Smoothed, o is its antiderivative instead.
//
// x has any shape, o the same. x and s are units of the same kind: the width of
// the surrogate is a distance in x.
//
// A nil node gives ErrNode, a dtype other than float32 or float64 ErrDtype, an
// empty axis ErrShape, an unusable surrogate ErrConfig. A NaN in x stops the
// run with ErrNaN, because the step would turn it into a 0.
func Heaviside(x *G.Node, s surrogate.Surrogate) (*G.Node, error) {
	if err := validate(s); err != nil {
		return nil, errors.Wrap(err, "Heaviside")
	}
	return apply(heaviside[float32]{s}, heaviside[float64]{s}, x)
}

type heaviside[F kernel.Float] struct {
	surrogate surrogate.Surrogate
}

func (h heaviside[F]) String() string { return fmt.Sprintf("Heaviside(%v)", h.surrogate) }

func (heaviside[F]) operands() []operand { return []operand{{name: "x", rank: anyRank}} }

func (heaviside[F]) shape(in []tensor.Shape) (tensor.Shape, error) { return in[0].Clone(), nil }

func (h heaviside[F]) forward(in []array[F], out []F) error {
	x := in[0].floats
	if err := noNaN("x", in[0]); err != nil {
		return err
	}
	kernel.Parallel(len(x), elementBlock, func(lo, hi int) {
		steps(h.surrogate, out[lo:hi], x[lo:hi])
	})
	return nil
}

func (h heaviside[F]) backward(in []array[F], _, grad []F, into [][]F) error {
	x, dx := in[0].floats, into[0]
	kernel.Parallel(len(x), elementBlock, func(lo, hi int) {
		s := make([]F, hi-lo)
		surrogate.Derivatives(h.surrogate, s, x[lo:hi])
		for i, d := range s {
			dx[lo+i] += d * grad[lo+i]
		}
	})
	return nil
}

// noNaN says where the first NaN of an operand stands.
func noNaN[F kernel.Float](name string, a array[F]) error {
	for i, x := range a.floats {
		if x != x {
			return errors.Wrapf(ErrNaN, "%s%v is NaN, of shape %v", name, rowmajor.Coordinates(a.shape, i), a.shape)
		}
	}
	return nil
}
