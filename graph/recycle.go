package graph

import (
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/egru/egru/internal/pool"
)

// Recycle gives the memory of what ops of this library have computed in a graph to
// later runs of that graph or others, as a Session does by itself: memory fresh from
// the system is slow. It is for graphs that a machine of yours runs. Call it after
// the machine's Reset, when nobody is going to read a value of the run any more: all
// nodes but inputs, weights and constants lose theirs. Gradients and what
// gorgonia.Read read are copies, and stay.
func Recycle(g *G.ExprGraph) { giveBack(letGoComputed(g)) }

// letGoComputed makes the nodes of a graph forget what a run computed, and gives the
// values whose memory is from the pools.
func letGoComputed(g *G.ExprGraph) (owned []*tensor.Dense) {
	for _, n := range g.AllNodes() {
		if g.From(n.ID()).Len() == 0 {
			continue // weights, masks and constants keep theirs
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

// giveBack lets later runs use the memory of values. The machine has forgotten them
// by then, and what a caller may hold is a copy.
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
