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
	_ routed[float32]  = weightAnchor[float32]{}
	_ routed[float32]  = weighted[float32]{}
	_ sharing[float32] = weighted[float32]{}
	_ routed[float32]  = weightTicket[float32]{}
)

// A matrix W may have several uses: products, an embedding, the decoder that is
// tied to it. All stand behind the anchor of W, see ticketsOf, which makes its
// gradient in one node, a weightGradient, and in one array, of what the tickets of
// the uses hold on to:
//
//	product  y^T dout, of y and dout
//	rows     dx at the rows of ids, of ids and dx
//	whole    an array as large as W, which the others are added to

// contribution is what a use of W adds to its gradient.
type contribution int

const (
	wholeWeight contribution = iota
	productWithWeight
	rowsOfWeight
	contributions int = iota
)

func (c contribution) String() string { return [...]string{"whole", "product", "rows"}[c] }

// contributing is an operation that makes its ticket itself. Others hand over the
// whole gradient of W.
type contributing[F kernel.Float] interface {
	operation[F]

	// contribute makes the ticket, and the gradients of the inputs other than W,
	// from d, that of the output.
	contribute(in G.Nodes, d *G.Node) (ticket *G.Node, grads G.Nodes, err error)
}

// applyToWeight makes the node of an operation on a weight, its input w, behind the
// weight's anchor.
func applyToWeight(o32 operation[float32], o64 operation[float64], w int, in ...*G.Node) (*G.Node, error) {
	if err := usable(o32, in...); err != nil {
		return nil, err
	}
	anchor, err := apply(weightAnchor[float32]{}, weightAnchor[float64]{}, in[w])
	if err != nil {
		return nil, errors.Wrap(err, o32.String())
	}
	return apply(weighted[float32]{o32, w}, weighted[float64]{o64, w}, append([]*G.Node{anchor}, in...)...)
}

// weightAnchor is where the gradients of all uses of W meet. Its value is zero.
type weightAnchor[F kernel.Float] struct{ token[F] }

func (weightAnchor[F]) String() string { return "anchor of a weight" }

func (weightAnchor[F]) operands() []operand { return []operand{{name: "W", rank: 2, fixed: true}} }

func (weightAnchor[F]) routes() []bool { return []bool{true} }

func (weightAnchor[F]) route(in G.Nodes, _, sum *G.Node) (G.Nodes, error) {
	dw, err := gradientOfWeight[F](in[0].Shape(), sum)
	return G.Nodes{dw}, errors.Wrapf(err, "gradient of %v", in[0])
}

// weighted is an operation behind the anchor of its weight.
type weighted[F kernel.Float] struct {
	operation[F]
	w int // the weight's place among the inputs of the operation
}

func (u weighted[F]) operands() []operand {
	return append([]operand{{name: "anchor", rank: 0, fixed: true}}, u.operation.operands()...)
}

func (u weighted[F]) shape(in []tensor.Shape) (tensor.Shape, error) { return u.operation.shape(in[1:]) }

func (u weighted[F]) forward(in []array[F], out []F) error { return u.operation.forward(in[1:], out) }
func (u weighted[F]) fills() bool                          { return fills(u.operation) }
func (u weighted[F]) shares() bool                         { return sharingOf(u.operation) != nil }
func (u weighted[F]) shared(in []array[F]) []F             { return sharingOf(u.operation).shared(in[1:]) }

// backward is the LispMachine's way, straight into the gradients of the inputs.
func (u weighted[F]) backward(in []array[F], out, grad []F, into [][]F) error {
	return u.operation.backward(in[1:], out, grad, into[1:])
}

func (u weighted[F]) routes() []bool {
	routes := []bool{true}
	for i, o := range u.operation.operands() {
		routes = append(routes, i != u.w && o.differentiable())
	}
	return routes
}

func (u weighted[F]) route(in G.Nodes, out, d *G.Node) (G.Nodes, error) {
	if err := undifferentiated(in[0]); err != nil {
		return nil, errors.Wrap(err, u.String())
	}
	in = in[1:]
	if c, ok := u.operation.(contributing[F]); ok {
		ticket, grads, err := c.contribute(in, d)
		return append(G.Nodes{ticket}, grads...), err
	}
	grads, err := forwardOp[F]{u.operation, shapesOf(in), out.Shape().Clone()}.SymDiff(in, out, d)
	if err != nil {
		return nil, err
	}
	ticket, err := ticketOfWeight[F](wholeWeight, out, grads[u.w])
	grads[u.w] = nil
	return append(G.Nodes{ticket}, grads...), err
}

// weightTicket is zero, and holds on to what a use adds to the gradient of W: a node
// that was there before all gradients, which gives it its place among the uses, and a
// gradient.
type weightTicket[F kernel.Float] struct {
	ticket[F]
	kind contribution
}

func ticketOfWeight[F kernel.Float](kind contribution, of, grad *G.Node) (*G.Node, error) {
	return applyOne(weightTicket[F]{kind: kind}, []*G.Node{of, grad})
}

func (t weightTicket[F]) String() string { return fmt.Sprintf("gradient of a weight(%v)", t.kind) }

func (t weightTicket[F]) operands() []operand {
	return []operand{
		{name: "use", rank: anyRank, index: t.kind == rowsOfWeight, fixed: true},
		{name: "gradient", rank: anyRank, fixed: true},
	}
}

// gradientOfWeight makes the gradient of a weight from the sum of its tickets.
func gradientOfWeight[F kernel.Float](w tensor.Shape, sum *G.Node) (*G.Node, error) {
	tickets, nodes, err := ticketsOf[weightTicket[F], F](sum)
	if err != nil {
		return nil, err
	}
	var uses [contributions][][]*G.Node // the inputs of the tickets of each kind
	for i, n := range nodes {
		in, err := inputsOf(n)
		if err != nil {
			return nil, err
		}
		kind := tickets[i].kind
		uses[kind] = append(uses[kind], in)
	}
	g := weightGradient[F]{of: w.Clone()}
	var in []*G.Node
	for kind, of := range uses {
		// Rounding shall not hang on the order in which Gorgonia finds them.
		slices.SortFunc(of, func(a, b []*G.Node) int { return slices.CompareFunc(a, b, byID) })
		for _, use := range of {
			if contribution(kind) == wholeWeight {
				use = use[1:]
			}
			in = append(in, use...)
		}
		g.uses[kind] = len(of)
	}
	if len(in) == 1 {
		return in[0], nil // a whole gradient with nothing to add
	}
	return applyOne(g, append(in, sum))
}

func byID(a, b *G.Node) int { return cmp.Compare(a.ID(), b.ID()) }
