package unroll_test

import (
	"runtime"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/egru/egru/graph/unroll"
	"github.com/egru/egru/layers"
	"github.com/egru/egru/ops/surrogate"
)

// taken is how much memory a training run of T steps of a cell has taken at its
// end, when Gorgonia still holds all that it computed.
func taken(t *testing.T, m cell, T, B, I int) (bytes int) {
	t.Helper()
	g := G.NewGraph()
	x, err := weight("x", tensor.Float32, 0, 1, T, B, I).Node(g)
	if err != nil {
		t.Fatal(err)
	}
	initial, err := unroll.Zeros("cell", x, m.Sizes())
	if err != nil {
		t.Fatal(err)
	}
	y, _, err := m.Run(x, initial)
	if err != nil {
		t.Fatal(err)
	}
	loss, err := G.Sum(y)
	if err != nil {
		t.Fatal(err)
	}
	weights, err := layers.Nodes(g, m.Params())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := G.Grad(loss, weights...); err != nil {
		t.Fatal(err)
	}
	vm := G.NewTapeMachine(g, G.BindDualValues(weights...))
	defer vm.Close()
	before := heap()
	if err := vm.RunAll(); err != nil {
		t.Fatal(err)
	}
	after := heap()
	runtime.KeepAlive(vm)
	return int(after) - int(before)
}

// heap is what is in use. Pools are emptied by the second collection.
func heap() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// Steps share one gradient of each matrix: memory grows by what the steps compute,
// not by the size of the weights. With H and I of 512 this prints the figures of the
// package comment.
func TestMoreStepsTakeNoMoreMemoryForGradientsOfWeights(t *testing.T) {
	const few, many, B, I, H = 8, 64, 2, 128, 128
	m := newEGRU(false, I, H, tensor.Float32, surrogate.DefaultTriangle())
	weights := 4 * layers.Size(m.Params())
	short, long := taken(t, m, few, B, I), taken(t, m, many, B, I)
	perStep := (long - short) / (many - few)
	t.Logf("weights take %d KB; a run of %d steps %d KB, of %d steps %d KB: %d KB a step", weights>>10, few, short>>10, many, long>>10, perStep>>10)
	// All values of a step and their gradients, about 60 arrays (B, H).
	if most := 100 * 4 * B * H; perStep > most {
		t.Errorf("a step takes %d bytes, want at most %d; weights take %d", perStep, most, weights)
	}
}
