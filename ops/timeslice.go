package ops

import (
	"fmt"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/egru/egru/internal/kernel"
)

var (
	_ routed[float32] = timeAnchor[float32]{}
	_ routed[float32] = timeSlice[float32]{}
	_ routed[float32] = timeTicket[float32]{}
	_ routed[float32] = timeGather[float32]{}
)

// TimeSlice copies one step out of a sequence:
//
//	out = x[t]
//	dx[t] = dout, dx = 0 at other steps
//
// x is (T, ...), out has the axes behind T. It stands in for gorgonia.Slice
// (v0.9.18), which takes steps 256 apart for the same node and makes a gradient
// as large as x for each slice. Here all slices of x share one: the gradient of
// T steps costs the memory of x once.
//
// A nil node gives ErrNode; a dtype other than float32 or float64 ErrDtype; a
// scalar, or an empty axis, ErrShape; t outside [0, T) ErrIndex.
func TimeSlice(x *G.Node, t int) (*G.Node, error) {
	if err := stepInRange(x, t); err != nil {
		return nil, err
	}
	anchor, err := apply(timeAnchor[float32]{}, timeAnchor[float64]{}, x)
	if err != nil {
		return nil, errors.Wrapf(err, "TimeSlice(%d)", t)
	}
	return apply(timeSlice[float32]{t}, timeSlice[float64]{t}, anchor, x)
}

// stepInRange reports an unusable t before an anchor is made, which would stay in
// the graph with nothing that uses it.
func stepInRange(x *G.Node, t int) error {
	if x == nil || x.Shape().Dims() == 0 {
		return nil // the anchor says what is wrong
	}
	if T := x.Shape()[0]; T > 0 && (t < 0 || t >= T) {
		return errors.Wrapf(ErrIndex, "TimeSlice(%d): t is %d, want 0 to %d for x %v", t, t, T-1, x.Shape())
	}
	return nil
}

// timeAnchor is where the gradients of all slices of x meet, see ticketsOf. Its
// value is zero.
type timeAnchor[F kernel.Float] struct{ token[F] }

func (timeAnchor[F]) String() string { return "anchor of time slices" }

func (timeAnchor[F]) operands() []operand {
	return []operand{{name: "x", rank: anyRank, fixed: true}}
}

func (timeAnchor[F]) shape(in []tensor.Shape) (tensor.Shape, error) {
	if len(in[0]) == 0 {
		return nil, errors.Wrapf(ErrShape, "x has shape %v, want (T, ...)", in[0])
	}
	return tensor.ScalarShape(), nil
}

func (timeAnchor[F]) routes() []bool { return []bool{true} }
func (timeAnchor[F]) route(in G.Nodes, _, d *G.Node) (G.Nodes, error) {
	return gatherSteps[F](in[0], d)
}

// gatherSteps is the gradient of x from a sum of tickets.
func gatherSteps[F kernel.Float](x, sum *G.Node) (G.Nodes, error) {
	tickets, nodes, err := ticketsOf[timeTicket[F], F](sum)
	if err != nil {
		return nil, errors.Wrapf(err, "gradient of %v", x)
	}
	g := timeGather[F]{of: x.Shape().Clone()}
	var grads []*G.Node
	for i, ticket := range tickets {
		d, err := inputsOf(nodes[i])
		if err != nil {
			return nil, err
		}
		g.steps, grads = append(g.steps, ticket.t), append(grads, d[0])
	}
	dx, err := applyOne(g, grads)
	return G.Nodes{dx}, err
}

type timeSlice[F kernel.Float] struct{ t int }

func (s timeSlice[F]) String() string { return fmt.Sprintf("TimeSlice(%d)", s.t) }

func (timeSlice[F]) operands() []operand {
	return []operand{{name: "anchor", rank: 0, fixed: true}, {name: "x", rank: anyRank}}
}

func (s timeSlice[F]) shape(in []tensor.Shape) (tensor.Shape, error) {
	x := in[1]
	if len(x) == 0 {
		return nil, errors.Wrapf(ErrShape, "x has shape %v, want (T, ...)", x)
	}
	if s.t < 0 || s.t >= x[0] {
		return nil, errors.Wrapf(ErrIndex, "t is %d, want 0 to %d for x %v", s.t, x[0]-1, x)
	}
	return x[1:].Clone(), nil
}

func (s timeSlice[F]) forward(in []array[F], out []F) error {
	copy(out, in[1].floats[s.t*len(out):])
	return nil
}

// backward is the LispMachine's way, straight into the gradient of x.
func (s timeSlice[F]) backward(_ []array[F], _, grad []F, into [][]F) error {
	kernel.Axpy(1, grad, into[1][s.t*len(grad):][:len(grad)])
	return nil
}

func (timeSlice[F]) routes() []bool { return []bool{true, false} }

func (s timeSlice[F]) route(in G.Nodes, _, d *G.Node) (G.Nodes, error) {
	if err := undifferentiated(in[0]); err != nil {
		return nil, errors.Wrap(err, s.String())
	}
	ticket, err := applyOne(timeTicket[F]{t: s.t}, []*G.Node{d})
	return G.Nodes{ticket, nil}, err
}

// timeTicket is zero, and holds on to the gradient of the slice at t.
type timeTicket[F kernel.Float] struct {
	ticket[F]
	t int
}

func (t timeTicket[F]) String() string { return fmt.Sprintf("gradient of TimeSlice(%d)", t.t) }

func (timeTicket[F]) operands() []operand {
	return []operand{{name: "gradient", rank: anyRank, fixed: true}}
}

// timeGather is the gradient of a sequence from those of its slices.
type timeGather[F kernel.Float] struct {
	derived[F]
	of    tensor.Shape
	steps []int // of the inputs
}

func (g timeGather[F]) String() string {
	return fmt.Sprintf("gradient of all TimeSlice%v of %v", g.steps, g.of)
}

func (g timeGather[F]) operands() []operand {
	ops := make([]operand, len(g.steps))
	for i, t := range g.steps {
		ops[i] = operand{name: fmt.Sprintf("gradient of step %d", t), rank: len(g.of) - 1, fixed: true}
	}
	return ops
}

func (g timeGather[F]) shape(in []tensor.Shape) (tensor.Shape, error) {
	for i, s := range in {
		if !sameShape(s, g.of[1:]) {
			return nil, errors.Wrapf(ErrShape, "%s has shape %v, want %v", g.operands()[i].name, s, g.of[1:])
		}
	}
	return g.of.Clone(), nil
}

func (g timeGather[F]) forward(in []array[F], out []F) error {
	n := len(out) / g.of[0]
	for i, t := range g.steps {
		kernel.Axpy(1, in[i].floats, out[t*n:][:n])
	}
	return nil
}
