package docs_test

import (
	"math"
	"testing"

	G "gorgonia.org/gorgonia"

	"github.com/egru/egru/graph/optim"
)

// slope takes steps of a solver at w = (1, 2), where the gradient of the loss is
// c everywhere.
func slope(solver G.Solver, c float64, steps int) any {
	g := G.NewGraph()
	w, cs := of(g, "w", []float64{1, 2}, 2), of(g, "c", []float64{c, c}, 2)
	must(G.Grad(must(G.Sum(must(G.HadamardProd(cs, w)))), w))
	vm := G.NewTapeMachine(g, G.BindDualValues(w))
	for range steps {
		check(vm.RunAll())
		check(solver.Step(G.NodesToValueGrads(G.Nodes{w})))
		vm.Reset()
	}
	return w.Value().Data()
}

func TestAdamWMovesNothing(t *testing.T) {
	proves(t, finding{
		got:   slope(G.NewAdamW(G.WithLearnRate(0.1)), 3, 10), // ten steps of 0.1, and some decay
		wrong: []float64{1, 2}, right: []float64{-0.005467, 0.9846},
		workaround: "one of the reasons for optim.AdamW",
	})
	config := optim.DefaultAdamW()
	config.LearnRate = 0.1
	gives(t, slope(must(optim.NewAdamW(config)), 3, 10), []float64{-0.005467, 0.9846})
}

func TestMomentumDoesNotDecayWeights(t *testing.T) {
	// Without a gradient nothing but the decay of 0.5 moves the weights.
	proves(t, finding{
		got:   slope(G.NewMomentum(G.WithLearnRate(0.1), G.WithMomentum(0.9), G.WithL2Reg(0.5)), 0, 1),
		wrong: []float64{1, 2}, right: []float64{0.95, 1.9},
		workaround: "one of the reasons for optim.SGD",
	})
	sgd := optim.SGDConfig{LearnRate: 0.1, Momentum: 0.9, WeightDecay: 0.5}
	gives(t, slope(must(optim.NewSGD(sgd)), 0, 1), []float64{0.95, 1.9})
}

func TestAdaGradTakesNoLearnRate(t *testing.T) {
	proves(t, finding{
		got:   slope(G.NewAdaGradSolver(G.WithLearnRate(0.5)), 3, 1),
		wrong: []float64{0.999, 1.999}, right: []float64{0.5, 1.5},
		workaround: "the line on AdaGrad",
	})
}

func TestBarzilaiBorweinEndsInNaN(t *testing.T) {
	got := slope(G.NewBarzilaiBorweinSolver(G.WithLearnRate(0.1)), 3, 2).([]float64)
	proves(t, finding{got: math.IsNaN(got[0]), wrong: true, right: false, workaround: "the line on BarzilaiBorwein"})
}

func TestAdamTellsParametersApartByTheirPlace(t *testing.T) {
	// b's gradients are a hundred times those of a. After a step of both, only
	// those of b go on.
	run := func(solver G.Solver) any {
		g := G.NewGraph()
		a, b := of(g, "a", []float64{1}, 1), of(g, "b", []float64{1}, 1)
		hundred := of(g, "hundred", []float64{100}, 1)
		must(G.Grad(must(G.Sum(must(G.Add(a, must(G.HadamardProd(hundred, b)))))), a, b))
		vm := G.NewTapeMachine(g, G.BindDualValues(a, b))
		for _, model := range []G.Nodes{{a, b}, {b}} {
			check(vm.RunAll())
			check(solver.Step(G.NodesToValueGrads(model)))
			vm.Reset()
		}
		return b.Value().Data()
	}
	proves(t, finding{
		got: run(G.NewAdamSolver(G.WithLearnRate(0.1))), wrong: []float64{0.8249}, right: []float64{0.8},
		workaround: "one of the reasons for optim.Adam",
	})

	g := G.NewGraph()
	a, b := of(g, "a", []float64{1}, 1), of(g, "b", []float64{1}, 1)
	must(G.Grad(must(G.Sum(must(G.Add(a, b)))), a, b))
	tape(g, G.BindDualValues(a, b))
	solver := G.NewAdamSolver()
	check(solver.Step(G.NodesToValueGrads(G.Nodes{a})))
	p := caught(func() { _ = solver.Step(G.NodesToValueGrads(G.Nodes{a, b})) })
	proves(t, finding{
		got: p, wrong: "runtime error: index out of range [1] with length 1", right: nil,
		workaround: "one of the reasons for optim.Adam",
	})

	adam := optim.DefaultAdam()
	adam.LearnRate = 0.1
	gives(t, run(must(optim.NewAdam(adam))), []float64{0.8})
}
