package unroll

import (
	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"
)

// trace follows what each step is made of. A step that reaches another one
// around its state would compute something else when the state is carried over
// to another window. And it may not be the step's own doing: Gorgonia (v0.9.18)
// takes two nodes of one op for one where the 32-bit hashes of what they are
// made of happen to agree, which hands a step a node of another one.
type trace struct {
	g     *G.ExprGraph
	steps map[*G.Node]int  // x and states of each step, by the step they belong to
	clean map[*G.Node]bool // made of no step
}

func newTrace(g *G.ExprGraph) *trace {
	return &trace{g, map[*G.Node]int{}, map[*G.Node]bool{}}
}

// step wants the results of step t made of its own x and state.
func (tr *trace) step(t int, x *G.Node, state State, y *G.Node, next State) error {
	own := map[*G.Node]bool{x: true}
	for _, n := range state {
		own[n] = true
	}
	for n := range own {
		tr.steps[n] = t
	}
	done := map[*G.Node]bool{}
	for _, name := range next.names() {
		if _, err := tr.from(next[name], own, done); err != nil {
			return errors.Wrapf(err, "state %s", name)
		}
	}
	_, err := tr.from(y, own, done)
	return errors.Wrap(err, "y")
}

// from says whether a node is made of no step at all. done holds what is known
// to be made of this one.
func (tr *trace) from(n *G.Node, own, done map[*G.Node]bool) (clean bool, err error) {
	if own[n] || done[n] {
		return false, nil
	}
	if tr.clean[n] {
		return true, nil
	}
	if other, ok := tr.steps[n]; ok {
		return false, errors.Wrapf(ErrStep, "it reaches %v of step %d, want other steps reached by the state alone", n, other)
	}
	clean = true
	for it := tr.g.From(n.ID()); it != nil && it.Next(); {
		c, err := tr.from(it.Node().(*G.Node), own, done)
		if err != nil {
			return false, err
		}
		clean = clean && c
	}
	if clean {
		tr.clean[n] = true
	} else {
		done[n] = true
	}
	return clean, nil
}
