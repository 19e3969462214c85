package ops

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/egru/egru/internal/kernel"
)

var (
	_ routed[float32] = weightAnchor[float32]{}
	_ routed[float32] = product[float32]{}
	_ routed[float32] = productTicket[float32]{}
	_ routed[float32] = productInput[float32]{}
	_ routed[float32] = productWeight[float32]{}
)

// applyProduct makes the node of a product y W, of inputs y, W and maybe live, in
// which all products of W share one gradient of it.
func applyProduct(o32 operation[float32], o64 operation[float64], in ...*G.Node) (*G.Node, error) {
	if err := usable(o32, in...); err != nil {
		return nil, err
	}
	anchor, err := apply(weightAnchor[float32]{}, weightAnchor[float64]{}, in[1])
	if err != nil {
		return nil, errors.Wrap(err, o32.String())
	}
	return apply(product[float32]{o32}, product[float64]{o64}, append([]*G.Node{anchor}, in...)...)
}

// weightAnchor is where the gradients of all products of W meet, see ticketsOf.
// Its value is zero.
type weightAnchor[F kernel.Float] struct{}

func (weightAnchor[F]) String() string { return "anchor of products" }

func (weightAnchor[F]) operands() []operand { return []operand{{name: "W", rank: 2, fixed: true}} }

func (weightAnchor[F]) shape([]tensor.Shape) (tensor.Shape, error) { return tensor.ScalarShape(), nil }
func (weightAnchor[F]) forward([]array[F], []F) error              { return nil }
func (weightAnchor[F]) backward([]array[F], []F, []F, [][]F) error { return nil }
func (weightAnchor[F]) routes() []bool                             { return []bool{true} }

func (weightAnchor[F]) route(in G.Nodes, sum *G.Node) (G.Nodes, error) {
	_, nodes, err := ticketsOf[productTicket[F], F](sum)
	if err != nil {
		return nil, errors.Wrapf(err, "gradient of %v", in[0])
	}
	factors := make([][]*G.Node, len(nodes)) // y and dout of each
	for i, n := range nodes {
		if factors[i], err = inputsOf(n); err != nil {
			return nil, err
		}
	}
	// Rounding shall not hang on the order in which Gorgonia finds them.
	slices.SortFunc(factors, func(a, b []*G.Node) int {
		return cmp.Or(cmp.Compare(a[0].ID(), b[0].ID()), cmp.Compare(a[1].ID(), b[1].ID()))
	})
	dw, err := applyOne(productWeight[F]{in[0].Shape().Clone(), len(factors)}, slices.Concat(factors...))
	return G.Nodes{dw}, err
}

// product is a product of y and W, behind the anchor of W.
type product[F kernel.Float] struct{ operation[F] }

func (p product[F]) operands() []operand {
	return append([]operand{{name: "anchor", rank: 0, fixed: true}}, p.operation.operands()...)
}

func (p product[F]) shape(in []tensor.Shape) (tensor.Shape, error) { return p.operation.shape(in[1:]) }

func (p product[F]) forward(in []array[F], out []F) error { return p.operation.forward(in[1:], out) }

// backward is the LispMachine's way, straight into the gradients of y and W.
func (p product[F]) backward(in []array[F], out, grad []F, into [][]F) error {
	return p.operation.backward(in[1:], out, grad, into[1:])
}

func (p product[F]) routes() []bool { return []bool{true, true, false, false}[:len(p.operands())] }

func (p product[F]) route(in G.Nodes, d *G.Node) (G.Nodes, error) {
	y, w, live := in[1], in[2], in[3:]
	grads := make(G.Nodes, len(in))
	var err error
	if grads[0], err = applyOne(productTicket[F]{}, []*G.Node{y, d}); err != nil {
		return nil, err
	}
	grads[1], err = applyOne(productInput[F]{len(live) > 0}, append([]*G.Node{w, d}, live...))
	return grads, err
}

// productTicket is zero, and holds on to what a product adds to the gradient of
// W: y and dout.
type productTicket[F kernel.Float] struct{}

func (productTicket[F]) String() string { return "gradient of W in a product" }

