package probe

import (
	"github.com/pkg/errors"

	"github.com/egru/egru/ops"
)

// Record is what a Recorder kept of a layer.
type Record struct {
	Layer     string
	Cell      string    // "EvNN", "Paper" or "GRU"; empty if nothing ran
	GateNames [3]string // as in the equations of ops.EGRU and ops.GRU
	Units     []int     // those recorded; everything below has their order
	Pieces    []Piece   // by row, then by time
}

// Piece is a stretch of steps of one row that go on from each other: those of
// one window, or of several of which each starts from the state in which the one
// before ended. Numbers are (T, units).
type Piece struct {
	Row   int   // of the batch
	Start int64 // steps of this row that were seen before the first

	Events [][]bool // a GRU sends one wherever its output is not 0

	// Not nil if States were asked for.
	States     [][]float64 // c, which is held against the threshold; of a GRU h
	Carried    [][]float64 // the state carried on: h after the reset, for the variant Paper c
	Thresholds [][]float64 // nil for GRU

	Gates [3][][]float64 // nil unless asked for

	// Not nil if Gradients were asked for; rows are nil for steps without a
	// backward pass.
	Surrogates  [][]float64 // s(c - thr); nil for GRU
	OutputGrads [][]float64 // dL/dy as it came to the output, see ops.ReadOutputGrad; where it was cut, without what was not computed
	StateGrads  [][]float64 // dL/dc
}

func (p *Piece) of(r ops.Reading) *[][]float64 {
	switch r {
	case ops.ReadState:
		return &p.States
	case ops.ReadCarried:
		return &p.Carried
	case ops.ReadThreshold:
		return &p.Thresholds
	case ops.ReadSurrogate:
		return &p.Surrogates
	case ops.ReadOutputGrad:
		return &p.OutputGrads
	case ops.ReadStateGrad:
		return &p.StateGrads
	}
	return &p.Gates[r-ops.ReadGate0]
}

// Steps is T.
func (p Piece) Steps() int { return len(p.Events) }

// Passed tells whether a gradient could pass a unit at a step: it sent an event
// or its surrogate is not 0. It cannot tell without a backward pass.
func (p Piece) Passed(t, unit int) (passed, known bool) {
	switch {
	case p.OutputGrads == nil || p.OutputGrads[t] == nil:
		return false, false
	case p.Surrogates == nil: // GRU
		return true, true
	}
	return p.Events[t][unit] || p.Surrogates[t][unit] != 0, true
}

// Longest is the longest piece, the last of several. A record without steps gives
// ErrRecord.
func (r Record) Longest() (Piece, error) {
	var longest Piece
	for _, p := range r.Pieces {
		if p.Steps() >= longest.Steps() {
			longest = p
		}
	}
	if longest.Steps() == 0 {
		return Piece{}, errors.Wrapf(ErrRecord, "nothing was recorded of layer %s", r.Layer)
	}
	return longest, nil
}

// Steps are those of all pieces.
func (r Record) Steps() int {
	n := 0
	for _, p := range r.Pieces {
		n += p.Steps()
	}
	return n
}
