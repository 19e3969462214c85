package nb

import (
	G "gorgonia.org/gorgonia"

	"github.com/egru/egru/graph/unroll"
	"github.com/egru/egru/ops"
)

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

// Steps gathers a node (B, ...) of each step, to be seen as one sequence.
type Steps struct{ nodes G.Nodes }

// NewSteps has none yet.
func NewSteps() *Steps { return &Steps{} }

// Add adds the node of the next step.
func (s *Steps) Add(n *Node) { s.nodes = append(s.nodes, n) }

// Stack is the sequence (T, B, ...).
func (s *Steps) Stack() *Node { return must(ops.TimeStack(s.nodes...)) }
