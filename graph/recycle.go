package graph

import (
	"slices"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/egru/egru/internal/pool"
)

// Recycle gives the memory of what ops of this library have computed in a graph to
// later runs of that graph or others, as a Session does by itself: memory fresh from
// the system is slow. It is for graphs that a machine of yours runs: call it when a
// run is over, or has failed, and the machine is Reset.
//
// All nodes but inputs, weights and constants lose their values, and hold the scalar
// 0. A tensor that was one of them, or a view of one, must not be used any more:
// later runs write to it. There stay
//
//   - what gorgonia.Read has read on a TapeMachine, which is a copy; a LispMachine
//     hands out the value of the node, which must be cloned to stay;
//   - gradients that gorgonia.BindDualValues keeps; without it the gradient of a
//     weight is a value like any other;
//   - values that inputs of this graph have been Let, such as the state at the end
//     of a run from which the next one starts.
//
// Memory that no run takes is free after the second garbage collection. A machine
// with gorgonia.TraceExec copies into the values that nodes had before, and fails on
// a recycled graph. Recycle does nothing more when called twice, or before a run.
// Different graphs may be recycled at once.
func Recycle(g *G.ExprGraph) {
	inputs := boundToInputs(g)
	giveBack(slices.DeleteFunc(letGoComputed(g), func(v *tensor.Dense) bool {
		return slices.ContainsFunc(inputs, func(in *tensor.Dense) bool { return overlap(v, in) })
	}))
}

// boundToInputs are the tensors that a run reads and does not make.
func boundToInputs(g *G.ExprGraph) (vs []*tensor.Dense) {
	for _, n := range g.AllNodes() {
		if v, ok := n.Value().(*tensor.Dense); ok && g.From(n.ID()).Len() == 0 {
			vs = append(vs, v)
		}
	}
	return vs
}

// overlap says whether two tensors, one of which may be a view of the other, have
// memory in common.
func overlap(a, b *tensor.Dense) bool {
	return a.Uintptr() < b.Uintptr()+b.MemSize() && b.Uintptr() < a.Uintptr()+a.MemSize()
}

// letGoComputed makes the nodes of a graph forget what a run computed, and gives the
// values whose memory is from the pools.
func letGoComputed(g *G.ExprGraph) (owned []*tensor.Dense) {
	for _, n := range g.AllNodes() {
		if g.From(n.ID()).Len() == 0 || n.Value() == nil {
			continue // weights, masks and constants keep theirs; the others have none yet
		}
		if o, ok := n.Op().(interface{ OwnsValue() bool }); ok && o.OwnsValue() {
			if v, ok := n.Value().(*tensor.Dense); ok {
				owned = append(owned, v)
			}
		}
		letGo(n)
	}
	return owned
}

// mostPooled numbers may be in the values of a run that are kept for later runs,
// 128 MB of float32. A run with more of them leaves all to the garbage collector,
// which sets its pace by what is in use: keeping them would raise the peak of memory
// of the largest models by several hundred megabytes.
const mostPooled = 1 << 25

func sizeOf(values []*tensor.Dense) (numbers int) {
	for _, v := range values {
		numbers += v.DataSize()
	}
	return numbers
}

// giveBack lets later runs use the memory of values, which machines have forgotten by
// then. What a caller of a session holds is copies.
func giveBack(values []*tensor.Dense) {
	for _, v := range values {
		switch data := v.Data().(type) {
		case []float32:
			pool.Give(data)
		case []float64:
			pool.Give(data)
		}
	}
}
