package nb

import "github.com/egru/egru/graph/unroll"

// Cells of your own, see package unroll.
type (
	CellState = unroll.State
	Sizes     = unroll.Sizes
)

// Step makes the nodes of one step: from its part x (B, I) of the sequence and
// the state that the step before left, its output (B, H) and the state it leaves.
type Step = func(t int, x *Node, s CellState) (y *Node, next CellState)

// Unroll makes the nodes of a recurrence over x (T, B, I), step by step, and
// gives the outputs (T, B, H) and the state at the end.
func Unroll(x *Node, initial CellState, step Step) (y *Node, final CellState) {
	y, final, err := unroll.Unroll(x, initial, func(t int, x *Node, s CellState) (*Node, CellState, error) {
		y, next := step(t, x, s)
		return y, next, nil
	})
	Check(err)
	return y, final
}

// Zeros are states (B, size) of zeros for a sequence x (T, B, I).
func Zeros(cell string, x *Node, sizes Sizes) CellState { return must(unroll.Zeros(cell, x, sizes)) }
