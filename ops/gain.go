package ops

import (
	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/egru/egru/internal/kernel"
)

var _ operation[float32] = gain[float32]{}

// Gain multiplies every feature by a number of its own:
//
//	out[..., j] = x[..., j] * gain[j]
//
// x is (..., H) and gain (H). Zeros stay zeros, so events stay events.
//
// Nil nodes, or nodes of different graphs, give ErrNode; other shapes or an
// empty axis ErrShape; dtypes that differ, or are not float32 or float64,
// ErrDtype.
func Gain(x, by *G.Node) (*G.Node, error) {
	return apply(gain[float32]{}, gain[float64]{}, x, by)
}

type gain[F kernel.Float] struct{}

func (gain[F]) String() string { return "Gain" }

func (gain[F]) operands() []operand {
	return []operand{{name: "x", rank: anyRank}, {name: "gain", rank: 1}}
}

func (gain[F]) shape(in []tensor.Shape) (tensor.Shape, error) {
	return featureShape("gain", in[0], in[1])
}

// featureShape checks a vector with a number for each feature of x (..., H).
func featureShape(name string, x, v tensor.Shape) (tensor.Shape, error) {
	if len(x) == 0 || x[len(x)-1] != v[0] {
		return nil, errors.Wrapf(ErrShape, "%s has shape %v, want one number for each feature of x %v", name, v, x)
	}
	return x.Clone(), nil
}

func (gain[F]) forward(in []array[F], out []F) error {
	x, by := in[0].floats, in[1].floats
	eachRow(len(x), len(by), func(lo, hi int) {
		kernel.AddProduct(out[lo:hi], x[lo:hi], by) // out is zero
	})
	return nil
}

func (gain[F]) backward(in []array[F], _, grad []F, into [][]F) error {
	x, by := in[0].floats, in[1].floats
	dx, dgain := into[0], into[1]
	eachRow(len(x), len(by), func(lo, hi int) {
		kernel.AddProduct(dx[lo:hi], grad[lo:hi], by)
	})
	kernel.Parallel(len(by), featureBlock, func(lo, hi int) {
		for at := 0; at < len(x); at += len(by) {
			kernel.AddProduct(dgain[lo:hi], x[at+lo:at+hi], grad[at+lo:at+hi])
		}
	})
	return nil
}

// Elementwise work is handed out in blocks of about this many numbers, and
// sums over rows in blocks of this many columns, so that each is summed in one
// order.
const (
	elementBlock = 1 << 14
	featureBlock = 64
)

// eachRow calls f with the bounds of each row of n numbers in parallel.
func eachRow(total, n int, f func(lo, hi int)) {
	kernel.Parallel(total/n, max(1, elementBlock/n), func(lo, hi int) {
		for i := lo; i < hi; i++ {
			f(i*n, (i+1)*n)
		}
	})
}
