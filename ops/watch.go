package ops

import (
	"slices"
	"weak"

	"github.com/egru/egru/internal/cell"
	"github.com/egru/egru/internal/kernel"
)

// Watcher looks at what recurrent ops compute, pass by pass. Meter.Watch sets it
// to the ops of a meter.
type Watcher interface {
	// Rows are the rows, of a batch of B, whose gradients the next backward
	// pass is to lay open. Rows that the batch does not have are passed over.
	Rows(B int) []int

	// Watch is called after each pass, in the goroutine of the machine that
	// runs it. What the pass tells is memory of the op: copy what is to stay,
	// and read nothing after Watch has returned.
	Watch(Pass)
}

// Watch lets w look at every pass of the recurrent ops EGRU and GRU that have
// this meter, from now on until stop is called. It only looks: results do not
// depend on it, and without watchers nothing is spent on it. A pass that is under
// way may still call w while stop returns; one that fails calls nobody. On a nil
// Meter it does nothing.
func (m *Meter) Watch(w Watcher) (stop func()) {
	if m == nil || w == nil {
		return func() {}
	}
	seat := &w // tells w from itself, watching twice
	m.mu.Lock()
	defer m.mu.Unlock()
	m.watchers = append(slices.Clip(m.watchers), seat) // a copy: passes read the old one
	return func() {
		m.mu.Lock()
		defer m.mu.Unlock()
		m.watchers = slices.DeleteFunc(slices.Clone(m.watchers), func(s *Watcher) bool { return s == seat })
	}
}

