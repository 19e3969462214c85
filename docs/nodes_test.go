package docs_test

import (
	"testing"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/egru/egru/layers"
	"github.com/egru/egru/ops"
)

func TestSoftMaxAndLogSoftMaxAreOneNode(t *testing.T) {
	g := G.NewGraph()
	x := of(g, "x", []float64{1, 2, 3}, 3)
	p := read(must(G.SoftMax(x)))
	logP := read(must(G.LogSoftMax(x))) // gives the node of SoftMax
	tape(g)

	gives(t, (*p).Data(), []float64{0.09003, 0.2447, 0.6652})
	proves(t, finding{
		got:        (*logP).Data(),
		wrong:      []float64{0.09003, 0.2447, 0.6652},
		right:      []float64{-2.408, -1.408, -0.4076},
		workaround: "the advice not to use both on one node",
	})
}

func TestDropoutsOfOtherProbabilitiesAreOneNode(t *testing.T) {
	g := G.NewGraph()
	x := of(g, "x", make([]float64, 4), 4)
	little := must(G.Dropout(x, 0.1))
	much := must(G.Dropout(x, 0.9)) // drops as little
	proves(t, finding{got: little == much, wrong: true, right: false, workaround: "one of the reasons for ops.Dropout"})

	key := of(g, "key", []int{1, 0}, 2)
	little = must(ops.Dropout(x, key, ops.DropoutConfig{P: 0.1, Stream: "a"}))
	much = must(ops.Dropout(x, key, ops.DropoutConfig{P: 0.9, Stream: "a"}))
	gives(t, little == much, false)
}

func TestSlices256ApartAreOneNode(t *testing.T) {
	g := G.NewGraph()
	x := of(g, "x", tensor.Range(tensor.Float64, 0, 300), 300, 1) // (T, 1), x[t] is t
	early := read(must(G.Slice(x, G.S(5))))
	late := read(must(G.Slice(x, G.S(261)))) // gives x[5]
	must(ops.TimeSlice(x, 5))
	ours := read(must(ops.TimeSlice(x, 261)))
	tape(g)

	gives(t, (*early).Data(), 5.0)
	proves(t, finding{got: (*late).Data(), wrong: 5.0, right: 261.0, workaround: "one of the reasons for ops.TimeSlice"})
	gives(t, (*ours).Data(), []float64{261})
}

func TestInputsOfOneNameAreOneNode(t *testing.T) {
	g := G.NewGraph()
	of(g, "w", []float64{1, 2}, 2)
	second := of(g, "w", []float64{3, 4}, 2) // gives the first
	proves(t, finding{
		got: second.Value().Data(), wrong: []float64{1, 2}, right: []float64{3, 4},
		workaround: "the check of names in layers/param.go",
	})

	w := layers.NewParam("w", tensor.New(tensor.WithBacking([]float64{3, 4})))
	_, err := w.Node(g)
	gives(t, errors.Is(err, layers.ErrGraph), true)
}

// The two names have one hash of 32 bits, as some two of 100,000 nodes have by
// chance more often than not.
func TestNodesOfOneHashCodeAreComputedOnce(t *testing.T) {
	g := G.NewGraph()
	x := of(g, "x", []float64{1, 2}, 2)
	double := must(G.ApplyOp(custom{"xksxlu", times(2)}, x))
	triple := must(G.ApplyOp(custom{"yycfoo", times(3)}, x))
	value := read(triple) // computed by nobody: the first register is read
	tape(g)

	if double == triple || double.Hashcode() != triple.Hashcode() {
		t.Fatal("the nodes are to be two of one hash")
	}
	proves(t, finding{
		got: (*value).Data(), wrong: []float64{1, 2}, right: []float64{3, 6},
		workaround: "one of the reasons for one node for a whole sequence",
	})

	nodes := func(T int) int {
		g := G.NewGraph()
		x := of(g, "x", make([]float32, T*2), T, 1, 2)
		rnn := must(layers.NewEGRU("rnn", layers.DefaultEGRU(2, 3)))
		must(G.Grad(must(G.Sum(must(rnn.Forward(x)))), must(rnn.Nodes(g))...))
		return len(g.AllNodes())
	}
	gives(t, nodes(1000), nodes(10))
}
