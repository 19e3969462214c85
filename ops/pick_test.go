package ops

import (
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// data are the float32 behind a value.
func data(t *testing.T, n *G.Node) []float32 {
	t.Helper()
	d, ok := n.Value().Data().([]float32)
	if !ok {
		t.Fatalf("%v holds a %T", n, n.Value().Data())
	}
	return d
}

// Gradients share the vector they were made in. Whoever writes to one, Gorgonia
// or a solver, must not reach the next.
func TestGradientsOfOneOpDoNotOverlap(t *testing.T) {
	c := opCase{inputs: sequenceInputs(evnnRoles...), build: egruOf(evnnRoles, DefaultEGRU(), (*Sequence).Y)}
	o := c.graph(t, c.values(1, tensor.Float32), tensor.Float32)
	grads, err := G.Grad(o.loss, o.in[roleX], o.in[roleW], o.in[roleR], o.in[roleBx])
	if err != nil {
		t.Fatal(err)
	}
	vm := G.NewTapeMachine(o.g)
	defer vm.Close()
	if err := vm.RunAll(); err != nil {
		t.Fatal(err)
	}
	for i, n := range grads {
		for j := range data(t, n) {
			data(t, n)[j] = float32(i)
		}
	}
	for i, n := range grads {
		for _, x := range data(t, n) {
			if x != float32(i) {
				t.Fatalf("gradient %d holds %v, written to gradient %[2]v", i, x)
			}
		}
	}
}

// The outputs lie in the memory of the sequence, which the backward pass reads:
// what is handed on must be a copy.
func TestPartsOfASequenceAreCopies(t *testing.T) {
	var s *Sequence
	c := opCase{inputs: sequenceInputs(evnnRoles...), build: egruOf(evnnRoles, DefaultEGRU(), func(q *Sequence) (*G.Node, error) {
		s = q
		return q.Y()
	})}
	o := c.graph(t, c.values(1, tensor.Float32), tensor.Float32)
	vm := G.NewTapeMachine(o.g)
	defer vm.Close()
	if err := vm.RunAll(); err != nil {
		t.Fatal(err)
	}
	if &data(t, s.value)[0] != &data(t, s.outputs)[0] {
		t.Error("the outputs of a sequence were copied once more")
	}
	if &data(t, s.outputs)[0] == &data(t, o.out)[0] {
		t.Error("Y lies in the memory of the sequence")
	}
}
