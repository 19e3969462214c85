package layers

import (
	"slices"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/egru/egru/ops"
)

// someIDs has each of three words at several places of (T, B).
func someIDs(g *G.ExprGraph) *G.Node {
	ids := make([]float64, testT*testB)
	for i := range ids {
		ids[i] = float64(i % 3)
	}
	return node(g, "ids", tensor.Int, ids, testT, testB)
}

// dropsWords is the run at which one of the three words is dropped and another
// is not.
const dropsWords = 3

func TestWordDropoutDropsTheSameWordsOfTheLiveMask(t *testing.T) {
	d := WordDropout{Name: "d", P: 0.5}
	x := forward(t, func(g *G.ExprGraph) *G.Node {
		return must(d.Run(ones(g), someIDs(g), trainRun(g, dropsWords))).X
	})
	live := forward(t, func(g *G.ExprGraph) *G.Node {
		out := must(d.Run(ones(g), someIDs(g), trainRun(g, dropsWords)))
		return must(out.Live())
	})
	compare(t, "live", live, x, 0)
	if slices.Min(x) != 0 || slices.Max(x) != 2 {
		t.Errorf("numbers are from %v to %v, want 0 and 1/(1-0.5)", slices.Min(x), slices.Max(x))
	}
	for i, got := range x {
		if want := x[i/testI%3*testI]; got != want {
			t.Errorf("number %d is %v, and %v where its word stands first", i, got, want)
		}
	}
}

func TestWordDropoutFollowsKeyAndName(t *testing.T) {
	of := func(name string, step float64) (kept []bool) {
		ids := make([]float64, 64)
		for i := range ids {
			ids[i] = float64(i)
		}
		x := forward(t, func(g *G.ExprGraph) *G.Node {
			in := Signal{X: node(g, "x", tensor.Float64, slices.Repeat([]float64{1}, 64), 64, 1)}
			return must(WordDropout{Name: name, P: 0.5}.Run(in, node(g, "ids", tensor.Int, ids, 64), trainRun(g, step))).X
		})
		for _, y := range x {
			kept = append(kept, y != 0)
		}
		return kept
	}
	first := of("a", 1)
	if !slices.Equal(of("a", 1), first) {
		t.Error("one key and name drop other words")
	}
	if slices.Equal(of("b", 1), first) {
		t.Error("another name drops the same words")
	}
	if slices.Equal(of("a", 2), first) {
		t.Error("another step drops the same words")
	}
}

func TestWordDropoutDoesNothingAtEvaluation(t *testing.T) {
	g := G.NewGraph()
	in, ids := ones(g), someIDs(g)
	if out := must(WordDropout{Name: "d", P: 0.5}.Run(in, ids, Run{})); out.X != in.X {
		t.Error("it made a node at evaluation")
	}
	if out := must(WordDropout{Name: "d"}.Run(in, ids, Run{Train: true})); out.X != in.X {
		t.Error("it made a node for a probability of 0")
	}
	fixed := Signal{X: in.X, Fixed: true}
	if out := must(WordDropout{Name: "d", P: 0.5}.Run(fixed, ids, trainRun(g, 1))); !out.Fixed || out.Live != nil {
		t.Errorf("of a fixed signal it made %+v", out)
	}
}

func TestWordDropoutErrors(t *testing.T) {
	g := G.NewGraph()
	in, ids := ones(g), someIDs(g)
	_, err := WordDropout{Name: "d", P: 0.5}.Run(in, ids, Run{Train: true})
	wantError(t, "no key", err, ErrConfig, "d: word dropout of 0.5 needs Run.Key")
	_, err = WordDropout{Name: "d", P: 1}.Run(in, ids, trainRun(g, 1))
	wantError(t, "probability", err, ops.ErrConfig, "d: ", "P is 1")
	_, err = WordDropout{Name: "d", P: 0.5}.Run(in, nil, trainRun(g, 1))
	wantError(t, "nil", err, ops.ErrNode, "d: ", "ids is nil")
}
