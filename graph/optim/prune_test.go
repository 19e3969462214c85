package optim

import (
	"cmp"
	"fmt"
	"math"
	"runtime"
	"slices"
	"testing"

	G "gorgonia.org/gorgonia"
	"pgregory.net/rapid"
)

// once prunes a share of parameters after one step that moves nothing.
func once(t testing.TB, c PruneConfig, model ...G.ValueGrad) *Prune {
	t.Helper()
	p := must(NewPrune(must(NewSGD(SGDConfig{})), c))
	step(t, p, model)
	return p
}

func still[F float32 | float64](name string, x ...F) *weight {
	return vector(name, x, make([]F, len(x)))
}

func TestTheSmallestInMagnitudeArePrunedAndOfEqualOnesTheFirst(t *testing.T) {
	inf, nan := math.Inf(1), math.NaN()
	for _, c := range []struct {
		name  string
		share float64
		scope PruneScope
		a, b  []float64 // of the parameters "a.kernel" and "b.kernel"
		wantA []float64
		wantB []float64
	}{
		{"nothing", 0, PruneGlobal, []float64{1, 2}, []float64{3}, []float64{1, 2}, []float64{3}},
		{"signs do not matter", 0.5, PruneGlobal, []float64{-1, 2, -3, 0.5}, []float64{5, -4}, []float64{0, 0, -3, 0}, []float64{5, -4}},
		{"all together", 0.5, PruneGlobal, []float64{1, 2, 3}, []float64{40, 50, 60}, []float64{0, 0, 0}, []float64{40, 50, 60}},
		{"each", 0.67, PruneEach, []float64{1, 2, 3}, []float64{40, 50, 60}, []float64{0, 0, 3}, []float64{0, 0, 60}},
		{"ties by name, then place", 0.5, PruneGlobal, []float64{1, -1, 1}, []float64{-1, 1, 1}, []float64{0, 0, 0}, []float64{-1, 1, 1}},
		{"ties by place", 0.5, PruneEach, []float64{1, -1, 1, 1}, []float64{-1, 1}, []float64{0, 0, 1, 1}, []float64{0, 1}},
		{"zeros come first, negative ones too", 0.34, PruneGlobal, []float64{0.1, 0, 3}, []float64{math.Copysign(0, -1), 1, 2}, []float64{0.1, 0, 3}, []float64{0, 1, 2}},
		{"half rounds up", 0.5, PruneEach, []float64{1, 2, 3}, []float64{1}, []float64{0, 0, 3}, []float64{0}},
		{"NaN is larger than all", 0.75, PruneGlobal, []float64{nan, inf}, []float64{-inf, 1}, []float64{nan, 0}, []float64{0, 0}},
		{"numbers of all sizes", 0.5, PruneGlobal, []float64{5e-324, 1e-300, 1e300}, []float64{1e-310, -1e-5, 7}, []float64{0, 0, 1e300}, []float64{0, -1e-5, 7}},
	} {
		config := DefaultPrune(c.share)
		config.Scope = c.scope
		// The order of parameters does not matter.
		for _, swapped := range []bool{false, true} {
			a, b := still("a.kernel", slices.Clone(c.a)...), still("b.kernel", slices.Clone(c.b)...)
			model := []G.ValueGrad{a, b}
			if swapped {
				slices.Reverse(model)
			}
			once(t, config, model...)
			for _, w := range []struct {
				*weight
				want []float64
			}{{a, c.wantA}, {b, c.wantB}} {
				if got := numbers(t, w.value); !slices.EqualFunc(got, w.want, same) {
					t.Errorf("%s, swapped %v: %s is %v, want %v", c.name, swapped, w.name, got, w.want)
				}
			}
		}
	}
}

func TestOnlyMatricesArePrunedByDefault(t *testing.T) {
	var model []G.ValueGrad
	for _, name := range []string{
		"rnn.0.kernel", "rnn.0.recurrent_kernel", "embedding.weight", "decoder.weight",
		"rnn.0.bias", "rnn.0.recurrent_bias", "rnn.0.threshold", "rnn.0.gain", "decoder.bias",
	} {
		model = append(model, still(name, 0.5, 1))
	}
	p := once(t, DefaultPrune(0.5), model...)
	for i, vg := range model {
		w := vg.(*weight)
		if zero := numbers(t, w.value)[0] == 0; zero != (i < 4) {
			t.Errorf("%s is pruned: %v", w.name, zero)
		}
	}
	if d := p.Densities(); !slices.Equal(d, []Density{{"decoder.weight", 1, 2}, {"embedding.weight", 1, 2}, {"rnn.0.kernel", 1, 2}, {"rnn.0.recurrent_kernel", 1, 2}}) {
		t.Errorf("densities %v", d)
	}
}

