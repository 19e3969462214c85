package ops

import (
	"fmt"
	"strings"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/egru/egru/internal/cell"
	"github.com/egru/egru/internal/kernel"
	"github.com/egru/egru/ops/surrogate"
)

var (
	_ operation[float32] = sequence[float32]{}
	_ operation[float32] = sequenceLive[float32]{}
)

// Sequence is what a recurrent op made of a whole sequence. Its parts are
// nodes made when first asked for: gorgonia's LispMachine refuses a graph with
// an output that nothing uses.
type Sequence struct {
	value   *G.Node // flat: the outputs, then the cache of the backward pass
	outputs *G.Node // flat: the outputs
	anchor  *G.Node // where their gradients meet
	layout  layout
	thr     *G.Node
	op32    sequence[float32]
	op64    sequence[float64]
}

func newSequence(op sequence[float32], in []*G.Node, thr *G.Node) (*Sequence, error) {
	op64 := sequence[float64](op)
	n, err := apply(op, op64, in...)
	if err != nil {
		return nil, err
	}
	s := cell.Shape{T: in[roleX].Shape()[0], B: in[roleX].Shape()[1], I: in[roleX].Shape()[2], H: in[roleR].Shape()[0]}
	l := layoutOf(s, op.kind)
	outputs32, outputs64, all := sequenceOutputs[float32]{op, l.head()}, sequenceOutputs[float64]{op64, l.head()}, append([]*G.Node{n}, in...)
	outputs, err := apply(outputs32, outputs64, all...)
	if err != nil {
		return nil, err
	}
	anchor, err := apply(sequenceAnchor[float32]{of: outputs32}, sequenceAnchor[float64]{of: outputs64}, all...)
	if err != nil {
		return nil, err
	}
	return &Sequence{value: n, outputs: outputs, anchor: anchor, layout: l, thr: thr, op32: op, op64: op64}, nil
}

// Y is the output (T, B, H): zero where a unit sent no event. For GRU it is the
// hidden state.
func (s *Sequence) Y() (*G.Node, error) { return s.pick("Y", s.layout.y) }

// States is the state that every step hands on (T, B, H): h after the reset of
// an event, for the variant Paper c. GRU has none beside its output.
func (s *Sequence) States() (*G.Node, error) { return s.pick("States", s.layout.state) }

// Events is o (T, B, H), 1 where a unit sent an event and else 0. GRU has none.
func (s *Sequence) Events() (*G.Node, error) { return s.pick("Events", s.layout.events) }

// FinalState is the state (B, H) at the end of each row, to start the next
// window from: h, for the variant Paper c.
func (s *Sequence) FinalState() (*G.Node, error) {
	return s.pick("FinalState", s.layout.finalState)
}

// FinalY is the output (B, H) at the end of each row, to start the next window
// from together with FinalState. GRU needs none.
func (s *Sequence) FinalY() (*G.Node, error) { return s.pick("FinalY", s.layout.finalY) }

// Live is nonzero where a gradient towards Y can pass on (T, B, H): where a unit
// sent an event or its surrogate is not zero. It has no gradient itself. What
// is built on Y needs to compute its gradient only there. Every unit of a GRU
// is live, and it has no such node.
func (s *Sequence) Live() (*G.Node, error) {
	if s.thr == nil {
		return nil, errors.Wrapf(ErrConfig, "%s has no Live: every unit is", s.op32)
	}
	return apply(sequenceLive[float32]{s.op32, s.layout}, sequenceLive[float64]{s.op64, s.layout}, s.value, s.thr)
}

func (s *Sequence) pick(name string, at span) (*G.Node, error) {
	if at.of == nil {
		return nil, errors.Wrapf(ErrConfig, "%s has no %s", s.op32, name)
	}
	return apply(sequencePart[float32]{pick[float32]{off: at.off, of: at.of}}, sequencePart[float64]{pick[float64]{off: at.off, of: at.of}}, s.anchor, s.outputs)
}

