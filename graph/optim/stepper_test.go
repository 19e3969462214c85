package optim

import (
	"math"
	"reflect"
	"runtime"
	"slices"
	"testing"

	G "gorgonia.org/gorgonia"
	"pgregory.net/rapid"
)

// Sizes around and above a block, so that several goroutines take part.
var sizes = []int{blockSize + 1, 3*blockSize - 1, 1, 40, 17}

func TestSameBitsForAnyNumberOfProcessors(t *testing.T) {
	for name, solver := range solvers() {
		t.Run(name, func(t *testing.T) {
			run := func(processors int) string {
				defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(processors))
				p, s := newProblem(1, sizes...), solver()
				for range 3 {
					p.draw(t)
					step(t, s, p.model)
				}
				return modelBits(t, p.model)
			}
			if one, five := run(1), run(5); one != five {
				t.Error("1 and 5 processors differ")
			}
		})
	}
}

func TestOrderOfParametersDoesNotMatter(t *testing.T) {
	for name, solver := range solvers() {
		t.Run(name, func(t *testing.T) {
			rapid.Check(t, func(rt *rapid.T) {
				sizes := rapid.SliceOfN(rapid.IntRange(1, 50), 1, 6).Draw(rt, "sizes")
				a, b := newProblem(2, sizes...), newProblem(2, sizes...)
				sa, sb := solver(), solver()
				for range 4 {
					a.draw(t)
					b.draw(t)
					step(t, sa, a.model)
					step(t, sb, rapid.Permutation(b.model).Draw(rt, "order"))
				}
				if modelBits(t, a.model) != modelBits(t, b.model) {
					rt.Error("the order changes the result")
				}
			})
		})
	}
}

func TestStepSetsGradientsToZero(t *testing.T) {
	for name, solver := range solvers() {
		p, s := newProblem(4, 3, 4, 5, 6), solver()
		p.draw(t)
		step(t, s, p.model)
		for _, vg := range p.model {
			g, _ := vg.Grad()
			for _, x := range bits(t, g) {
				if x != 0 {
					t.Errorf("%s: gradient of %s is %v", name, vg.(*weight).name, g)
				}
			}
		}
	}
}

func TestZeroGradientsWithoutDecayChangeNothing(t *testing.T) {
	sgd := must(NewSGD(DefaultSGD()))
	adam := must(NewAdam(DefaultAdam()))
	for _, s := range []Solver{sgd, adam} {
		p := newProblem(5, 30, 30)
		p.model = append(p.model, vector("special", []float64{math.Copysign(0, -1), math.Inf(1), 5e-324}, make([]float64, 3)))
		before := modelBits(t, p.model)
		step(t, s, p.model)
		if modelBits(t, p.model) != before {
			t.Error("the model has moved")
		}
	}
}

// At rate 0 a parameter keeps its bits, also -0 and Inf, but its moments go on.
func TestRateZeroKeepsBitsAndMovesMoments(t *testing.T) {
	for name, solver := range solvers() {
		s, moved := solver(), solver()
		minusZero := math.Copysign(0, -1)
		special := []float64{minusZero, minusZero, math.NaN(), math.Inf(1)}
		if name == "chain" {
			special[3] = 0.9 // in the bounds of its Project
		}
		model := func() []G.ValueGrad { return []G.ValueGrad{vector("w0", special, []float64{1, -1, 1, -1})} }
		m := model()
		before := bits(t, m[0].Value())
		s.SetLearnRate(0)
		step(t, s, m)
		if got := bits(t, m[0].Value()); !slices.Equal(got, before) {
			t.Errorf("%s: bits %x, want %x", name, got, before)
		}
		s.SetLearnRate(moved.LearnRate())
		step(t, moved, model())
		if got, want := momentBits(s.State()), momentBits(moved.State()); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: moments %v, want %v", name, got, want)
		}
	}
}

func momentBits(s State) map[string][]uint64 {
	b := map[string][]uint64{}
	for name, t := range s.Tensors {
		for _, x := range t.Float64 {
			b[name] = append(b[name], math.Float64bits(x))
		}
	}
	return b
}

// The moments belong to the name: a new node, a new gradient buffer, another
// place in the model, or a step without the parameter make no difference.
func TestStateFollowsTheName(t *testing.T) {
	for name, solver := range solvers() {
		t.Run(name, func(t *testing.T) {
			a, b := newProblem(6, 4, 5), newProblem(6, 4, 5)
			sa, sb := solver(), solver()
			for i := range 6 {
				a.draw(t)
				b.draw(t)
				step(t, sa, a.model)
				again := slices.Clone(b.model)
				for k, vg := range again {
					w := *vg.(*weight)
					again[k] = &w
				}
				if i%2 == 1 {
					slices.Reverse(again)
				}
				step(t, sb, again)
			}
			if modelBits(t, a.model) != modelBits(t, b.model) {
				t.Error("a new node under the same name changes the result")
			}
		})
	}
}

func TestParametersCountTheirOwnSteps(t *testing.T) {
	s := must(NewAdam(DefaultAdam()))
	a, b := vector("a", []float64{1}, []float64{1}), vector("b", []float64{1}, []float64{1})
	step(t, s, []G.ValueGrad{a})
	step(t, s, []G.ValueGrad{a, b})
	if got := s.State().Steps; !reflect.DeepEqual(got, map[string]int{"a": 2, "b": 1}) {
		t.Errorf("steps %v", got)
	}
}

func TestNamelessParametersGoByPosition(t *testing.T) {
	g := G.NewGraph()
	node := G.NewScalar(g, G.Float64, G.WithValue(1.0)) // Gorgonia makes up a name for it
	named := vector("named", []float64{1}, []float64{1})
	other := nameless{vector("ignored", []float64{1}, []float64{1})}
	empty := vector("", []float64{1}, []float64{1})
	model := []G.ValueGrad{named, withGrad{node, G.NewF64(1)}, other, empty}
	s := must(NewAdam(DefaultAdam()))
	step(t, s, model)
	step(t, s, model)
	want := map[string]int{"named": 2, "#1": 2, "#2": 2, "#3": 2}
	if got := s.State().Steps; !reflect.DeepEqual(got, want) {
		t.Errorf("steps %v, want %v", got, want)
	}
}

// withGrad is a node whose gradient comes from elsewhere.
type withGrad struct {
	*G.Node
	grad G.Value
}

func (w withGrad) Grad() (G.Value, error) { return w.grad, nil }

func TestStepsAllocateNothing(t *testing.T) {
	for name, solver := range solvers() {
		p, s := newProblem(7, 40, 50, 60, 70), solver()
		p.model = append(p.model, nameless{vector("", []float32{1}, []float32{1})})
		for range 6 { // memory for moments is taken in the first step, for pruning up to the fifth
			step(t, s, p.model)
		}
		if n := testing.AllocsPerRun(10, func() { step(t, s, p.model) }); n != 0 {
			t.Errorf("%s: %v allocations per step", name, n)
		}
	}
}

func BenchmarkStep(b *testing.B) {
	const n = 1 << 22
	for _, name := range []string{"SGD", "AdamW", "chain"} {
		b.Run("F=32/N=4M/"+name, func(b *testing.B) {
			w := vector("w", make([]float32, n), make([]float32, n))
			s := solvers()[name]()
			step(b, s, []G.ValueGrad{w})
			b.SetBytes(4 * n)
			b.ReportAllocs()
			for b.Loop() {
				step(b, s, []G.ValueGrad{w})
			}
		})
	}
}