func TestPruningAgreesWithSorting(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		number := rapid.OneOf(rapid.Float64Range(-1, 1), rapid.Float64(), rapid.SampledFrom([]float64{0, 1, -1, math.Inf(-1), 0.5, -0.5}))
		draw := func(name string) *weight { return still(name, rapid.SliceOfN(number, 1, 40).Draw(rt, name)...) }
		ws := []*weight{draw("a.kernel"), draw("b.kernel"), draw("c.kernel")}
		share := rapid.Float64Range(0, 0.99).Draw(rt, "share")
		type place struct {
			magnitude float64
			w, i      int
		}
		var all []place
		for w := range ws {
			for i, x := range numbers(t, ws[w].value) {
				all = append(all, place{math.Abs(x), w, i})
			}
		}
		slices.SortFunc(all, func(a, b place) int {
			return cmp.Or(cmp.Compare(a.magnitude, b.magnitude), cmp.Compare(a.w, b.w), cmp.Compare(a.i, b.i))
		})
		off := map[[2]int]bool{}
		for _, p := range all[:int(math.Round(share*float64(len(all))))] {
			off[[2]int{p.w, p.i}] = true
		}
		p := once(t, DefaultPrune(share), ws[0], ws[1], ws[2])
		for w := range ws {
			for i := range p.masks[ws[w].name].off {
				if p.masks[ws[w].name].off[i] != off[[2]int{w, i}] {
					rt.Fatalf("number %d of %s is pruned: %v", i, ws[w].name, !off[[2]int{w, i}])
				}
			}
		}
	})
}

// Whatever the inner solver does with momentum and decay, what is pruned stays
// exactly zero, and what is not takes the steps that it would take without.
func TestPrunedStaysZeroAndTheRestIsUntouched(t *testing.T) {
	for name, inner := range solvers() {
		if name == "chain" || name == "prune" || name == "prunes" {
			continue // clipped by a norm that the pruned are not part of
		}
		t.Run(name, func(t *testing.T) {
			rapid.Check(t, func(rt *rapid.T) {
				c := DefaultPrune(rapid.Float64Range(0.1, 0.9).Draw(rt, "share"))
				c.Names = []string{"w*", "s32"}
				c.Scope = rapid.SampledFrom([]PruneScope{PruneGlobal, PruneEach}).Draw(rt, "scope")
				c.Schedule.Start = rapid.IntRange(0, 4).Draw(rt, "start")
				c.Schedule.End = c.Schedule.Start + rapid.IntRange(0, 6).Draw(rt, "length")
				c.Schedule.Initial *= rapid.Float64Range(0, 1).Draw(rt, "initial")
				pruned, plain := newProblem(20, 30, 50, 60, 70), newProblem(20, 30, 50, 60, 70)
				p, s := must(NewPrune(inner(), c)), inner()
				before := 0
				for n := range 12 {
					pruned.draw(t)
					plain.draw(t)
					step(t, p, pruned.model)
					step(t, s, plain.model)
					now := 0
					for i, vg := range pruned.model {
						w := vg.(*weight)
						m := p.masks[w.name]
						got, want := bits(t, w.value), bits(t, plain.model[i].(*weight).value)
						for j := range got {
							off := m != nil && m.off[j]
							if off {
								now++
							}
							if off && got[j] != 0 || !off && got[j] != want[j] {
								rt.Fatalf("step %d: number %d of %s has bits %x, pruned %v, %x without pruning", n, j, w.name, got[j], off, want[j])
							}
						}
						if slices.ContainsFunc(numbers(t, w.grad), func(x float64) bool { return x != 0 }) {
							rt.Fatalf("step %d: the gradient of %s is not zero", n, w.name)
						}
					}
					if now < before {
						rt.Fatalf("step %d: %d are pruned, %d were", n, now, before)
					}
					before = now
					if want := int(math.Round(211 * p.Sparsity())); c.Scope == PruneGlobal && now != want {
						rt.Fatalf("step %d: %d of 211 are pruned, want %d", n, now, want)
					}
				}
			})
		})
	}
}

