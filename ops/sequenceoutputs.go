package ops

import (
	"fmt"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/egru/egru/internal/cell"
	"github.com/egru/egru/internal/kernel"
)

var (
	_ operation[float32] = sequenceOutputs[float32]{}
	_ sharing[float32]   = sequenceOutputs[float32]{}
	_ routed[float32]    = sequencePart[float32]{}
)

// sequenceOutputs are the outputs of a sequence, in the memory of its flat value,
// and take their gradient to the inputs of the sequence in Gorgonia's LispMachine.
// Nodes that read them copy what they read and write to nothing.
type sequenceOutputs[F kernel.Float] struct {
	of   sequence[F]
	head int
}

func (o sequenceOutputs[F]) String() string { return fmt.Sprintf("outputs of %v", o.of) }

// operands are the flat value and then those of the sequence.
func (o sequenceOutputs[F]) operands() []operand {
	ops := []operand{{name: "sequence", rank: 1, fixed: true}}
	for _, r := range o.of.roles() {
		op := roleOperands[r]
		op.fixed = op.fixed || r == roleX && o.of.fixedX || (r == roleState || r == roleY) && o.of.fixed0
		ops = append(ops, op)
	}
	return ops
}

func (o sequenceOutputs[F]) shape([]tensor.Shape) (tensor.Shape, error) {
	return tensor.Shape{o.head}, nil
}

func (o sequenceOutputs[F]) forward(arrays []array[F], out []F) error {
	kernel.Copy(out, arrays[0].floats)
	return nil
}

func (sequenceOutputs[F]) shares() bool { return true }

func (o sequenceOutputs[F]) shared(arrays []array[F]) []F {
	return arrays[0].floats[:o.head:o.head]
}

// backward is the LispMachine's way, straight into the gradients of the inputs.
func (o sequenceOutputs[F]) backward(arrays []array[F], _, grad []F, into [][]F) error {
	return o.gradients(arrays, func(s span) []F { return cut(s, grad) }, into[1:])
}

// gradients adds the gradients of the sequence's inputs to into, from those of its
// outputs: of the one at a place, nil where there is none.
func (o sequenceOutputs[F]) gradients(arrays []array[F], at func(span) []F, into [][]F) error {
	q, flat := o.of, arrays[0].floats
	s, in := q.read(arrays[1:])
	l := layoutOf(s, q.kind)
	from := &cell.OutputGrads[F]{
		Y:          at(l.y),
		State:      at(l.state),
		Events:     at(l.events),
		FinalState: at(l.finalState),
		FinalY:     at(l.finalY),
	}
	var of [roleCount][]F
	for i, r := range q.roles() {
		of[r] = into[i]
	}
	to := &cell.Grads[F]{
		X: of[roleX], W: of[roleW], R: of[roleR], Bx: of[roleBx], Br: of[roleBr],
		Thr: of[roleThr], State: of[roleState], Y: of[roleY],
	}
	watchers := q.meter.watching()
	if len(watchers) > 0 {
		to.Trace = traceFor[F](watchers, s)
	}
	out := outputs(l, flat)
	n, err := q.cell(s).Backward(in, out, from, to)
	if err != nil {
		return err
	}
	q.meter.add(Counts(n))
	if len(watchers) > 0 {
		show(watchers, told[F]{s, q.kind, in, out, to.Trace}, flat)
	}
	return nil
}

// sequencePart is one of the outputs, behind their anchor.
type sequencePart[F kernel.Float] struct{ pick[F] }

func (p sequencePart[F]) String() string { return "output " + p.pick.String() }

func (p sequencePart[F]) operands() []operand {
	return append([]operand{{name: "anchor", rank: 0, fixed: true}}, p.pick.operands()...)
}

func (p sequencePart[F]) forward(in []array[F], out []F) error { return p.pick.forward(in[1:], out) }

func (p sequencePart[F]) backward(in []array[F], out, grad []F, into [][]F) error {
	return p.pick.backward(in[1:], out, grad, into[1:])
}

func (sequencePart[F]) routes() []bool { return []bool{true, false} }

func (p sequencePart[F]) route(in G.Nodes, _, d *G.Node) (G.Nodes, error) {
	if err := undifferentiated(in[0]); err != nil {
		return nil, errors.Wrap(err, p.String())
	}
	ticket, err := applyOne(partTicket[F]{off: p.off}, []*G.Node{d})
	return G.Nodes{ticket, nil}, err
}
