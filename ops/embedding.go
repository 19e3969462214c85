package ops

import (
	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/egru/egru/internal/kernel"
	"github.com/egru/egru/internal/rowmajor"
)

var _ contributing[float32] = embedding[float32]{}

// Embedding looks up a row for each word:
//
//	x[..., :] = W[ids[...], :]
//	dW[v, :]  = sum of dx[..., :] over all places where ids is v
//
// W is (V, E). ids is a node of tensor.Int with one axis or more and numbers in
// [0, V), which may change from run to run. x is ids' shape with E added, such
// as (T, B, E) for ids (T, B). All uses of W by ops of this package, such as the
// decoder that is tied to it, share one dW: it costs the memory of W once.
//
// Nil nodes, or nodes of different graphs, give ErrNode; other shapes or an
// empty axis ErrShape; other dtypes ErrDtype. An id outside [0, V) stops the run
// with ErrIndex.
func Embedding(w, ids *G.Node) (*G.Node, error) {
	return applyToWeight(embedding[float32]{}, embedding[float64]{}, 0, w, ids)
}

type embedding[F kernel.Float] struct{}

func (embedding[F]) String() string { return "Embedding" }

func (embedding[F]) operands() []operand {
	return []operand{{name: "W", rank: 2}, {name: "ids", rank: anyRank, index: true}}
}

func (embedding[F]) shape(in []tensor.Shape) (tensor.Shape, error) {
	w, ids := in[0], in[1]
	if len(ids) == 0 {
		return nil, errors.Wrapf(ErrShape, "ids has shape %v, want one axis or more", ids)
	}
	return append(ids.Clone(), w[1]), nil
}

func (embedding[F]) forward(in []array[F], out []F) error {
	ids := in[1].index
	if err := inRange("ids", in[1], in[0].shape); err != nil {
		return err
	}
	w, x := rowsOf(in[0]), matrix(out, in[0].shape[1])
	kernel.Parallel(len(ids), max(1, elementBlock/w.Cols), func(lo, hi int) {
		for i := lo; i < hi; i++ {
			copy(x.Row(i), w.Row(ids[i]))
		}
	})
	return nil
}

func (embedding[F]) fills() bool { return true }

// contribute adds rows to the gradient of W.
func (embedding[F]) contribute(in G.Nodes, d *G.Node) (*G.Node, G.Nodes, error) {
	ticket, err := ticketOfWeight[F](rowsOfWeight, in[1], d)
	return ticket, make(G.Nodes, len(in)), err
}

func (embedding[F]) backward(in []array[F], _, grad []F, into [][]F) error {
	return addRows(into[0], in[0].shape, in[1], grad)
}

// addRows adds dx to the rows of dw that ids names.
func addRows[F kernel.Float](into []F, w tensor.Shape, words array[F], grad []F) error {
	if err := inRange("ids", words, w); err != nil {
		return err
	}
	E, ids := w[1], words.index
	dx, dw := matrix(grad, E), matrix(into, E)
	// In blocks of columns, not of words: words that come up twice are then
	// added in their order.
	kernel.Parallel(E, featureBlock, func(lo, hi int) {
		for i, v := range ids {
			kernel.Axpy(1, dx.Row(i)[lo:hi], dw.Row(v)[lo:hi])
		}
	})
	return nil
}

// inRange wants every id to name a row of w.
func inRange[F kernel.Float](name string, ids array[F], w tensor.Shape) error {
	for i, v := range ids.index {
		if v < 0 || v >= w[0] {
			return errors.Wrapf(ErrIndex, "%s%v is %d, want 0 to %d for W %v", name, rowmajor.Coordinates(ids.shape, i), v, w[0]-1, w)
		}
	}
	return nil
}
