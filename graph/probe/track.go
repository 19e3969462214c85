package probe

import (
	"cmp"
	"slices"

	"github.com/egru/egru/layers"
	"github.com/egru/egru/ops"
)

// track is the memory of one row of one layer: slots for steps, in one row of
// numbers for each reading.
type track struct {
	keep      Keep
	row       int
	hidden    int   // H
	units     []int // those recorded
	all       bool  // they are all, in order
	cell      string
	gateNames [3]string

	slots    []slot
	events   []bool        // (slots, units)
	readings []ops.Reading // those recorded beside the events
	numbers  [][]float64   // of each reading (slots, units)

	windows, steps int64     // seen so far
	last           []float64 // the state in which the last window ended; nil for none to go on from
	scratch        []float64 // (H)
}

// slot says which step is kept in a place.
type slot struct {
	used     bool
	starts   bool  // the step does not go on from the one before
	backward bool  // its gradients are there
	number   int64 // of the step, among all that were seen of the row
	t        int   // in its window
	run      any   // of its window, see ops.Pass.Run
}

const (
	flagBytes = 1  // of an event
	slotBytes = 40 // of a slot; a test holds to it
)

var (
	stateReadings    = []ops.Reading{ops.ReadState, ops.ReadCarried, ops.ReadThreshold}
	gateReadings     = []ops.Reading{ops.ReadGate0, ops.ReadGate1, ops.ReadGate2}
	gradientReadings = []ops.Reading{ops.ReadSurrogate, ops.ReadOutputGrad, ops.ReadStateGrad}
)

func (c RecorderConfig) readings() []ops.Reading {
	var all []ops.Reading
	for _, part := range []struct {
		wanted   bool
		readings []ops.Reading
	}{{c.States, stateReadings}, {c.Gates, gateReadings}, {c.Gradients, gradientReadings}} {
		if part.wanted {
			all = append(all, part.readings...)
		}
	}
	return all
}

// trackBytes is the memory of a track.
func trackBytes(c RecorderConfig, units int) float64 {
	windows, steps := c.Keep.room()
	perUnit := float64(flagBytes + 8*len(c.readings()))
	return float64(windows) * float64(steps) * (slotBytes + float64(units)*perUnit)
}

func newTrack(c RecorderConfig, l layers.Recurrent, row int) *track {
	windows, steps := c.Keep.room()
	n := windows * steps
	t := &track{
		keep:     c.Keep,
		row:      row,
		hidden:   l.Units(),
		units:    c.units(l),
		all:      c.Units == nil,
		slots:    make([]slot, n),
		readings: c.readings(),
		scratch:  make([]float64, l.Units()),
	}
	t.events = make([]bool, n*len(t.units))
	for range t.readings {
		t.numbers = append(t.numbers, make([]float64, n*len(t.units)))
	}
	return t
}

// forward keeps the steps of a window, if it is to be kept.
func (t *track) forward(p ops.Pass) {
	t.cell, t.gateNames = p.Cell, p.Gates
	n, first, window := p.Steps(t.row), t.steps, t.windows
	t.steps += int64(n)
	t.windows++
	goesOn := t.follows(p, n)
	for at := range t.slots {
		if t.slots[at].run == p.Run() {
			t.slots[at].run = nil // an earlier window in the same memory: its way back is over
		}
	}
	place := t.keep.place(window)
	if place < 0 {
		return
	}
	_, room := t.keep.room()
	slots := t.slots[place*room : (place+1)*room]
	if _, ring := t.keep.(Ring); !ring {
		clear(slots)
	}
	for step := max(0, n-room); step < n; step++ {
		number := first + int64(step)
		at := step - max(0, n-room)
		if _, ring := t.keep.(Ring); ring {
			at = int(number % int64(room))
		}
		slots[at] = slot{used: true, starts: step == 0 && !goesOn, number: number, t: step, run: p.Run()}
		at += place * room
		t.readEvents(at, p, step)
		for i := range t.readings {
			t.read(at, i, p, step)
		}
	}
}

// follows tells whether a window of n steps starts from the state in which the
// last one ended, and keeps the one in which it ends.
func (t *track) follows(p ops.Pass, n int) bool {
	state := make([]float64, len(t.units))
	p.Initial(t.scratch, t.row)
	t.pick(state)
	follows := t.last != nil && slices.Equal(t.last, state)
	if n > 0 {
		p.Read(t.scratch, ops.ReadCarried, n-1, t.row)
		t.pick(state)
	}
	t.last = state
	return follows
}

// pick copies the numbers of the recorded units out of scratch.
func (t *track) pick(dst []float64) {
	if t.all {
		copy(dst, t.scratch)
		return
	}
	for i, u := range t.units {
		dst[i] = t.scratch[u]
	}
}

func (t *track) readEvents(at int, p ops.Pass, step int) {
	p.Read(t.scratch, ops.ReadEvent, step, t.row)
	for i, u := range t.units {
		t.events[at*len(t.units)+i] = t.scratch[u] != 0
	}
}

// read keeps reading i of a step, which a pass may not tell.
func (t *track) read(at, i int, p ops.Pass, step int) bool {
	if !p.Read(t.scratch, t.readings[i], step, t.row) {
		return false
	}
	t.pick(t.numbers[i][at*len(t.units) : (at+1)*len(t.units)])
	return true
}

// back adds the gradients to those steps of a window that are still kept.
func (t *track) back(p ops.Pass) {
	for at, s := range t.slots {
		if !s.used || s.run != p.Run() {
			continue
		}
		for i, r := range t.readings {
			if slices.Contains(gradientReadings, r) && t.read(at, i, p, s.t) {
				t.slots[at].backward = true
			}
		}
	}
}

// pieces are copies of the steps kept, in order, cut where they do not go on
// from each other.
func (t *track) pieces() []Piece {
	var order []int
	for at, s := range t.slots {
		if s.used {
			order = append(order, at)
		}
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(t.slots[a].number, t.slots[b].number) })
	var all []Piece
	for len(order) > 0 {
		n := 1
		for n < len(order) && t.slots[order[n]].number == t.slots[order[n-1]].number+1 && !t.slots[order[n]].starts {
			n++
		}
		all = append(all, t.piece(order[:n]))
		order = order[n:]
	}
	return all
}

func (t *track) piece(at []int) Piece {
	p := Piece{Row: t.row, Start: t.slots[at[0]].number}
	n := len(t.units)
	for _, slot := range at {
		p.Events = append(p.Events, slices.Clone(t.events[slot*n:(slot+1)*n]))
	}
	for i, r := range t.readings {
		to := p.of(r)
		if t.cell == "GRU" && (r == ops.ReadThreshold || r == ops.ReadSurrogate) {
			continue
		}
		back := slices.Contains(gradientReadings, r)
		for _, slot := range at {
			var row []float64
			if !back || t.slots[slot].backward {
				row = slices.Clone(t.numbers[i][slot*n : (slot+1)*n])
			}
			*to = append(*to, row)
		}
	}
	return p
}
