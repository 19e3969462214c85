package stream

import (
	"github.com/pkg/errors"

	"github.com/egru/egru/internal/cell"
	"github.com/egru/egru/internal/kernel"
	"github.com/egru/egru/layers"
	"github.com/egru/egru/ops"
)

// layer is a recurrent layer as an engine keeps it. Its pre-activations lie side by
// side, H numbers each,
//
//	recurrent part of the candidate | two gates | rest of the candidate
//
// so that a row of R, whose columns are in the order of the first three, and one of
// W, in that of the last three, are each added in one go.
type layer struct {
	name      string
	kind      cell.Kind
	inputs, H int

	w kernel.Rows // (I, 3H); nil where the engine has a table in its place
	r kernel.Rows // (H, 3H), candidate first; for Paper (H, 2H), the gates alone
	c kernel.Rows // (H, H), of Paper's candidate

	bias          []float32 // (3H) of two gates and candidate
	candidateBias []float32 // (H) of the candidate's recurrent part; nil for Paper
	thr           []float32 // (H); nil for GRU
	gain          []float32 // (H); nil where it is 1
	takeNew       []float32 // (H) zoneout at evaluation: the share of the new state; nil without
}

// weightsOf are the weights of a recurrent layer, float32, as the layer has them.
type weightsOf struct {
	cell.Kind
	inputs, units int
	w, r, bx, br  []float32
	thr, gain     []float32
	zoneout       float64
}

func weightsIn(l layers.Recurrent) (w weightsOf, err error) {
	outputGain, learnGain := 1.0, false
	if layers.IsNil(l) {
		return w, errors.Wrap(ErrModel, "a layer is nil")
	}
	switch l := l.(type) {
	case *layers.EGRU:
		c := l.Config()
		w.inputs, w.units, w.zoneout = c.Inputs, c.Hidden, c.Zoneout
		outputGain, learnGain = c.OutputGain, c.LearnGain
		if c.Variant == ops.Paper {
			w.Kind = cell.Paper
		}
	case *layers.GRU:
		c := l.Config()
		w.Kind, w.inputs, w.units, w.zoneout = cell.GRU, c.Inputs, c.Hidden, c.Zoneout
	default:
		return w, errors.Wrapf(ErrModel, "a layer is a %T, want *layers.EGRU or *layers.GRU", l)
	}
	I, H := w.inputs, w.units
	byName := map[string]*layers.Param{}
	for _, p := range l.Params() {
		byName[p.Name()] = p
	}
	for _, p := range []struct {
		name  string
		to    *[]float32
		there bool
		shape []int
	}{
		{"kernel", &w.w, true, []int{I, 3 * H}},
		{"recurrent_kernel", &w.r, true, []int{H, 3 * H}},
		{"bias", &w.bx, true, []int{3 * H}},
		{"recurrent_bias", &w.br, w.Kind != cell.Paper, []int{3 * H}},
		{"threshold", &w.thr, w.Kind != cell.GRU, []int{H}},
		{"gain", &w.gain, learnGain, []int{H}},
	} {
		if !p.there {
			continue
		}
		name := l.Name() + "." + p.name
		if byName[name] == nil {
			return w, errors.Wrapf(ErrModel, "the layer has no weight %s", name)
		}
		if *p.to, err = numbers(byName[name], p.shape...); err != nil {
			return w, err
		}
	}
	if !learnGain && outputGain != 1 {
		w.gain = repeated(float32(outputGain), H)
	}
	return w, nil
}

func repeated(x float32, n int) []float32 {
	xs := make([]float32, n)
	for i := range xs {
		xs[i] = x
	}
	return xs
}

func (w weightsOf) kernel() kernel.Mat[float32] {
	return kernel.NewMat(w.w, w.inputs, 3*w.units)
}

// layer lays the weights out. The kernel is left to the engine. squares are of what
// the layer's units send.
func (w weightsOf) layer(name string, c Config, squares []float64) *layer {
	H := w.units
	l := &layer{name: name, kind: w.Kind, inputs: w.inputs, H: H, thr: w.thr, gain: w.gain}
	l.bias = w.bx
	r := kernel.NewMat(w.r, H, 3*H)
	if w.Kind == cell.Paper {
		// The candidate's rows meet r*y', of which only the bound y' was seen.
		l.r, l.c = c.rows(r.ColRange(0, 2*H), sparse, squares), c.rows(r.ColRange(2*H, 3*H), sparse, squares)
	} else {
		kernel.Add(l.bias[:2*H], w.br[:2*H])
		l.candidateBias = w.br[2*H:]
		turned := kernel.NewMat(make([]float32, len(w.r)), H, 3*H)
		for k := range H {
			copy(turned.Row(k), r.Row(k)[2*H:])
			copy(turned.Row(k)[H:], r.Row(k)[:2*H])
		}
		l.r = c.rows(turned, sendersAbove(w.Kind), squares)
	}
	if w.zoneout != 0 {
		l.takeNew = repeated(float32(1-w.zoneout), H)
	}
	return l
}

// keepAndReset finds the gate that keeps the old state and the reset gate.
func (l *layer) keepAndReset(pre []float32) (keep, reset []float32) {
	a, b := pre[l.H:2*l.H], pre[2*l.H:3*l.H]
	if l.kind == cell.GRU {
		return b, a
	}
	return a, b
}

