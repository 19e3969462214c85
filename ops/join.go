package ops

import (
	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/egru/egru/internal/kernel"
)

var _ operation[float32] = join[float32]{}

// Join puts the features of two nodes side by side:
//
//	out[..., :Ha] = a[..., :],  out[..., Ha:] = b[..., :]
//
// a is (..., Ha) and b (..., Hb), alike in all axes but the last.
//
// Nil nodes, or nodes of different graphs, give ErrNode; other shapes or an
// empty axis ErrShape; dtypes that differ, or are not float32 or float64,
// ErrDtype.
func Join(a, b *G.Node) (*G.Node, error) { return apply(join[float32]{}, join[float64]{}, a, b) }

type join[F kernel.Float] struct{}

func (join[F]) String() string { return "Join" }

func (join[F]) operands() []operand {
	return []operand{{name: "a", rank: anyRank}, {name: "b", rank: anyRank}}
}

func (join[F]) shape(in []tensor.Shape) (tensor.Shape, error) {
	a, b := in[0], in[1]
	if last := len(a) - 1; last < 0 || len(b) != len(a) || !sameShape(a[:last], b[:last]) {
		return nil, errors.Wrapf(ErrShape, "a has shape %v and b %v, want them alike in all axes but the last", a, b)
	}
	out := a.Clone()
	out[len(out)-1] += b[len(b)-1]
	return out, nil
}

func (join[F]) forward(in []array[F], out []F) error {
	parts(in, func(x array[F], side, n, at, total int) { copy(out[at:at+n], x.floats[at/total*n:]) })
	return nil
}

func (join[F]) backward(in []array[F], _, grad []F, into [][]F) error {
	parts(in, func(x array[F], side, n, at, total int) {
		kernel.Axpy(1, grad[at:at+n], into[side][at/total*n:][:n])
	})
	return nil
}

// parts calls f for each row of each input with the row's length n, its place
// at in the joined numbers, and the length total of a joined row.
func parts[F kernel.Float](in []array[F], f func(x array[F], side, n, at, total int)) {
	width := func(i int) int { return in[i].shape[len(in[i].shape)-1] }
	total := width(0) + width(1)
	rows := len(in[0].floats) / width(0)
	kernel.Parallel(rows, max(1, elementBlock/total), func(lo, hi int) {
		for i := lo; i < hi; i++ {
			f(in[0], 0, width(0), i*total, total)
			f(in[1], 1, width(1), i*total+width(0), total)
		}
	})
}
