package ops

import (
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

func embeddingCase(V, E int, ids ...int) opCase {
	return opCase{
		name:   "Embedding",
		inputs: []opInput{{name: "W", shape: tensor.Shape{V, E}}, {name: "ids", shape: ids, below: V}},
		build:  func(in []*G.Node) (*G.Node, error) { return Embedding(in[0], in[1]) },
		smooth: true,
		formula: func(in []opValue, dout []float64) (out []float64, grads [][]float64) {
			dw := make([]float64, V*E)
			for i, id := range in[1].index {
				out = append(out, in[0].floats[id*E:id*E+E]...)
				for j := range E {
					dw[id*E+j] += dout[i*E+j]
				}
			}
			return out, [][]float64{dw, nil}
		},
	}
}

func TestEmbedding(t *testing.T) {
	suite(t, embeddingCase(3, 4, 5), embeddingCase(3, 4, 3, 2), embeddingCase(7, 2, 2, 2, 2))
}

func TestEmbeddingRefusesIDsBeyondTheVocabulary(t *testing.T) {
	c := embeddingCase(3, 2, 2, 2)
	values := c.values(1, tensor.Float64)
	values[1].index = []int{0, 1, 3, -1}
	wantRunError(t, c, values, ErrIndex, "ids[1 0] is 3, want 0 to 2 for W (3, 2)")
	values[1].index = []int{0, 1, 2, -1}
	wantRunError(t, c, values, ErrIndex, "ids[1 1] is -1, want 0 to 2 for W (3, 2)")
}

// The ids may have changed between the two passes.
func TestEmbeddingBackwardRefusesIDsBeyondTheVocabulary(t *testing.T) {
	c := embeddingCase(3, 2, 2)
	values := c.values(1, tensor.Float64)
	o := c.graph(t, values, tensor.Float64)
	if _, err := G.Grad(o.loss, o.in[0]); err != nil {
		t.Fatal(err)
	}
	back := forwardOp[float64]{embedding[float64]{}, []tensor.Shape{{3, 2}, {2}}, tensor.Shape{2, 2}}
	ids := opValue{shape: tensor.Shape{2}, index: []int{0, 3}}.of(tensor.Int)
	dx := opValue{shape: tensor.Shape{2, 2}, floats: make([]float64, 4)}.of(tensor.Float64)
	_, err := backwardOp[float64]{back}.Do(values[0].of(tensor.Float64), ids, dx, dx)
	wantError(t, "backward", ErrIndex, "ids[1] is 3")(nil, err)
}

func TestEmbeddingErrors(t *testing.T) {
	n := nodeMaker(tensor.Float64)
	w := n("W", 3, 2)
	ids := func(name string, shape ...int) *G.Node {
		return G.NewTensor(w.Graph(), tensor.Int, len(shape), G.WithShape(shape...), G.WithName(name))
	}
	scalar := G.NewScalar(w.Graph(), tensor.Int, G.WithName("scalar"))
	wantError(t, "rank of W", ErrShape, "Embedding: W has shape (3) of 1 axes, want 2")(Embedding(n("vector", 3), ids("ids", 4)))
	wantError(t, "one id", ErrShape, "Embedding: ids has shape (), want one axis or more")(Embedding(w, scalar))
	wantError(t, "no ids", ErrShape, "Embedding: ids has shape (2, 0) with an empty axis")(Embedding(w, ids("none", 2, 0)))
	wantError(t, "float ids", ErrDtype, "Embedding: ids has dtype float64, want int")(Embedding(w, n("floats", 4)))
}
