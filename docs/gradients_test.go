package docs_test

import (
	"testing"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"

	"github.com/egru/egru/graph/optim"
)

func TestGradientsAddUpOverRuns(t *testing.T) {
	g := G.NewGraph()
	w := of(g, "w", []float64{1, 2}, 2)
	must(G.Grad(must(G.Sum(must(G.Square(w)))), w))
	vm := G.NewTapeMachine(g, G.BindDualValues(w))
	for range 3 { // of which two may be evaluations
		check(vm.RunAll())
		vm.Reset()
	}
	proves(t, finding{
		got: gradient(w), wrong: []float64{6, 12}, right: []float64{2, 4},
		workaround: "the zeros before every run in graph/machine.go",
	})
}

func TestParametersShareAGradientWithoutBindDualValues(t *testing.T) {
	step := func(solver G.Solver, opts ...func(G.Nodes) G.VMOpt) (a, b *G.Node, err error) {
		g := G.NewGraph()
		a, b = of(g, "a", []float64{1, 1}, 2), of(g, "b", []float64{1, 1}, 2)
		must(G.Grad(must(G.Sum(must(G.Add(a, b)))), a, b))
		var vmOpts []G.VMOpt
		for _, o := range opts {
			vmOpts = append(vmOpts, o(G.Nodes{a, b}))
		}
		tape(g, vmOpts...)
		return a, b, solver.Step(G.NodesToValueGrads(G.Nodes{a, b}))
	}
	bind := func(ns G.Nodes) G.VMOpt { return G.BindDualValues(ns...) }

	// The step of a sets its gradient to zero, which is that of b.
	a, b, err := step(G.NewVanillaSolver(G.WithLearnRate(0.1)))
	check(err)
	gives(t, a.Value().Data(), []float64{0.9, 0.9})
	proves(t, finding{
		got: b.Value().Data(), wrong: []float64{1, 1}, right: []float64{0.9, 0.9},
		workaround: "the search for shared gradients in graph/optim/parameter.go",
	})

	sgd := must(optim.NewSGD(optim.SGDConfig{LearnRate: 0.1}))
	_, _, err = step(sgd)
	gives(t, errors.Is(err, optim.ErrShared), true)
	_, b, err = step(sgd, bind)
	check(err)
	gives(t, b.Value().Data(), []float64{0.9, 0.9})
}

func TestASolverSetsTheOneOfAllGraphsToZero(t *testing.T) {
	// square gives the derivative of w*w where w is 2, by a new graph.
	square := func() any {
		g := G.NewGraph()
		w := G.NewScalar(g, G.Float64, G.WithName("w"), G.WithValue(2.0))
		must(G.Grad(must(G.Square(w)), w))
		tape(g)
		return gradient(w)
	}
	gives(t, square(), 4.0)

	g := G.NewGraph()
	w := G.NewScalar(g, G.Float64, G.WithName("w"), G.WithValue(2.0))
	b := G.NewScalar(g, G.Float64, G.WithName("b"), G.WithValue(1.0))
	must(G.Grad(must(G.Add(w, b)), w, b))
	tape(g)                        // without BindDualValues
	one := must(b.Grad()).(*G.F64) // of the process
	defer func() { *one = 1 }()

	err := must(optim.NewSGD(optim.SGDConfig{LearnRate: 0.1})).Step(G.NodesToValueGrads(G.Nodes{w}))
	gives(t, errors.Is(err, optim.ErrGradient), true)

	check(G.NewVanillaSolver().Step(G.NodesToValueGrads(G.Nodes{w})))
	proves(t, finding{
		got: square(), wrong: 0.0, right: 4.0,
		workaround: "the search for constants in graph/optim/parameter.go",
	})
}

func TestASecondGradPassesOverWhatTheFirstReached(t *testing.T) {
	gradientOfSecond := func(grads func(first, second, w *G.Node) G.Nodes) any {
		g := G.NewGraph()
		w := of(g, "w", []float64{1, 2}, 2)
		hidden := must(G.Square(w))
		first := must(G.Sum(hidden))
		second := must(G.Sum(must(G.Mul(hidden, G.NewConstant(10.0)))))
		ds := grads(first, second, w)
		d := read(ds[len(ds)-1])
		tape(g)
		return (*d).Data()
	}
	proves(t, finding{
		got: gradientOfSecond(func(first, second, w *G.Node) G.Nodes {
			return G.Nodes{must(G.Grad(first, w))[0], must(G.Grad(second, w))[0]}
		}),
		wrong:      []float64{2, 4},
		right:      gradientOfSecond(func(_, second, w *G.Node) G.Nodes { return must(G.Grad(second, w)) }),
		workaround: "undifferentiated in ops/ticket.go",
	})
}