// span is the place of an array in the flat value of a sequence op.
type span struct {
	off int
	of  tensor.Shape // nil for what a kind of cell does not have
}

func cut[F kernel.Float](s span, flat []F) []F {
	if s.of == nil || s.off >= len(flat) {
		return nil
	}
	return flat[s.off : s.off+s.of.TotalSize()]
}

// layout is the order of the flat value: the outputs first.
type layout struct {
	cell.Shape
	y, state, events, finalState, finalY span
	gates, recurrent                     span
	size                                 int
}

func layoutOf(s cell.Shape, kind cell.Kind) layout {
	l := layout{Shape: s}
	next := func(of ...int) span {
		at := span{l.size, of}
		l.size += at.of.TotalSize()
		return at
	}
	l.y = next(s.T, s.B, s.H)
	if kind != cell.GRU {
		l.state = next(s.T, s.B, s.H)
		l.events = next(s.T, s.B, s.H)
	}
	l.finalState = next(s.B, s.H)
	if kind != cell.GRU {
		l.finalY = next(s.B, s.H)
	}
	l.gates = next(s.T, s.B, 3*s.H)
	if kind != cell.Paper {
		l.recurrent = next(s.T, s.B, s.H)
	}
	return l
}

// head is the length of the outputs.
func (l layout) head() int { return l.gates.off }

func outputs[F kernel.Float](l layout, flat []F) *cell.Outputs[F] {
	return &cell.Outputs[F]{
		Y:          cut(l.y, flat),
		State:      cut(l.state, flat),
		Events:     cut(l.events, flat),
		FinalState: cut(l.finalState, flat),
		FinalY:     cut(l.finalY, flat),
		Gates:      cut(l.gates, flat),
		Recurrent:  cut(l.recurrent, flat),
	}
}

// sequence is the operation of a whole sequence, of every kind of cell. Its
// value holds the outputs and the cache of the backward pass. Gradients go past it,
// to a sequenceAnchor of the same inputs, so that none as large as the value is ever
// made.
type sequence[F kernel.Float] struct {
	kind      cell.Kind
	surrogate surrogate.Surrogate // nil for GRU
	smooth    bool
	fixedX    bool   // X takes no gradient
	fixed0    bool   // the initial state takes no gradient
	inputs    string // the roles of the inputs, in order, one byte each
	meter     *Meter
}

func (q sequence[F]) String() string {
	var names []string
	for _, r := range q.roles() {
		names = append(names, roleOperands[r].name)
	}
	s := fmt.Sprintf("%v(%s", q.name(), strings.Join(names, " "))
	if q.surrogate != nil {
		s += fmt.Sprintf("; %v", q.surrogate)
	}
	for _, flag := range []struct {
		on   bool
		name string
	}{{q.smooth, "smooth"}, {q.fixedX, "no gradient of X"}, {q.fixed0, "no gradient of the initial state"}} {
		if flag.on {
			s += "; " + flag.name
		}
	}
	if q.meter != nil {
		s += fmt.Sprintf("; meter %q", q.meter.Name())
	}
	return s + ")"
}

func (q sequence[F]) name() string {
	if q.kind == cell.GRU {
		return "GRU"
	}
	return "EGRU " + q.kind.String()
}

func (q sequence[F]) roles() []role {
	rs := make([]role, len(q.inputs))
	for i := range rs {
		rs[i] = role(q.inputs[i])
	}
	return rs
}

func (q sequence[F]) operands() []operand {
	ops := make([]operand, len(q.inputs))
	for i, r := range q.roles() {
		ops[i] = roleOperands[r]
		ops[i].fixed = true
	}
	return ops
}

// sizes reads T, B and I off X and H off R.
func (q sequence[F]) sizes(in []tensor.Shape) cell.Shape {
	x, r := in[roleX], in[roleR]
	return cell.Shape{T: x[0], B: x[1], I: x[2], H: r[0]}
}

