package ops

import (
	"fmt"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

func reshapeCase(from, to tensor.Shape) opCase {
	of := func(to tensor.Shape) func(in []*G.Node) (*G.Node, error) {
		return func(in []*G.Node) (*G.Node, error) { return Reshape(in[0], to) }
	}
	return opCase{
		name:   fmt.Sprintf("Reshape %v to %v", from, to),
		inputs: []opInput{{name: "x", shape: from}},
		build:  of(to),
		smooth: true,
		formula: func(in []opValue, dout []float64) (out []float64, grads [][]float64) {
			return in[0].floats, [][]float64{dout}
		},
		others: []func(in []*G.Node) (*G.Node, error){of(append(to.Clone(), 1))},
	}
}

func TestReshape(t *testing.T) {
	suite(t,
		reshapeCase(tensor.Shape{3, 2, 4}, tensor.Shape{6, 4}),
		reshapeCase(tensor.Shape{3, 4}, tensor.Shape{12}),
		reshapeCase(tensor.Shape{12}, tensor.Shape{2, 3, 2}),
		reshapeCase(tensor.Shape{3, 4}, tensor.Shape{3, 4}),
		reshapeCase(tensor.Shape{1}, tensor.Shape{}),
		reshapeCase(tensor.Shape{}, tensor.Shape{1, 1}),
	)
}

func TestReshapeKeepsItsSettings(t *testing.T) {
	to := tensor.Shape{3, 2}
	c := reshapeCase(tensor.Shape{6}, to)
	n := must(t)(c.build(c.nodes(G.NewGraph(), c.values(1, tensor.Float64), tensor.Float64)))
	name := n.Op().String()
	to[0] = 1
	if now := n.Op().String(); now != name || !sameShape(n.Shape(), tensor.Shape{3, 2}) {
		t.Errorf("%s became %s of shape %v", name, now, n.Shape())
	}
}

func TestReshapeErrors(t *testing.T) {
	n := nodeMaker(tensor.Float64)
	x := n("x", 3, 4)
	wantError(t, "size", ErrShape, "x has shape (3, 4) of 12 numbers, want 10 for (5, 2)")(Reshape(x, tensor.Shape{5, 2}))
	wantError(t, "negative axes", ErrShape, "shape is (-3, -4), with an empty axis")(Reshape(x, tensor.Shape{-3, -4}))
	wantError(t, "empty axis", ErrShape, "shape is (0), with an empty axis")(Reshape(x, tensor.Shape{0}))
}
