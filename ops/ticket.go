package ops

import (
	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/egru/egru/internal/kernel"
)

// Gorgonia adds up the gradients that the uses of a node x send it, each an array
// of the size of x that is kept until the run ends. An op of which x has many uses
// spares that by an anchor and tickets: the anchor of x is a scalar that all uses
// have as an input beside x. What a use sends there is a ticket, a scalar that is
// always zero and holds on, as its inputs, to what the gradient is made of.
// Gorgonia adds up the tickets; the anchor reads them off that sum and makes the
// gradient of x of them, in one node.

// undifferentiated refuses the ticket of a use of x if another gorgonia.Grad of the
// graph has come past the anchor: Gorgonia passes over what has a gradient already, so
// that x would be given that of the first loss for the second.
func undifferentiated(anchor *G.Node) error {
	if anchor.Deriv() == nil {
		return nil
	}
	return errors.Wrapf(ErrNode, "%v has the gradient of another Grad: add up the losses, or make a graph for each", anchor)
}

// token is part of every anchor and ticket: a scalar that is zero.
type token[F kernel.Float] struct{}

func (token[F]) shape([]tensor.Shape) (tensor.Shape, error) { return tensor.ScalarShape(), nil }
func (token[F]) forward([]array[F], []F) error              { return nil }
func (token[F]) backward([]array[F], []F, []F, [][]F) error { return nil }

// derived is part of what stands in the graph of gradients alone, such as tickets: it
// has no gradient itself.
type derived[F kernel.Float] struct{}

func (derived[F]) backward([]array[F], []F, []F, [][]F) error { return nil }
func (derived[F]) routes() []bool                             { return nil }

func (derived[F]) route(G.Nodes, *G.Node, *G.Node) (G.Nodes, error) {
	return nil, ErrSecondDerivative
}

// ticket is part of every ticket.
type ticket[F kernel.Float] struct {
	token[F]
	derived[F]
}

func (t ticket[F]) backward(in []array[F], out, grad []F, into [][]F) error {
	return t.token.backward(in, out, grad, into)
}

// ticketsOf are the tickets of kind K that a sum is made of, with their nodes.
func ticketsOf[K operation[F], F kernel.Float](sum *G.Node) (tickets []K, nodes []*G.Node, err error) {
	for open := []*G.Node{sum}; len(open) > 0; {
		n := open[len(open)-1]
		open = open[:len(open)-1]
		op, _ := n.Op().(forwardOp[F])
		if ticket, ok := op.operation.(K); ok {
			tickets, nodes = append(tickets, ticket), append(nodes, n)
			continue
		}
		in, err := inputsOf(n)
		if err != nil {
			return nil, nil, err
		}
		if len(in) != 2 {
			return nil, nil, errors.Wrapf(ErrNode, "%v is no sum of tickets", n)
		}
		open = append(open, in[1], in[0])
	}
	return tickets, nodes, nil
}

// inputsOf are the inputs of a node.
func inputsOf(n *G.Node) ([]*G.Node, error) {
	g := n.Graph()
	if g.Node(n.ID()) != n {
		return nil, errors.Wrapf(ErrNode, "the graph does not find %v", n)
	}
	var in []*G.Node
	for it := g.From(n.ID()); it != nil && it.Next(); {
		in = append(in, it.Node().(*G.Node))
	}
	return in, nil
}
