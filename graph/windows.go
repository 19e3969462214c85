package graph

import (
	"github.com/pkg/errors"
	"gorgonia.org/tensor"
)

// The names of a language model's inputs.
const (
	Tokens  = "tokens"
	Targets = "targets"
)

// Windows walks a stream of tokens that was cut into B rows side by side, each
// window going on where the last one ended:
//
//	tokens[t, b]  = stream[b*n + at + t]
//	targets[t, b] = stream[b*n + at + t + 1]
//
// with n = (len(stream)-1)/B tokens a row; up to B-1 tokens at the end are left
// over. The last window may be shorter than T.
type Windows struct {
	stream []int
	b, t   int
	rows   int // tokens a row
	at     int // start of the window in hand
	size   int // its steps
}

// NewWindows cuts a stream into b rows and windows of t steps.
func NewWindows(stream []int, b, t int) (*Windows, error) {
	if b < 1 || t < 1 {
		return nil, errors.Wrapf(ErrFeed, "windows of %d rows and %d steps, want at least 1 of each", b, t)
	}
	n := (len(stream) - 1) / b
	if n < 1 {
		return nil, errors.Wrapf(ErrFeed, "%d tokens do not make %d rows of at least one token and its target", len(stream), b)
	}
	return &Windows{stream: stream, b: b, t: t, rows: n}, nil
}

// Next goes on to the next window of up to t steps. It is false at the end.
func (w *Windows) Next() bool { return w.NextOf(w.t) }

// NextOf is Next for a window of up to t steps of its own; none for t below 1.
func (w *Windows) NextOf(t int) bool {
	w.at += w.size
	w.size = max(0, min(t, w.rows-w.at))
	return w.size > 0
}

// Len is the number of windows of t steps in the stream.
func (w *Windows) Len() int { return (w.rows + w.t - 1) / w.t }

// Row is the number of tokens of each row, without its last target.
func (w *Windows) Row() int { return w.rows }

// Position is the number of tokens of each row before the window in hand.
func (w *Windows) Position() int { return w.at }

// Seek makes Next go on at a position, from 0 to the end of the rows.
func (w *Windows) Seek(position int) error {
	if position < 0 || position > w.rows {
		return errors.Wrapf(ErrFeed, "position is %d, want 0 to %d", position, w.rows)
	}
	w.at, w.size = position, 0
	return nil
}

// Steps is the number of steps of the window in hand.
func (w *Windows) Steps() int { return w.size }

// Count is the number of targets in the window in hand.
func (w *Windows) Count() int { return w.size * w.b }

// Feeds are the inputs of the window in hand for a language model; nil where
// there is none, before the first Next and after the last.
func (w *Windows) Feeds() Feeds {
	if w.size == 0 {
		return nil
	}
	tokens, targets := make([]int, w.Count()), make([]int, w.Count())
	for t := range w.size {
		for b := range w.b {
			from := b*w.rows + w.at + t
			tokens[t*w.b+b], targets[t*w.b+b] = w.stream[from], w.stream[from+1]
		}
	}
	of := func(ids []int) *tensor.Dense {
		return tensor.New(tensor.WithShape(w.size, w.b), tensor.WithBacking(ids))
	}
	return Feeds{Tokens: of(tokens), Targets: of(targets)}
}