// The gradients of what is pruned are none of the norm's business.
func TestPrunedGradientsAreNotClipped(t *testing.T) {
	c := DefaultPrune(0.5)
	clip := must(NewClip(must(NewSGD(SGDConfig{LearnRate: 1})), 100))
	p := must(NewPrune(clip, c))
	w := vector("a.kernel", []float64{0.1, 5}, []float64{0, 0})
	step(t, p, []G.ValueGrad{w})
	for range 2 {
		_, grad, _ := floats(w.grad)
		copy(grad, []float64{1e9, 3})
		step(t, p, []G.ValueGrad{w})
		if clip.Norm() != 3 || clip.Clipped() {
			t.Errorf("norm %v, clipped %v", clip.Norm(), clip.Clipped())
		}
	}
	wantNumbers(t, "weight", numbers(t, w.value), []float64{0, -1}, 0)
}

func TestFrozenParametersArePrunedToo(t *testing.T) {
	p := must(NewPrune(must(NewSGD(SGDConfig{LearnRate: 1, Groups: []Group{Frozen("*")}})), DefaultPrune(0.5)))
	w := vector("a.kernel", []float32{1, 2}, []float32{3, 3})
	step(t, p, []G.ValueGrad{w})
	wantNumbers(t, "weight", numbers(t, w.value), []float64{0, 2}, 0)
}

func TestAParameterThatComesLateIsPrunedWithItsFirstStep(t *testing.T) {
	c := DefaultPrune(0.5)
	p := must(NewPrune(must(NewSGD(SGDConfig{})), c))
	first, late := still[float64]("a.kernel", 1, 2, 3, 4), still("b.kernel", 0.5, 0.6, 5, 6)
	step(t, p, []G.ValueGrad{first})
	step(t, p, []G.ValueGrad{first, late})
	wantNumbers(t, "first", numbers(t, first.value), []float64{0, 0, 3, 4}, 0)
	wantNumbers(t, "late", numbers(t, late.value), []float64{0, 0, 5, 6}, 0)
}

func TestPruningIsTheSameOnAnyNumberOfProcessors(t *testing.T) {
	run := func(processors int) string {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(processors))
		p, s := newProblem(21, 3*blockSize+5, 2*blockSize, 40), solvers()["prunes"]()
		for range 6 {
			p.draw(t)
			step(t, s, p.model)
		}
		return modelBits(t, p.model)
	}
	if run(1) != run(4) {
		t.Error("one processor and four differ")
	}
}

func TestAMaskOfAnotherShapeIsReported(t *testing.T) {
	p := once(t, DefaultPrune(0.5), still("a.kernel", 1, 2.))
	wantError(t, p.Step([]G.ValueGrad{still("a.kernel", 1, 2, 3.)}), ErrChanged, `Prune: parameter "a.kernel" has shape (3) of float64, want (2) of float64 as before`)
	wantError(t, p.Check([]G.ValueGrad{still[float32]("a.kernel", 1, 2)}), ErrChanged, "of float32, want (2) of float64")
}

// A failing step leaves the gradients of what is pruned as they are, too.
func TestAStepThatFailsChangesNoGradient(t *testing.T) {
	clip := must(NewClip(must(NewSGD(SGDConfig{LearnRate: 1})), 1))
	p := must(NewPrune(clip, DefaultPrune(0.5)))
	w := still("a.kernel", 1, 2.)
	step(t, p, []G.ValueGrad{w})
	_, grad, _ := floats(w.grad)
	copy(grad, []float64{7, math.NaN()})
	wantError(t, p.Step([]G.ValueGrad{w}), ErrNotFinite, `parameter "a.kernel"`)
	if grad[0] != 7 {
		t.Errorf("gradient %v, want 7 left", grad)
	}
}

