package layers

import (
	"slices"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/egru/egru/ops"
)

// ones is a signal whose numbers are all one, and live everywhere.
func ones(g *G.ExprGraph) Signal {
	x := make([]float64, testT*testB*testI)
	for i := range x {
		x[i] = 1
	}
	return Signal{
		X:    node(g, "x", tensor.Float64, x, testT, testB, testI),
		Live: func() (*G.Node, error) { return node(g, "live", tensor.Float64, x, testT, testB, testI), nil },
	}
}

func TestDropoutDropsTheSamePlacesOfTheLiveMask(t *testing.T) {
	for _, variational := range []bool{false, true} {
		d := Dropout{Name: "d", P: 0.5, Variational: variational}
		x := forward(t, func(g *G.ExprGraph) *G.Node { return must(d.Run(ones(g), trainRun(g, 1))).X })
		live := forward(t, func(g *G.ExprGraph) *G.Node {
			out := must(d.Run(ones(g), trainRun(g, 1)))
			return must(out.Live())
		})
		compare(t, "live", live, x, 0)
		if slices.Min(x) != 0 || slices.Max(x) != 2 {
			t.Errorf("numbers are from %v to %v, want 0 and 1/(1-0.5)", slices.Min(x), slices.Max(x))
		}
		step := testB * testI
		if same := slices.Equal(x[:step], x[step:2*step]); same != variational {
			t.Errorf("two steps have the same mask: %v, want %v", same, variational)
		}
	}
}

func TestDropoutFollowsKeyAndName(t *testing.T) {
	of := func(name string, step float64) []float64 {
		return forward(t, func(g *G.ExprGraph) *G.Node {
			return must(Dropout{Name: name, P: 0.5}.Run(ones(g), trainRun(g, step))).X
		})
	}
	first := of("a", 1)
	compare(t, "one key and name", of("a", 1), first, 0)
	differ(t, "another name", of("b", 1), first)
	differ(t, "another step", of("a", 2), first)
}

func TestDropoutDoesNothingAtEvaluation(t *testing.T) {
	g := G.NewGraph()
	in := ones(g)
	if out := must(Dropout{Name: "d", P: 0.5}.Run(in, Run{})); out.X != in.X {
		t.Error("it made a node at evaluation")
	}
	if out := must(Dropout{Name: "d"}.Run(in, Run{Train: true})); out.X != in.X {
		t.Error("it made a node for a probability of 0")
	}
	fixed := Signal{X: in.X, Fixed: true}
	if out := must(Dropout{Name: "d", P: 0.5}.Run(fixed, trainRun(g, 1))); !out.Fixed || out.Live != nil {
		t.Errorf("of a fixed signal it made %+v", out)
	}
}

func TestDropoutErrors(t *testing.T) {
	g := G.NewGraph()
	_, err := Dropout{Name: "d", P: 0.5}.Run(ones(g), Run{Train: true})
	wantError(t, "no key", err, ErrConfig, "d: dropout of 0.5 needs Run.Key")
	_, err = Dropout{Name: "d", P: 1}.Run(ones(g), trainRun(g, 1))
	wantError(t, "probability", err, ops.ErrConfig, "d: ", "P is 1")
	_, err = Dropout{Name: "d", P: 0.5}.Run(Signal{}, trainRun(g, 1))
	wantError(t, "nil", err, ops.ErrNode, "d: ", "x is nil")
}
