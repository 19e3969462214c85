package ops

import (
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/egru/egru/internal/kernel"
)

var _ operation[float32] = addBias[float32]{}

// AddBias adds a number of its own to every feature:
//
//	out[..., j] = x[..., j] + bias[j]
//
// x is (..., H) and bias (H).
//
// Nil nodes, or nodes of different graphs, give ErrNode; other shapes or an
// empty axis ErrShape; dtypes that differ, or are not float32 or float64,
// ErrDtype.
func AddBias(x, bias *G.Node) (*G.Node, error) {
	return apply(addBias[float32]{}, addBias[float64]{}, x, bias)
}

type addBias[F kernel.Float] struct{}

func (addBias[F]) String() string { return "AddBias" }

func (addBias[F]) operands() []operand {
	return []operand{{name: "x", rank: anyRank}, {name: "bias", rank: 1}}
}

func (addBias[F]) shape(in []tensor.Shape) (tensor.Shape, error) {
	return featureShape("bias", in[0], in[1])
}

func (addBias[F]) forward(in []array[F], out []F) error {
	x, bias := in[0].floats, in[1].floats
	eachRow(len(x), len(bias), func(lo, hi int) {
		row := out[lo:hi]
		for j, b := range bias {
			row[j] = x[lo+j] + b
		}
	})
	return nil
}

func (addBias[F]) backward(in []array[F], _, grad []F, into [][]F) error {
	n := len(in[1].floats)
	eachRow(len(grad), n, func(lo, hi int) { kernel.Axpy(1, grad[lo:hi], into[0][lo:hi]) })
	kernel.ColumnSums(into[1], kernel.NewMat(grad, len(grad)/n, n))
	return nil
}