func (productTicket[F]) operands() []operand {
	return []operand{{name: "y", rank: anyRank, fixed: true}, {name: "gradient", rank: anyRank, fixed: true}}
}

func (productTicket[F]) shape([]tensor.Shape) (tensor.Shape, error) { return tensor.ScalarShape(), nil }
func (productTicket[F]) forward([]array[F], []F) error              { return nil }
func (productTicket[F]) backward([]array[F], []F, []F, [][]F) error { return nil }
func (productTicket[F]) routes() []bool                             { return []bool{false, false} }
func (productTicket[F]) route(G.Nodes, *G.Node) (G.Nodes, error)    { return nil, ErrSecondDerivative }

// productInput is the gradient of y in a product: dout W^T, where live is not
// zero if there is one.
type productInput[F kernel.Float] struct{ live bool }

func (p productInput[F]) String() string {
	return fmt.Sprintf("gradient of y in a product(live %v)", p.live)
}

func (p productInput[F]) operands() []operand {
	return []operand{
		{name: "W", rank: 2, fixed: true}, {name: "gradient", rank: anyRank, fixed: true}, {name: "live", rank: anyRank, fixed: true},
	}[:len(p.routes())]
}

func (p productInput[F]) shape(in []tensor.Shape) (tensor.Shape, error) {
	w, d := in[0], in[1]
	last := len(d) - 1
	if last < 0 || d[last] != w[1] {
		return nil, errors.Wrapf(ErrShape, "gradient has shape %v, want (..., %d) for W %v", d, w[1], w)
	}
	y := append(d[:last].Clone(), w[0])
	if p.live && !sameShape(in[2], y) {
		return nil, errors.Wrapf(ErrShape, "live has shape %v, want %v", in[2], y)
	}
	return y, nil
}

func (p productInput[F]) forward(in []array[F], out []F) error {
	var live []F
	if p.live {
		live = in[2].floats
	}
	gradientOfY(in[0], in[1].floats, live, out)
	return nil
}

func (productInput[F]) backward([]array[F], []F, []F, [][]F) error { return nil }

func (p productInput[F]) routes() []bool {
	if p.live {
		return make([]bool, 3)
	}
	return make([]bool, 2)
}

func (productInput[F]) route(G.Nodes, *G.Node) (G.Nodes, error) { return nil, ErrSecondDerivative }

// productWeight is the gradient of W from those of its products: the sum of y^T
// dout over all pairs of y and dout.
type productWeight[F kernel.Float] struct {
	of       tensor.Shape
	products int
}

func (p productWeight[F]) String() string {
	return fmt.Sprintf("gradient of W %v in %d products", p.of, p.products)
}

func (p productWeight[F]) operands() []operand {
	ops := make([]operand, 0, 2*p.products)
	for i := range p.products {
		ops = append(ops,
			operand{name: fmt.Sprintf("y of product %d", i), rank: anyRank, fixed: true},
			operand{name: fmt.Sprintf("gradient of product %d", i), rank: anyRank, fixed: true})
	}
	return ops
}

func (p productWeight[F]) shape(in []tensor.Shape) (tensor.Shape, error) {
	for i := range p.products {
		y, d := in[2*i], in[2*i+1]
		last := len(y) - 1
		if last < 0 || len(d) != len(y) || !sameShape(y[:last], d[:last]) || y[last] != p.of[0] || d[last] != p.of[1] {
			return nil, errors.Wrapf(ErrShape, "product %d: y has shape %v and its gradient %v, want (..., %d) and (..., %d)", i, y, d, p.of[0], p.of[1])
		}
	}
	return p.of.Clone(), nil
}

func (p productWeight[F]) forward(in []array[F], out []F) error {
	for i := range p.products {
		kernel.GatedT(matrix(out, p.of[1]), rowsOf(in[2*i]), rowsOf(in[2*i+1]))
	}
	return nil
}

func (productWeight[F]) backward([]array[F], []F, []F, [][]F) error { return nil }
func (p productWeight[F]) routes() []bool                           { return make([]bool, 2*p.products) }
func (productWeight[F]) route(G.Nodes, *G.Node) (G.Nodes, error)    { return nil, ErrSecondDerivative }