// watching are those who look now.
func (m *Meter) watching() []*Watcher {
	if m == nil {
		return nil
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.watchers
}

// Reading is something that a Pass tells of every unit at every step.
type Reading int

const (
	ReadEvent     Reading = iota // o, 1 with an event and else 0; of GRU, which sends all outputs, 1 where y != 0
	ReadState                    // c, the state that is held against the threshold; of GRU h
	ReadCarried                  // the state carried on: h after the reset, for the variant Paper c
	ReadOutput                   // y
	ReadThreshold                // thr, the same at all steps of a pass; GRU has none
	ReadGate0                    // the three gates, in the order of Pass.Gates
	ReadGate1
	ReadGate2

	// Of a backward pass only, and of the rows that a watcher asked for:

	ReadSurrogate  // s(c - thr); GRU has none
	ReadOutputGrad // dL/dy as it came to the output; of GRU without what its state carries back
	ReadStateGrad  // dL/dc as it went on, to the gates and the step before

	readings
)

// Pass is one way of a recurrent op through a sequence, forward or back, as a
// Watcher sees it. T, B and H are its steps, rows and units.
//
// A unit that sent no event and has a surrogate of 0 cuts the gradient that came
// to its output. Where it does, the recurrent part of that gradient was not even
// computed.
type Pass struct {
	Cell     string    // "EvNN" or "Paper", the variants of EGRU, or "GRU"
	Gates    [3]string // the names of the gates in the equations of EGRU and GRU
	Backward bool
	T, B, H  int

	run  any
	told interface {
		steps(row int) int
		read(dst []float64, what Reading, t, row int) bool
		initial(dst []float64, row int)
	}
}

// Run tells runs of an op apart, by ==: a forward pass and the backward pass
// over what it computed have the same. A later forward pass may have it again, once
// no backward pass can follow the earlier one.
func (p Pass) Run() any { return p.run }

// Steps is how many steps a row has, T but for rows of given length; 0 for a row
// that the batch does not have.
func (p Pass) Steps(row int) int {
	if p.told == nil || row < 0 || row >= p.B {
		return 0
	}
	return p.told.steps(row)
}

// Read writes what is told of the units (H) of a row at step t. It returns false
// and writes nothing if that is not told: by no such cell, not on this way, not
// of this row or step; or if dst does not have H places.
func (p Pass) Read(dst []float64, what Reading, t, row int) bool {
	if what < 0 || what >= readings || t < 0 || t >= p.Steps(row) || len(dst) != p.H {
		return false
	}
	return p.told.read(dst, what, t, row)
}

// Initial writes the state (H) from which a row starts.
func (p Pass) Initial(dst []float64, row int) bool {
	if p.told == nil || row < 0 || row >= p.B || len(dst) != p.H {
		return false
	}
	p.told.initial(dst, row)
	return true
}

// told is a pass in its precision.
type told[F kernel.Float] struct {
	cell.Shape
	kind  cell.Kind
	in    *cell.Inputs[F]
	out   *cell.Outputs[F]
	trace *cell.Trace[F] // nil forward
}

var gateNames = map[cell.Kind][3]string{
	cell.EvNN:  {"z", "r", "g"},
	cell.Paper: {"u", "r", "z"},
	cell.GRU:   {"r", "z", "n"},
}

// show lets watchers look at a pass. flat is the value of the sequence, which its
// two ways have in common.
func show[F kernel.Float](watchers []*Watcher, t told[F], flat []F) {
	p := Pass{
		Cell:     t.kind.String(),
		Gates:    gateNames[t.kind],
		Backward: t.trace != nil,
		T:        t.T, B: t.B, H: t.H,
		run:  weak.Make(&flat[0]), // keeps no memory alive
		told: t,
	}
	for _, w := range watchers {
		(*w).Watch(p)
	}
}

// traceFor makes room for the gradients that watchers want to see.
func traceFor[F kernel.Float](watchers []*Watcher, s cell.Shape) *cell.Trace[F] {
	rows := []int{}
	for _, w := range watchers {
		for _, b := range (*w).Rows(s.B) {
			if b >= 0 && b < s.B && !slices.Contains(rows, b) {
				rows = append(rows, b)
			}
		}
	}
	return cell.NewTrace[F](s, rows)
}

func (t told[F]) steps(row int) int {
	if t.in.Lengths == nil {
		return t.T
	}
	return t.in.Lengths[row]
}

func (t told[F]) initial(dst []float64, row int) {
	if t.in.State == nil {
		clear(dst)
		return
	}
	widen(dst, t.in.State[row*t.H:])
}

func (t told[F]) read(dst []float64, what Reading, step, row int) bool {
	at := (step*t.B + row) * t.H
	part := func(of []F) bool {
		if of == nil {
			return false
		}
		widen(dst, of[at:])
		return true
	}
	states := t.out.State
	if t.kind == cell.GRU {
		states = t.out.Y
	}
	switch what {
	case ReadEvent:
		if t.kind == cell.GRU {
			for j, y := range t.out.Y[at : at+t.H] {
				dst[j] = 0
				if y != 0 {
					dst[j] = 1
				}
			}
			return true
		}
		return part(t.out.Events)
	case ReadState:
		if t.kind == cell.EvNN {
			t.statesBefore(dst, at)
			return true
		}
		return part(states)
	case ReadCarried:
		return part(states)
	case ReadOutput:
		return part(t.out.Y)
	case ReadThreshold:
		if t.in.Thr == nil {
			return false
		}
		widen(dst, t.in.Thr)
		return true
	case ReadGate0, ReadGate1, ReadGate2:
		widen(dst, t.out.Gates[3*at+int(what-ReadGate0)*t.H:])
		return true
	}
	return t.readTrace(dst, what, step, row)
}

// statesBefore are the states before the reset. Where an event of 1 was sent that
// is the output, to the bit; elsewhere the threshold is added back.
func (t told[F]) statesBefore(dst []float64, at int) {
	for j, thr := range t.in.Thr {
		o, c := t.out.Events[at+j], t.out.State[at+j]
		switch o {
		case 0:
		case 1:
			c = t.out.Y[at+j]
		default:
			c += o * thr
		}
		dst[j] = float64(c)
	}
}

func (t told[F]) readTrace(dst []float64, what Reading, step, row int) bool {
	if t.trace == nil || what == ReadSurrogate && t.kind == cell.GRU {
		return false
	}
	i := slices.Index(t.trace.Rows, row)
	if i < 0 {
		return false
	}
	of := t.trace.State
	switch what {
	case ReadSurrogate:
		of = t.trace.Surrogate
	case ReadOutputGrad:
		of = t.trace.Y
	}
	widen(dst, of[(step*len(t.trace.Rows)+i)*t.H:])
	return true
}

// widen copies as many numbers as dst has places for.
func widen[F kernel.Float](dst []float64, src []F) {
	for j := range dst {
		dst[j] = float64(src[j])
	}
}