func (q sequence[F]) shape(in []tensor.Shape) (tensor.Shape, error) {
	s := q.sizes(in)
	want := [roleCount]tensor.Shape{
		roleX:           {s.T, s.B, s.I},
		roleW:           {s.I, 3 * s.H},
		roleR:           {s.H, 3 * s.H},
		roleBx:          {3 * s.H},
		roleBr:          {3 * s.H},
		roleThr:         {s.H},
		roleState:       {s.B, s.H},
		roleY:           {s.B, s.H},
		roleZoneout:     {s.T, s.B, s.H},
		roleDropConnect: {s.H, 3 * s.H},
		roleLengths:     {s.B},
		roleLiveX:       {s.T, s.B, s.I},
	}
	for i, r := range q.roles() {
		if !sameShape(in[i], want[r]) {
			return nil, errors.Wrapf(ErrShape, "%s has shape %v, want %v for X %v and R %v", roleOperands[r].name, in[i], want[r], in[roleX], in[roleR])
		}
	}
	return tensor.Shape{layoutOf(s, q.kind).size}, nil
}

func (q sequence[F]) cell(s cell.Shape) *cell.Cell[F] {
	c := &cell.Cell[F]{Shape: s, Kind: q.kind}
	if q.surrogate != nil {
		c.Surrogate = func(dst, v []F) { surrogate.Derivatives(q.surrogate, dst, v) }
	}
	if q.smooth {
		c.Smooth = func(dst, v []F) { antiderivatives(q.surrogate, dst, v) }
	}
	return c
}

func (q sequence[F]) read(arrays []array[F]) (cell.Shape, *cell.Inputs[F]) {
	shapes := make([]tensor.Shape, len(arrays))
	var of [roleCount][]F
	in := &cell.Inputs[F]{}
	for i, r := range q.roles() {
		shapes[i], of[r] = arrays[i].shape, arrays[i].floats
		if r == roleLengths {
			in.Lengths = arrays[i].index
		}
	}
	in.X, in.W, in.R, in.Bx, in.Br, in.Thr = of[roleX], of[roleW], of[roleR], of[roleBx], of[roleBr], of[roleThr]
	in.State, in.Y = of[roleState], of[roleY]
	in.Zoneout, in.DropConnect, in.LiveX = of[roleZoneout], of[roleDropConnect], of[roleLiveX]
	return q.sizes(shapes), in
}

func (q sequence[F]) forward(arrays []array[F], flat []F) error {
	s, in := q.read(arrays)
	out := outputs(layoutOf(s, q.kind), flat)
	n, err := q.cell(s).Forward(in, out)
	for cause, sentinel := range map[error]error{cell.ErrNaN: ErrNaN, cell.ErrLength: ErrIndex} {
		if errors.Is(err, cause) {
			return errors.Wrapf(sentinel, "%v, with X %v and R %v", err, arrays[roleX].shape, arrays[roleR].shape)
		}
	}
	if err != nil {
		return err
	}
	q.meter.add(Counts(n))
	if w := q.meter.watching(); len(w) > 0 {
		show(w, told[F]{s, q.kind, in, out, nil}, flat)
	}
	return nil
}

func (sequence[F]) fills() bool { return true }

func (q sequence[F]) backward([]array[F], []F, []F, [][]F) error { return nil }

// sequenceLive reads off a sequence's flat value where its units are live.
type sequenceLive[F kernel.Float] struct {
	of sequence[F]
	at layout
}

func (l sequenceLive[F]) String() string { return fmt.Sprintf("live units of %v", l.of) }

func (l sequenceLive[F]) operands() []operand {
	return []operand{{name: "sequence", rank: 1, fixed: true}, {name: "Thr", rank: 1, fixed: true}}
}

func (l sequenceLive[F]) shape([]tensor.Shape) (tensor.Shape, error) { return l.at.y.of.Clone(), nil }

func (l sequenceLive[F]) forward(in []array[F], live []F) error {
	l.of.cell(l.at.Shape).Live(in[1].floats, outputs(l.at, in[0].floats), live)
	return nil
}

func (l sequenceLive[F]) backward([]array[F], []F, []F, [][]F) error { return nil }
