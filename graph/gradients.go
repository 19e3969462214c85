package graph

import (
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/egru/egru/internal/kernel"
)

// gradients are where all graphs of a session leave the gradient of each weight,
// by its name: one graph runs at a time, and no run begins with another's.
type gradients map[string]*tensor.Dense

// bind makes a node of a weight use the gradient of that weight. Left to itself
// Gorgonia gives every node one of its own.
func (gs gradients) bind(n *G.Node) *tensor.Dense {
	name := n.Name()
	if gs[name] == nil {
		gs[name] = tensor.New(tensor.WithShape(n.Shape().Clone()...), tensor.Of(n.Dtype()))
	}
	G.WithGrad(gs[name])(n)
	return gs[name]
}

// gradient is that of a weight in one graph.
type gradient struct {
	into *tensor.Dense
	of   *G.Node // whose value it is

	// added says that the machine adds the value as soon as it is there. It does so
	// on one processor, to what must have been set to zero before. Otherwise the
	// value is copied at the end of the run.
	added bool
}

// added finds the weights whose gradients the machine must add, and marks these.
func added(g *G.ExprGraph, weights G.Nodes, grads []gradient) G.Nodes {
	nodes := map[uint32]int{}
	for _, n := range g.AllNodes() {
		nodes[n.Hashcode()]++
	}
	var ns G.Nodes
	for i := range grads {
		// The machine computes one node alone of those of the same hash.
		if d := grads[i].of; nodes[d.Hashcode()] == 1 && lasts(g, d) {
			continue
		}
		grads[i].added = true
		ns = append(ns, weights[i])
	}
	return ns
}

// ourOp is an op of this library.
type ourOp interface {
	OwnsValue() bool
	OverwritesInput() int
}

// lasts says whether the value of a node is sure to be there at the end of a run:
// Gorgonia computes in the memory of values that no later node reads, and some of
// its ops share that of their input.
func lasts(g *G.ExprGraph, n *G.Node) bool {
	if _, ours := n.Op().(ourOp); !ours || n.IsScalar() {
		return false
	}
	for readers := g.To(n.ID()); readers.Next(); {
		if op, ours := readers.Node().(*G.Node).Op().(ourOp); !ours || !op.OwnsValue() || op.OverwritesInput() >= 0 {
			return false
		}
	}
	return true
}

// begin is called before a run.
func (g gradient) begin() {
	if g.added {
		G.ZeroValue(g.into)
	}
}

// end is called at the end of a run, when its nodes still have their values.
func (g gradient) end() {
	if g.added {
		return
	}
	switch from := inRows(g.of.Value()); into := g.into.Data().(type) {
	case []float32:
		kernel.Copy(into, from.Data().([]float32))
	case []float64:
		kernel.Copy(into, from.Data().([]float64))
	}
}
