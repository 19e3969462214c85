package ops

import (
	"fmt"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/egru/egru/internal/kernel"
	"github.com/egru/egru/ops/surrogate"
)

var _ operation[float32] = event[float32]{}

// Event is the graded event of a unit whose state crosses its threshold:
//
//	v = c - thr,  o = Theta(v),  y = o * c      (0 at v = 0)
//	dc   =       o*dy + s(v)*c*dy
//	dthr = -sum (s(v)*c*dy)                     over all axes of c but the last
//
// With a surrogate.Smoothed, o is its antiderivative instead.
//
// c is the states (..., H), thr the thresholds (H), y the outputs (..., H): zero
// where no event is sent. s is in units of c.
//
// Nil nodes, or nodes of different graphs, give ErrNode; other shapes or an
// empty axis ErrShape; dtypes that differ, or are not float32 or float64,
// ErrDtype; an unusable surrogate ErrConfig. A NaN in c - thr stops the run with
// ErrNaN, because the threshold would turn it into a 0.
//
// Source: Subramoney et al., "Efficient recurrent architectures through
// activity sparsity and sparse back-propagation through time", ICLR 2023.
func Event(c, thr *G.Node, s surrogate.Surrogate) (*G.Node, error) {
	if err := validate(s); err != nil {
		return nil, errors.Wrap(err, "Event")
	}
	return apply(event[float32]{s}, event[float64]{s}, c, thr)
}

type event[F kernel.Float] struct {
	surrogate surrogate.Surrogate
}

func (e event[F]) String() string { return fmt.Sprintf("Event(%v)", e.surrogate) }

func (event[F]) operands() []operand {
	return []operand{{name: "c", rank: anyRank}, {name: "thr", rank: 1}}
}

func (event[F]) shape(in []tensor.Shape) (tensor.Shape, error) {
	return overThreshold(in[0], in[1])
}

func (e event[F]) forward(in []array[F], y []F) error {
	v, err := distances(in[0], in[1])
	if err != nil {
		return err
	}
	c := in[0].floats
	kernel.Parallel(len(v), elementBlock, func(lo, hi int) {
		steps(e.surrogate, v[lo:hi], v[lo:hi])
		for i := lo; i < hi; i++ {
			if o := v[i]; o != 0 { // an infinite c without an event sends nothing
				y[i] = o * c[i]
			}
		}
	})
	return nil
}

func (e event[F]) backward(in []array[F], _, dy []F, into [][]F) error {
	v, err := distances(in[0], in[1])
	if err != nil {
		return err
	}
	c, H := in[0].floats, len(in[1].floats)
	dc, dthr := into[0], into[1]
	through := make([]F, len(v)) // -s(v)*c*dy, what comes through the step
	kernel.Parallel(len(v), elementBlock, func(lo, hi int) {
		surrogate.Derivatives(e.surrogate, through[lo:hi], v[lo:hi])
		for i := lo; i < hi; i++ {
			if s := through[i]; s != 0 { // an infinite c outside the support passes nothing
				through[i] = -s * c[i] * dy[i]
			}
			dc[i] -= through[i]
		}
		steps(e.surrogate, v[lo:hi], v[lo:hi])
		for i := lo; i < hi; i++ {
			if o := v[i]; o != 0 {
				dc[i] += o * dy[i]
			}
		}
	})
	kernel.ColumnSums(dthr, kernel.NewMat(through, len(v)/H, H))
	return nil
}

// overThreshold checks states (..., H) against thresholds (H).
func overThreshold(c, thr tensor.Shape) (tensor.Shape, error) {
	if len(c) == 0 || c[len(c)-1] != thr[0] {
		return nil, errors.Wrapf(ErrShape, "thr has shape %v, want one number for each unit of c %v", thr, c)
	}
	return c.Clone(), nil
}

// distances are v = c - thr. A NaN among them is an error.
func distances[F kernel.Float](c, thr array[F]) ([]F, error) {
	v := make([]F, len(c.floats))
	eachRow(len(v), len(thr.floats), func(lo, hi int) {
		for j, t := range thr.floats {
			v[lo+j] = c.floats[lo+j] - t
		}
	})
	return v, noNaN("c - thr", array[F]{shape: c.shape, floats: v})
}
