package layers

import (
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/egru/egru/ops"
)

func TestEmbeddingPicksRows(t *testing.T) {
	c := DefaultEmbedding(5, 3)
	c.Dtype = tensor.Float64
	l := must(NewEmbedding("words", c))
	ids := []float64{4, 0, 2, 4}
	got := run(t, tape, func(g *G.ExprGraph) built {
		return built{out: must(l.Run(node(g, "ids", tensor.Int, ids, 2, 2))).X}.with(l.Params())
	})
	w, dout := numbers(l.Weight().Value()), normal(99, len(ids)*3) // the weights of run's loss
	dw := make([]float64, len(w))
	var want []float64
	for i, id := range as[int](ids) {
		want = append(want, w[3*id:3*id+3]...)
		for j := range 3 {
			dw[3*id+j] += dout[3*i+j]
		}
	}
	compare(t, "vectors", got.out, want, 0)
	compare(t, "gradient", got.grads["words.weight"], dw, 1e-15)
	if l.Name() != "words" {
		t.Errorf("name is %q", l.Name())
	}
}

func TestEmbeddingErrors(t *testing.T) {
	l := must(NewEmbedding("words", DefaultEmbedding(5, 3)))
	_, err := l.Run(nil)
	wantError(t, "nil", err, ops.ErrNode, "words: ids is nil")
	_, err = l.Run(randomNode(G.NewGraph(), "ids", tensor.Float32, 1, 2, 2))
	wantError(t, "dtype", err, ops.ErrDtype, "words: ", "ids has dtype float32, want int")
}