// memory is a layer's part of a stream. A step reads now and writes next.
type memory struct {
	now, next units
	pre, o    []float32         // (4H), (H)
	reset     []float32         // (H) r*y' of Paper
	fed       *kernel.EventList // its events
	sent      *kernel.EventList // what the layer above receives; next.events without a gain
}

// units are the state of a layer between steps.
type units struct {
	state  []float32 // (H) h; for Paper c
	y      []float32 // (H); for GRU the state itself
	events *kernel.EventList
}

func (l *layer) newUnits() units {
	u := units{state: make([]float32, l.H), events: kernel.NewEventList(l.H)}
	u.y = u.state
	if l.kind != cell.GRU {
		u.y = make([]float32, l.H)
	}
	return u
}

func (u *units) reset() {
	clear(u.state)
	clear(u.y)
	u.events.Of(u.y)
}

func (u *units) copy(from *units) {
	copy(u.state, from.state)
	copy(u.y, from.y)
	u.events.Take(from.events.At, from.events.V)
}

func (l *layer) newMemory() memory {
	m := memory{now: l.newUnits(), next: l.newUnits(), pre: make([]float32, 4*l.H)}
	if l.kind != cell.GRU {
		m.o = make([]float32, l.H)
	}
	if l.kind == cell.Paper {
		m.reset, m.fed = make([]float32, l.H), kernel.NewEventList(l.H)
	}
	if l.gain != nil {
		m.sent = kernel.NewEventList(l.H)
	}
	return m
}

// send lists what the units u send upwards.
func (l *layer) send(m *memory, u *units) *kernel.EventList {
	if l.gain == nil {
		return u.events
	}
	m.sent.Scaled(u.events, l.gain)
	return m.sent
}

// step computes the next state of m, from pre-activations that hold what biases and
// inputs add to gates and candidate. The order of roundings is that of package cell.
func (l *layer) step(m *memory, work *work) error {
	H, pre, now, next := l.H, m.pre, &m.now, &m.next
	gates, candidate := pre[H:3*H], pre[3*H:]
	if l.kind == cell.Paper {
		work.add(l.r, gates, now.events)
		kernel.Sigmoid(gates, gates)
		kernel.Multiply(m.reset, gates[H:], now.y)
		m.fed.Of(m.reset)
		work.add(l.c, candidate, m.fed)
		kernel.Tanh(candidate, candidate)
		kernel.Mix(next.state, gates[:H], candidate, now.state)
		kernel.Subtract(next.state, next.state, now.y)
		work.count.UnitMACs += 3 * int64(H)
		work.count.Adds += 2 * int64(H)
	} else {
		recurrent := pre[:H]
		copy(recurrent, l.candidateBias)
		work.add(l.r, pre[:3*H], now.events)
		kernel.Sigmoid(gates, gates)
		keep, reset := l.keepAndReset(pre)
		kernel.AddProduct(candidate, reset, recurrent)
		kernel.Tanh(candidate, candidate)
		kernel.Mix(next.state, keep, now.state, candidate)
		work.count.UnitMACs += 3 * int64(H)
		work.count.Adds += int64(H)
	}
	if l.takeNew != nil {
		kernel.Mix(next.state, l.takeNew, next.state, now.state)
		work.count.UnitMACs += 2 * int64(H)
		work.count.Adds += int64(H)
	}
	ok := true
	switch l.kind {
	case cell.EvNN:
		ok = kernel.FireAndReset(m.o, next.y, next.state, l.thr) >= 0
		work.count.UnitMACs += int64(H)
		work.count.Adds += int64(H)
	case cell.Paper:
		ok = kernel.Fire(m.o, next.y, next.state, l.thr) >= 0
		work.count.Adds += int64(H)
	}
	next.events.Of(next.y)
	if l.kind != cell.EvNN || !ok {
		if i := notANumber(next.state); i >= 0 {
			return errors.Wrapf(ErrNaN, "layer %s, unit %d", l.name, i)
		}
	}
	if !ok {
		return errors.Wrapf(ErrNaN, "layer %s", l.name)
	}
	work.count.Units += int64(H)
	work.count.Events += int64(len(next.events.At))
	work.count.DenseMACs += int64(l.inputs+H) * 3 * int64(H)
	work.count.DenseWeightBytes += int64(l.inputs+H) * 3 * int64(H) * 4
	return nil
}

func notANumber(x []float32) int {
	for i, v := range x {
		if v != v {
			return i
		}
	}
	return -1
}

// work is what a stream adds with, and what it counts.
type work struct {
	scratch []float32
	scales  bool     // rows have scales of 8 bits
	count   Counters // of the step
}

func (w *work) add(rows kernel.Rows, dst []float32, events *kernel.EventList) {
	rows.Add(dst, events.At, events.V, w.scratch)
	macs, bytes := rows.Cost(events.At)
	w.count.MACs += macs
	w.count.WeightBytes += bytes
	if w.scales && len(events.At) > 0 {
		_, cols := rows.Shape()
		w.count.UnitMACs += int64(cols)
	}
}
