package optim

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/egru/egru/internal/kernel"
)

// weight is a parameter outside of any graph.
type weight struct {
	name        string
	value, grad G.Value
}

func (w *weight) Name() string           { return w.name }
func (w *weight) Value() G.Value         { return w.value }
func (w *weight) Grad() (G.Value, error) { return w.grad, nil }

// nameless is a parameter without a method Name.
type nameless struct{ w *weight }

func (n nameless) Value() G.Value         { return n.w.value }
func (n nameless) Grad() (G.Value, error) { return n.w.grad, nil }

func dense[F kernel.Float](shape []int, numbers ...F) G.Value {
	if len(shape) == 0 {
		if v, ok := any(numbers[0]).(float32); ok {
			return G.NewF32(v)
		}
		return G.NewF64(float64(numbers[0]))
	}
	return tensor.New(tensor.WithShape(shape...), tensor.WithBacking(numbers))
}

func vector[F kernel.Float](name string, value, grad []F) *weight {
	return &weight{name, dense([]int{len(value)}, value...), dense([]int{len(grad)}, grad...)}
}

// bits are the numbers of a value, bit by bit.
func bits(t testing.TB, v G.Value) []uint64 {
	t.Helper()
	f32, f64, err := floats(v)
	if err != nil {
		t.Fatal(err)
	}
	var b []uint64
	for _, x := range f32 {
		b = append(b, uint64(math.Float32bits(x)))
	}
	for _, x := range f64 {
		b = append(b, math.Float64bits(x))
	}
	return b
}

// numbers are the numbers of a value in float64.
func numbers(t testing.TB, v G.Value) []float64 {
	t.Helper()
	f32, f64, err := floats(v)
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range f32 {
		f64 = append(f64, float64(x))
	}
	return f64
}

// modelBits are the bits of all values and gradients that can be read.
func modelBits(t testing.TB, model []G.ValueGrad) string {
	var s string
	for _, vg := range model {
		w, ok := vg.(*weight)
		if !ok || w == nil {
			continue
		}
		for _, v := range []G.Value{w.value, w.grad} {
			if _, _, err := floats(v); err == nil {
				s += fmt.Sprint(w.name, bits(t, v))
			}
		}
	}
	return s
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func step(t testing.TB, s Solver, model []G.ValueGrad) {
	t.Helper()
	if err := s.Step(model); err != nil {
		t.Fatal(err)
	}
}

func wantNumbers(t testing.TB, what string, got, want []float64, tolerance float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: got %d numbers, want %d", what, len(got), len(want))
	}
	for i := range want {
		if !(math.Abs(got[i]-want[i]) <= tolerance*max(1, math.Abs(want[i]))) {
			t.Errorf("%s: number %d is %v, want %v", what, i, got[i], want[i])
		}
	}
}

// problem is a model with parameters of both precisions, of many sizes, and a
// seeded stream of gradients.
type problem struct {
	random *rand.Rand
	model  []G.ValueGrad
}

func newProblem(seed uint64, sizes ...int) *problem {
	p := &problem{random: rand.New(rand.NewPCG(seed, 0))}
	for i, n := range sizes {
		if i%2 == 0 {
			p.model = append(p.model, vector(fmt.Sprint("w", i), normal[float32](p.random, n), make([]float32, n)))
		} else {
			p.model = append(p.model, vector(fmt.Sprint("w", i), normal[float64](p.random, n), make([]float64, n)))
		}
	}
	p.model = append(p.model,
		&weight{"s32", G.NewF32(1.5), G.NewF32(0)},
		&weight{"s64", G.NewF64(-1.5), G.NewF64(0)})
	return p
}

func normal[F kernel.Float](r *rand.Rand, n int) []F {
	x := make([]F, n)
	for i := range x {
		x[i] = F(r.NormFloat64())
	}
	return x
}

// draw sets new gradients.
func (p *problem) draw(t testing.TB) {
	for _, vg := range p.model {
		f32, f64, err := floats(vg.(*weight).grad)
		if err != nil {
			t.Fatal(err)
		}
		copy(f32, normal[float32](p.random, len(f32)))
		copy(f64, normal[float64](p.random, len(f64)))
	}
}

// solvers makes one of each kind, and a full chain of wrappers.
func solvers() map[string]func() Solver {
	groups := []Group{Frozen("w3"), {Names: []string{"s*"}, LearnRateScale: 0.5, WeightDecay: 0.2}}
	sgd := func() Solver {
		return must(NewSGD(SGDConfig{LearnRate: 0.05, Momentum: 0.9, Nesterov: true, WeightDecay: 0.01, Decoupled: true, Groups: groups}))
	}
	adam := func() Solver {
		c := DefaultAdam()
		c.WeightDecay, c.Groups = 0.1, groups
		return must(NewAdam(c))
	}
	adamW := func() Solver {
		c := DefaultAdamW()
		c.Groups = groups
		return must(NewAdamW(c))
	}
	prune := func(inner Solver) Solver {
		c := DefaultPrune(0.7)
		c.Names = []string{"w1", "w2", "s32"}
		c.Schedule = Gradual{Initial: 0.2, Final: 0.7, Start: 1, End: 5, Every: 2}
		return must(NewPrune(inner, c))
	}
	return map[string]func() Solver{
		"prune": func() Solver { return prune(must(NewClip(adamW(), 3))) },
		"prunes": func() Solver {
			each := DefaultPrune(0.3)
			each.Names, each.Scope = []string{"w1", "w2"}, PruneEach
			return must(NewPrune(must(NewScheduled(prune(sgd()), Cosine{End: 8})), each))
		},
		"SGD":   sgd,
		"Adam":  adam,
		"AdamW": adamW,
		"chain": func() Solver {
			clip := must(NewClip(adamW(), 3))
			scheduled := must(NewScheduled(clip, Cosine{Start: 3, End: 8, Floor: 0.1}))
			again := must(NewScheduled(scheduled, StepDecay{Every: 2, Gamma: 0.9}))
			return must(NewProject(again, Bound{Names: []string{"w*"}, Low: -0.8, High: 0.9}))
		},
	}
}

func wantError(t testing.TB, err, sentinel error, words string) {
	t.Helper()
	if !errors.Is(err, sentinel) || !strings.Contains(fmt.Sprint(err), words) {
		t.Errorf("got error %v, want one of %q with %q", err, sentinel, words)
	}
}
