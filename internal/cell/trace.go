package cell

import (
	"slices"

	"github.com/pkg/errors"

	"github.com/egru/egru/internal/kernel"
)

// Trace takes, for some rows of a batch, what the backward pass meets at every
// unit and step. It only copies: the pass computes the same with it. Steps past
// a row's end are left as they are.
type Trace[F kernel.Float] struct {
	Rows []int // of the batch, each once

	Surrogate []F // (T, len(Rows), H) s(c - thr); untouched by GRU
	Y         []F // (T, len(Rows), H) gradient that came to the output y
	State     []F // (T, len(Rows), H) gradient of c, the state before the event
}

// NewTrace makes room for rows of a sequence.
func NewTrace[F kernel.Float](s Shape, rows []int) *Trace[F] {
	n := s.T * len(rows) * s.H
	return &Trace[F]{rows, make([]F, n), make([]F, n), make([]F, n)}
}

func (t *Trace[F]) check(s Shape) error {
	if t == nil {
		return nil
	}
	for i, b := range t.Rows {
		if b < 0 || b >= s.B || slices.Contains(t.Rows[:i], b) {
			return errors.Errorf("Trace has rows %v, want rows below %d, each once", t.Rows, s.B)
		}
	}
	for _, a := range [][]F{t.Surrogate, t.Y, t.State} {
		if want := s.T * len(t.Rows) * s.H; len(a) != want {
			return errors.Errorf("Trace has room for %d numbers, want %d for T=%d, %d rows and H=%d", len(a), want, s.T, len(t.Rows), s.H)
		}
	}
	return nil
}

// keep copies numbers of row b to their place. Rows are in hand one at a time,
// so that no two goroutines write to one place.
func (t *Trace[F]) keep(to []F, step, b int, numbers []F) {
	if i := slices.Index(t.Rows, b); i >= 0 {
		copy(to[(step*len(t.Rows)+i)*len(numbers):], numbers)
	}
}

func (t *Trace[F]) keepOutput(step, b int, dy, surrogate []F) {
	if t != nil {
		t.keep(t.Y, step, b, dy)
		t.keep(t.Surrogate, step, b, surrogate)
	}
}

func (t *Trace[F]) keepState(step, b int, dc []F) {
	if t != nil {
		t.keep(t.State, step, b, dc)
	}
}
