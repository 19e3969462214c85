package ops

import (
	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/egru/egru/internal/kernel"
)

var _ operation[float32] = reverse[float32]{}

// Reverse turns each sequence round in time:
//
//	out[t, b] = x[length(b)-1-t, b]   for t < length(b),  x[t, b] past it
//
// x is (T, B, ...). lengths (B) of tensor.Int, 0..T each, may be nil: then every
// row has T steps. A length outside 0..T stops the run with ErrIndex.
//
// A nil node, or one of another graph, gives ErrNode; other shapes or an empty
// axis ErrShape; other dtypes ErrDtype.
func Reverse(x, lengths *G.Node) (*G.Node, error) {
	if lengths == nil {
		return apply(reverse[float32]{}, reverse[float64]{}, x)
	}
	return apply(reverse[float32]{true}, reverse[float64]{true}, x, lengths)
}

type reverse[F kernel.Float] struct{ lengths bool }

func (reverse[F]) String() string { return "Reverse" }

func (r reverse[F]) operands() []operand {
	ops := []operand{{name: "x", rank: anyRank}, {name: "lengths", rank: 1, index: true}}
	if !r.lengths {
		return ops[:1]
	}
	return ops
}

func (r reverse[F]) shape(in []tensor.Shape) (tensor.Shape, error) {
	x := in[0]
	if len(x) < 2 {
		return nil, errors.Wrapf(ErrShape, "x has shape %v, want (T, B, ...)", x)
	}
	if r.lengths && in[1][0] != x[1] {
		return nil, errors.Wrapf(ErrShape, "lengths has shape %v, want one number for each row of x %v", in[1], x)
	}
	return x.Clone(), nil
}

func (r reverse[F]) forward(in []array[F], out []F) error {
	return r.each(in, func(n, to, from int) { copy(out[to:to+n], in[0].floats[from:from+n]) })
}

func (r reverse[F]) backward(in []array[F], _, grad []F, into [][]F) error {
	return r.each(in, func(n, to, from int) { kernel.Axpy(1, grad[to:to+n], into[0][from:from+n]) })
}

// each calls f for each (t, b) with the places of its n numbers.
func (r reverse[F]) each(in []array[F], f func(n, to, from int)) error {
	T, B := in[0].shape[0], in[0].shape[1]
	n := len(in[0].floats) / (T * B)
	for b := range B {
		length := T
		if r.lengths {
			if length = in[1].index[b]; length < 0 || length > T {
				return errors.Wrapf(ErrIndex, "length of row %d is %d, want 0..%d", b, length, T)
			}
		}
		for t := range T {
			from := t
			if t < length {
				from = length - 1 - t
			}
			f(n, (t*B+b)*n, (from*B+b)*n)
		}
	}
	return nil
}
