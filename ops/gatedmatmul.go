package ops

import (
	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/egru/egru/internal/kernel"
)

// GatedMatMul is a matrix product in which the zeros on the left cost nothing:
//
//	out = y W
//	dW  = y^T dout,  dy = dout W^T
//
// y is (..., K), W (K, N), out (..., N). With activity a, the share of y that is
// not zero, out and dW cost a of the dense products; dy is dense. See
// GatedMatMulLive to spare that too. Any number of products with one W, as those
// of the steps of a recurrence, share one dW: it costs the memory of W once, and
// is summed up in the order in which the nodes of y were made.
//
// Nil nodes, or nodes of different graphs, give ErrNode; other shapes or an
// empty axis ErrShape; dtypes that differ, or are not float32 or float64,
// ErrDtype.
func GatedMatMul(y, w *G.Node) (*G.Node, error) {
	return applyToWeight(gatedMatMul[float32]{}, gatedMatMul[float64]{}, 1, y, w)
}

// GatedMatMulLive is GatedMatMul with the gradient towards y computed only where
// live is not zero, and zero elsewhere:
//
//	dy = dout W^T  where live != 0, else 0
//
// live has the shape of y, and no gradient. What comes out below y is exact as
// long as no gradient could have passed there: y is an Event, or one times a
// mask, and live the Live of the same inputs, or that times the mask. For any
// other y, GatedMatMul is right. Its errors are those of GatedMatMul.
func GatedMatMulLive(y, w, live *G.Node) (*G.Node, error) {
	return applyToWeight(gatedMatMulLive[float32]{}, gatedMatMulLive[float64]{}, 1, y, w, live)
}

type gatedMatMul[F kernel.Float] struct{}

func (gatedMatMul[F]) String() string { return "GatedMatMul" }

func (gatedMatMul[F]) operands() []operand {
	return []operand{{name: "y", rank: anyRank}, {name: "W", rank: 2}}
}

func (gatedMatMul[F]) shape(in []tensor.Shape) (tensor.Shape, error) {
	y, w := in[0], in[1]
	if len(y) == 0 || y[len(y)-1] != w[0] {
		return nil, errors.Wrapf(ErrShape, "y has shape %v, want (..., %d) for W %v", y, w[0], w)
	}
	return append(y[:len(y)-1].Clone(), w[1]), nil
}

func (gatedMatMul[F]) forward(in []array[F], out []F) error {
	w := kernel.NewWeights(rowsOf(in[1]))
	defer w.Release()
	kernel.Gated(matrix(out, in[1].shape[1]), rowsOf(in[0]), w)
	return nil
}

func (g gatedMatMul[F]) backward(in []array[F], _, grad []F, into [][]F) error {
	kernel.GatedT(matrix(into[1], in[1].shape[1]), rowsOf(in[0]), matrix(grad, in[1].shape[1]))
	gradientOfY(in[1], grad, nil, into[0])
	return nil
}

type gatedMatMulLive[F kernel.Float] struct{ gatedMatMul[F] }

func (gatedMatMulLive[F]) String() string { return "GatedMatMulLive" }

func (g gatedMatMulLive[F]) operands() []operand {
	return append(g.gatedMatMul.operands(), operand{name: "live", rank: anyRank, fixed: true})
}

func (g gatedMatMulLive[F]) shape(in []tensor.Shape) (tensor.Shape, error) {
	if !sameShape(in[2], in[0]) {
		return nil, errors.Wrapf(ErrShape, "live has shape %v, want %v as y", in[2], in[0])
	}
	return g.gatedMatMul.shape(in[:2])
}

func (g gatedMatMulLive[F]) backward(in []array[F], _, grad []F, into [][]F) error {
	kernel.GatedT(matrix(into[1], in[1].shape[1]), rowsOf(in[0]), matrix(grad, in[1].shape[1]))
	gradientOfY(in[1], grad, in[2].floats, into[0])
	return nil
}

// gradientOfY adds dy = grad W^T where live is not zero, everywhere if it is nil.
func gradientOfY[F kernel.Float](w array[F], grad, live, into []F) {
	var at []bool
	if live != nil {
		at = make([]bool, len(live))
		for i, l := range live {
			at[i] = l != 0
		}
	}
	weights := kernel.NewWeights(rowsOf(w))
	defer weights.Release()
	kernel.Sampled(matrix(into, w.shape[0]), at, matrix(grad, w.shape[1]), weights)
}

// rowsOf views an array (..., n) as a matrix with rows of n.
func rowsOf[F kernel.Float](a array[F]) kernel.Mat[F] {
	return matrix(a.floats, a.shape[len(a.shape)-1])
}

// matrix views numbers as a matrix of cols columns.
func matrix[F kernel.Float](data []F, cols int) kernel.Mat[F] {
	return kernel.NewMat(data, len(data)/cols, cols)
}
