package optim

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	G "gorgonia.org/gorgonia"
	"pgregory.net/rapid"
)

// param is a name alone: nothing else is asked of a parameter.
type param string

func (p param) Name() string { return string(p) }

func TestNamesWithoutEffectAreReported(t *testing.T) {
	params := []param{"rnn.0.kernel", "rnn.0.bias", "rnn.0.threshold", "rnn.1.kernel", "rnn.1.threshold", "decoder.bias"}
	wrapped := func(groups []Group, bounds ...Bound) Solver {
		c := DefaultAdamW()
		c.Groups = groups
		clip := must(NewClip(must(NewAdamW(c)), 1))
		return must(NewProject(must(NewScheduled(clip, Constant{})), bounds...))
	}
	for _, c := range []struct {
		name   string
		groups []Group
		bounds []Bound
		says   []string // nothing where all is well
	}{
		{name: "no names"},
		{name: "all fit", groups: []Group{Frozen("*.threshold"), NoDecay("*.bias", "decoder.bias")}, bounds: []Bound{{Names: []string{"*.threshold"}, High: 1}}},
		{name: "the rest", groups: []Group{Frozen("*.threshold"), NoDecay("*")}},
		{name: "typo", groups: []Group{Frozen("*.treshold")}, says: []string{`of 6 parameters: AdamW: Groups[0].Names has "*.treshold", which fits none`}},
		{name: "typo beside a good name", groups: []Group{NoDecay("*.bias"), Frozen("*.threshold", "rnn.2.*")}, says: []string{`AdamW: Groups[1].Names has "rnn.2.*", which fits none`}},
		{name: "bound", bounds: []Bound{{Names: []string{"threshold"}, High: 1}}, says: []string{`Project: bounds[0].Names has "threshold", which fits none`}},
		{name: "too late", groups: []Group{NoDecay("rnn.*"), NoDecay("decoder.*"), Frozen("*.threshold")}, says: []string{`AdamW: Groups[2].Names has "*.threshold", which fits only what AdamW: Groups[0] decides for`}},
		{name: "partly too late", groups: []Group{NoDecay("rnn.0.*"), Frozen("*.threshold")}},
		{
			name: "several", groups: []Group{Frozen("a"), Frozen("b")}, bounds: []Bound{{Names: []string{"c"}, High: 1}},
			says: []string{`Groups[0].Names has "a"`, `Groups[1].Names has "b"`, `bounds[0].Names has "c"`},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := CheckNames(wrapped(c.groups, c.bounds...), params)
			if len(c.says) == 0 && err != nil {
				t.Error(err)
			}
			for _, says := range c.says {
				wantError(t, err, ErrConfig, says)
			}
		})
	}
}

// A solver that serves two models has names of both.
func TestNamesAreCheckedForSeveralModelsTogether(t *testing.T) {
	c := SGDConfig{LearnRate: 1, Groups: []Group{Frozen("a.*"), Frozen("b.*")}}
	s := must(NewSGD(c))
	g := G.NewGraph()
	of := func(name string) *G.Node { return G.NewScalar(g, G.Float64, G.WithName(name)) }
	one, other := G.Nodes{of("a.w")}, G.Nodes{of("b.w")}
	wantError(t, CheckNames(s, one), ErrConfig, `has "b.*"`)
	wantError(t, CheckNames(s, other), ErrConfig, `has "a.*"`)
	if err := CheckNames(s, append(one, other...)); err != nil {
		t.Error(err)
	}
	step(t, s, []G.ValueGrad{vector("a.w", []float64{1}, []float64{1})}) // a step does not ask
}

// foreign is a solver of another package: it hides what it wraps.
type foreign struct{ Solver }

func TestNamesInForeignSolversAreNotSeen(t *testing.T) {
	s := foreign{must(NewSGD(SGDConfig{LearnRate: 1, Groups: []Group{Frozen("a")}}))}
	if err := CheckNames(must(NewClip(s, 1)), []param{"b"}); err != nil {
		t.Error(err)
	}
}

// What is reported can be taken away without a change for any parameter, and a
// group of which something is not reported cannot.
func TestReportedNamesCanBeTakenAway(t *testing.T) {
	name := rapid.StringMatching(`[ab]{1,2}\*?|\*[ab]`)
	rapid.Check(t, func(rt *rapid.T) {
		params := rapid.SliceOfN(rapid.Map(rapid.StringMatching(`[ab]{1,3}`), func(s string) param { return param(s) }), 0, 6).Draw(rt, "params")
		sets := rapid.SliceOfN(rapid.SliceOfN(name, 1, 3), 1, 4).Draw(rt, "sets")
		groups := func(sets [][]string) (gs []Group) {
			for i, names := range sets {
				gs = append(gs, Group{Names: names, LearnRateScale: float64(i + 2)})
			}
			return gs
		}
		rates := func(gs []Group) (of []float64) {
			for _, p := range params {
				rate, _, _ := newRates(1, 0, gs).of(p.Name())
				of = append(of, rate)
			}
			return of
		}
		want := rates(groups(sets))
		var names []string
		for _, p := range params {
			names = append(names, p.Name())
		}
		idle := idleIn("sets", sets, names)
		// Without all that is reported, everything stays.
		kept := make([][]string, len(sets))
		taken := 0
		for i, set := range sets {
			for _, n := range set {
				if slices.ContainsFunc(idle, func(says string) bool {
					return strings.HasPrefix(says, fmt.Sprintf("sets[%d].Names has %q", i, n))
				}) {
					taken++
				} else {
					kept[i] = append(kept[i], n)
				}
			}
		}
		got := rates(groups(kept))
		for i := range want {
			if got[i] != want[i] {
				rt.Fatalf("%s has rate %v, want %v, without %v", params[i], got[i], want[i], idle)
			}
		}
		if taken != len(idle) {
			rt.Fatalf("%d names taken away of %d reported", taken, len(idle))
		}
		// Without a whole group of which something was not reported, something
		// changes.
		for i := range sets {
			if len(kept[i]) == 0 {
				continue
			}
			without := append([][]string{}, sets...)
			without[i] = nil
			changed := false
			for j, r := range rates(groups(without)) {
				changed = changed || r != want[j]
			}
			if !changed {
				rt.Fatalf("set %d has %v, of which nothing was reported, and no effect", i, kept[i])
			}
		}
	})
}
