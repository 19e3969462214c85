package docs_test

import (
	"fmt"
	"slices"
	"testing"

	G "gorgonia.org/gorgonia"

	"github.com/egru/egru/layers"
	"github.com/egru/egru/ops"
)

// ours is ops.Dropout with a key of its own.
func ours(x *G.Node, p float64) (*G.Node, error) {
	key := of(x.Graph(), "key", []int{1, 0}, 2) // seed and step
	return ops.Dropout(x, key, ops.DropoutConfig{P: p, Stream: "dropout"})
}

func TestTheGradientOfDropoutIsScaledByTheWrongProbability(t *testing.T) {
	// scale is the factor on the numbers that are kept, and on their gradients.
	scale := func(dropout func(*G.Node, float64) (*G.Node, error)) (value, grad float64) {
		g := G.NewGraph()
		x := of(g, "x", slices.Repeat([]float64{1}, 100), 100)
		y := must(dropout(x, 0.2))
		values := read(y)
		descend(g, y, x)
		return slices.Max((*values).Data().([]float64)), slices.Max(gradient(x).([]float64))
	}
	value, grad := scale(G.Dropout) // 1/0.8, and 1/0.2 for the gradient
	gives(t, value, 1.25)
	proves(t, finding{got: grad, wrong: 5.0, right: 1.25, workaround: "one of the reasons for ops.Dropout"})

	value, grad = scale(ours)
	gives(t, value, 1.25)
	gives(t, grad, 1.25)
}

func TestDropoutInALispMachineForgetsOtherUsesOfItsInput(t *testing.T) {
	run := func(dropout func(*G.Node, float64) (*G.Node, error)) any {
		g := G.NewGraph()
		x := of(g, "x", slices.Repeat([]float64{1}, 100), 100)
		y := must(dropout(x, 0.5))
		must(G.Sum(must(G.Add(x, y)))) // x is used twice: its gradients are 1 and 3
		check(G.NewLispMachine(g).RunAll())
		return slices.Min(gradient(x).([]float64))
	}
	proves(t, finding{got: run(G.Dropout), wrong: 0.0, right: 1.0, workaround: "one of the reasons for ops.Dropout"})
	gives(t, run(ours), 1.0)
}

func TestDropoutAndInitialWeightsTakeNoSeed(t *testing.T) {
	drop := func(dropout func(*G.Node, float64) (*G.Node, error)) string {
		g := G.NewGraph()
		y := read(must(dropout(of(g, "x", slices.Repeat([]float64{1}, 100), 100), 0.5)))
		tape(g)
		return fmt.Sprint((*y).Data())
	}
	first, second := drop(G.Dropout), drop(G.Dropout)
	proves(t, finding{got: first == second, wrong: false, right: true, workaround: "one of the reasons for ops.Dropout"})
	first, second = drop(ours), drop(ours)
	gives(t, first == second, true)

	weights := func() string {
		w := G.NewMatrix(G.NewGraph(), G.Float64, G.WithShape(4, 4), G.WithInit(G.GlorotN(1)))
		return fmt.Sprint(w.Value().Data())
	}
	first, second = weights(), weights()
	proves(t, finding{got: first == second, wrong: false, right: true, workaround: "layers/init.go"})
	egru := func() string {
		return fmt.Sprint(must(layers.NewEGRU("rnn", layers.DefaultEGRU(4, 4))).Params()[0].Value().Data())
	}
	first, second = egru(), egru()
	gives(t, first == second, true)
}

func TestDropoutDropsAtEvaluation(t *testing.T) {
	g := G.NewGraph()
	x := of(g, "x", slices.Repeat([]float64{1}, 100), 100)
	y := read(must(G.Dropout(x, 0.5)))
	zeros := func() bool { return slices.Contains((*y).Data().([]float64), 0) }

	tape(g) // no gradient in this graph, and no EvalMode
	proves(t, finding{got: zeros(), wrong: true, right: false, workaround: "layers.Run.Train"})

	training := G.NewTapeMachine(g)
	G.NewTapeMachine(g, G.EvalMode()) // and now training drops nothing
	check(training.RunAll())
	proves(t, finding{got: zeros(), wrong: false, right: true, workaround: "layers.Run.Train"})

	x = of(G.NewGraph(), "x", make([]float64, 8), 2, 2, 2)
	out := must(layers.Dropout{Name: "dropout", P: 0.5}.Run(layers.Signal{X: x}, layers.Run{}))
	gives(t, out.X == x, true) // not in the graph at all
}
