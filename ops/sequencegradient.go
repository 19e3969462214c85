package ops

import (
	"fmt"
	"slices"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/egru/egru/internal/kernel"
)

var (
	_ routed[float32] = sequenceAnchor[float32]{}
	_ routed[float32] = partTicket[float32]{}
	_ routed[float32] = sequenceGradient[float32]{}
)

// sequenceAnchor is where the gradients of a sequence's outputs meet, see ticketsOf:
// outputs that nothing uses, mostly all but Y, cost no gradient. It has the inputs of
// sequenceOutputs, and the value zero.
type sequenceAnchor[F kernel.Float] struct {
	token[F]
	of sequenceOutputs[F]
}

func (a sequenceAnchor[F]) String() string { return fmt.Sprintf("anchor of %v", a.of) }

func (a sequenceAnchor[F]) operands() []operand {
	ops := a.of.operands()
	for i := range ops {
		ops[i].fixed = true
	}
	return ops
}

func (a sequenceAnchor[F]) routes() []bool {
	var routes []bool
	for _, o := range a.of.operands() {
		routes = append(routes, o.differentiable())
	}
	return routes
}

func (a sequenceAnchor[F]) route(in G.Nodes, _, sum *G.Node) (G.Nodes, error) {
	tickets, nodes, err := ticketsOf[partTicket[F], F](sum)
	if err != nil {
		return nil, err
	}
	// An output is one node, however often it is asked for, and has one ticket.
	g := sequenceGradient[F]{of: backwardOp[F]{forwardOp[F]{a.of, shapesOf(in), tensor.Shape{a.of.head}}}}
	all := slices.Clone(in)
	for i, n := range nodes {
		from, err := inputsOf(n)
		if err != nil {
			return nil, err
		}
		g.offs, all = append(g.offs, tickets[i].off), append(all, from[0])
	}
	if len(g.of.parts()) == 0 {
		return make(G.Nodes, len(in)), nil
	}
	b, err := applyOne(g, all)
	if err != nil {
		return nil, err
	}
	return g.of.handOut(b)
}

// partTicket is zero, and holds on to the gradient of the output at off.
type partTicket[F kernel.Float] struct {
	ticket[F]
	off int
}

func (t partTicket[F]) String() string { return fmt.Sprintf("gradient of an output at %d", t.off) }

func (partTicket[F]) operands() []operand {
	return []operand{{name: "gradient", rank: anyRank, fixed: true}}
}

// sequenceGradient computes the gradients of a sequence's inputs, in one flat vector
// if they are several, from those of some of its outputs. Its inputs are those of
// sequenceOutputs, and the gradients of the outputs at offs.
type sequenceGradient[F kernel.Float] struct {
	derived[F]
	of   backwardOp[F] // of sequenceOutputs
	offs []int
}

func (g sequenceGradient[F]) String() string {
	return fmt.Sprintf("%v, of those at %v", g.of, g.offs)
}

func (g sequenceGradient[F]) outputs() sequenceOutputs[F] {
	return g.of.of.operation.(sequenceOutputs[F])
}

func (g sequenceGradient[F]) operands() []operand {
	ops := sequenceAnchor[F]{of: g.outputs()}.operands()
	for _, off := range g.offs {
		ops = append(ops, operand{name: fmt.Sprintf("gradient of the output at %d", off), rank: anyRank, fixed: true})
	}
	return ops
}

func (g sequenceGradient[F]) shape([]tensor.Shape) (tensor.Shape, error) {
	return g.of.shape().Clone(), nil
}

func (g sequenceGradient[F]) forward(arrays []array[F], out []F) error {
	n := len(g.of.of.in)
	in, grads := arrays[:n], arrays[n:]
	at := func(s span) []F {
		if i := slices.Index(g.offs, s.off); i >= 0 && s.of != nil {
			return grads[i].floats
		}
		return nil
	}
	return g.outputs().gradients(in, at, g.of.into(out)[1:])
}