func TestGradualIsTheCubeOfZhuAndGupta(t *testing.T) {
	g := Gradual{Initial: 0.1, Final: 0.9, Start: 10, End: 50, Every: 10}
	for n, want := range map[int]float64{
		0: 0, 9: 0, 10: 0.1, 19: 0.1,
		20: 0.9 - 0.8*27/64, 29: 0.9 - 0.8*27/64,
		30: 0.9 - 0.8/8, 40: 0.9 - 0.8/64, 49: 0.9 - 0.8/64, 50: 0.9, 1000: 0.9,
	} {
		if got := g.Sparsity(n); math.Abs(got-want) > 1e-15 {
			t.Errorf("after %d steps %v, want %v", n, got, want)
		}
	}
	rapid.Check(t, func(rt *rapid.T) {
		g := Gradual{Final: rapid.Float64Range(0, 0.999).Draw(rt, "final"), Start: rapid.IntRange(0, 30).Draw(rt, "start"), Every: rapid.IntRange(1, 9).Draw(rt, "every")}
		g.Initial = g.Final * rapid.Float64Range(0, 1).Draw(rt, "initial")
		g.End = g.Start + rapid.IntRange(0, 30).Draw(rt, "length")
		if err := g.Validate(); err != nil {
			rt.Fatal(err)
		}
		before := 0.0
		for n := range g.End + 3 {
			s := g.Sparsity(n)
			if s < before || n < g.Start && s != 0 || n >= g.End && s != g.Final || s > g.Final {
				rt.Fatalf("%+v: %v after %d steps, %v before", g, s, n, before)
			}
			before = s
		}
	})
}

func TestPruneIsValidated(t *testing.T) {
	_, err := NewPrune(nil, DefaultPrune(0.5))
	wantError(t, err, ErrConfig, "Prune: the inner solver is nil")
	_, err = NewPrune(sgdOfRate1(), PruneConfig{Scope: 7, Schedule: Gradual{Initial: 0.5, Final: 0.4, Start: 2, End: 1}})
	wantError(t, err, ErrConfig, "Prune: Names is empty, want at least one name; Scope is 7, want PruneGlobal or PruneEach; "+
		"Initial is 0.5 and Final 0.4, want 0 <= Initial <= Final < 1; Start is 2 and End 1, want 0 <= Start <= End; Every is 0, want at least 1")
	for _, share := range []float64{-0.1, 1, math.NaN(), math.Inf(1)} {
		_, err = NewPrune(sgdOfRate1(), DefaultPrune(share))
		wantError(t, err, ErrConfig, fmt.Sprint("Final ", share))
	}
	wantError(t, Gradual{Every: 1, Start: -1}.Validate(), ErrConfig, "Gradual: Start is -1")
}

func TestNamesThatPruneNothingAreReported(t *testing.T) {
	c := DefaultPrune(0.5)
	c.Names = []string{"*.kernel", "*.wieght"}
	err := CheckNames(must(NewPrune(sgdOfRate1(), c)), []param{"rnn.kernel", "embedding.weight"})
	wantError(t, err, ErrConfig, `of 2 parameters: Prune: Names has "*.wieght", which fits none`)
}

func TestZerosOfAnotherTrainingAreKeptIfAskedFor(t *testing.T) {
	for _, keep := range []bool{false, true} {
		c := DefaultPrune(0.5)
		c.KeepZeros, c.Schedule = keep, Gradual{Final: 0.5, Start: 2, End: 2, Every: 1}
		p := must(NewPrune(sgdOfRate1(), c))
		w := vector("a.kernel", []float64{9, 0, 1, 2}, []float64{0, -5, 0, 0})
		step(t, p, []G.ValueGrad{w})
		revived := map[bool]float64{false: 5, true: 0}[keep]
		wantNumbers(t, "weight", numbers(t, w.value), []float64{9, revived, 1, 2}, 0)
		step(t, p, []G.ValueGrad{w})
		want := map[bool][]float64{false: {9, 5, 0, 0}, true: {9, 0, 0, 2}}[keep]
		wantNumbers(t, "weight", numbers(t, w.value), want, 0)
	}
}

// As with windows of 10 and 25 words, one of them after a restart.
func TestTheTimeOfTheScheduleCanBeSet(t *testing.T) {
	c := DefaultPrune(0.5)
	c.Schedule = Gradual{Final: 0.5, Start: 20, End: 30, Every: 10}
	p := must(NewPrune(sgdOfRate1(), c))
	w := still("a.kernel", 1, 2, 3, 4.)
	for _, at := range []struct {
		time int
		want float64
	}{{10, 0}, {20, 0}, {45, 0.5}} {
		p.SetTime(at.time)
		step(t, p, []G.ValueGrad{w})
		if p.Sparsity() != at.want || p.Densities()[0].Kept != 4-int(4*at.want) {
			t.Errorf("at %d: sparsity %v, want %v, densities %v", at.time, p.Sparsity(), at.want, p.Densities())
		}
		p = restored(t, must(NewPrune(sgdOfRate1(), c)), p.State()).(*Prune)
	}
	step(t, p, []G.ValueGrad{w})
	if got := p.State().Prunings[0]; got != 46 {
		t.Errorf("the step after 45 is at %d", got)
	}
}
