package optim

import (
	"math"
	"testing"

	G "gorgonia.org/gorgonia"
	"pgregory.net/rapid"
)

func sgdOfRate1() Solver { return must(NewSGD(SGDConfig{LearnRate: 1})) }

func TestClipScalesByTheGlobalNorm(t *testing.T) {
	model := func() []G.ValueGrad {
		return []G.ValueGrad{
			vector("a", []float64{0, 0}, []float64{2, -4}),
			vector("b", []float32{0}, []float32{5}),
			&weight{"c", G.NewF64(0), G.NewF64(-2)},
		}
	}
	for _, c := range []struct {
		maxNorm float64
		clipped bool
	}{{3.5, true}, {6.9999, true}, {7, true}, {7.00001, false}, {math.Inf(1), false}} {
		clip := must(NewClip(sgdOfRate1(), c.maxNorm))
		m := model()
		step(t, clip, m)
		if clip.Norm() != 7 || clip.Clipped() != c.clipped {
			t.Errorf("maximum %v: norm %v, clipped %v, want 7 and %v", c.maxNorm, clip.Norm(), clip.Clipped(), c.clipped)
		}
		k := min(1, c.maxNorm/(7+1e-6)) // at norm 7 the 1e-6 shows: 7/(7+1e-6) < 1
		wantNumbers(t, "a", numbers(t, m[0].Value()), []float64{-2 * k, 4 * k}, 1e-15)
		wantNumbers(t, "b", numbers(t, m[1].Value()), []float64{-5 * k}, 1e-6)
		wantNumbers(t, "c", numbers(t, m[2].Value()), []float64{2 * k}, 1e-15)
	}
}

func TestUnclippedStepsKeepTheirBits(t *testing.T) {
	a, b := newProblem(9, 30, 40), newProblem(9, 30, 40)
	plain, clip := must(NewAdamW(DefaultAdamW())), must(NewClip(must(NewAdamW(DefaultAdamW())), 1e9))
	a.draw(t)
	b.draw(t)
	step(t, plain, a.model)
	step(t, clip, b.model)
	if modelBits(t, a.model) != modelBits(t, b.model) {
		t.Error("they differ")
	}
}

// A float32 sum would lose the small ones, or overflow at 1e20.
func TestNormIsSummedInFloat64(t *testing.T) {
	n := 3*blockSize + 5
	g := make([]float32, n)
	for i := range g {
		g[i] = 1e-3
	}
	clip := must(NewClip(sgdOfRate1(), math.Inf(1)))
	step(t, clip, []G.ValueGrad{vector("w", make([]float32, n), g)})
	if want := float64(float32(1e-3)) * math.Sqrt(float64(n)); math.Abs(clip.Norm()-want) > 1e-14*want {
		t.Errorf("norm %v, want %v", clip.Norm(), want)
	}
	step(t, clip, []G.ValueGrad{vector("w", make([]float32, n), append(make([]float32, n-2), 3e30, 4e30))})
	if want := 5e30; math.Abs(clip.Norm()-want) > 1e-6*want {
		t.Errorf("norm %v, want %v", clip.Norm(), want)
	}
}

func TestNormIsThatOfAllElements(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		n := rapid.OneOf(rapid.IntRange(1, 20), rapid.IntRange(blockSize-3, 2*blockSize+3)).Draw(rt, "n")
		k := rapid.IntRange(0, n-1).Draw(rt, "place")
		g := make([]float64, n)
		g[k] = 3
		clip := must(NewClip(sgdOfRate1(), 2.5))
		w := vector("w", make([]float64, n), g)
		step(t, clip, []G.ValueGrad{w, &weight{"s", G.NewF32(0), G.NewF32(4)}})
		if clip.Norm() != 5 {
			rt.Errorf("norm %v, want 5", clip.Norm())
		}
		if got, want := numbers(t, w.value)[k], -3*2.5/(5+1e-6); math.Abs(got-want) > 1e-14 {
			rt.Errorf("the step goes to %v, want %v", got, want)
		}
	})
}

func TestNormThatIsNotFiniteChangesNothing(t *testing.T) {
	for _, c := range []struct {
		grad  []float64
		words string
	}{
		{[]float64{1, math.NaN()}, `parameter "bad": norm of the gradient is NaN`},
		{[]float64{math.Inf(-1), 1}, `parameter "bad": norm of the gradient is +Inf`},
		{[]float64{1e160, 1}, `parameter "bad": norm of the gradient is +Inf`},
		{[]float64{1.3e154, 0}, `norm of all gradients overflows; that of parameter "bad" is the largest`},
	} {
		inner := must(NewAdamW(DefaultAdamW()))
		clip := must(NewClip(inner, 1))
		first := vector("first", []float64{1}, []float64{10})
		step(t, clip, []G.ValueGrad{first})
		model := []G.ValueGrad{
			vector("first", []float64{1}, []float64{1.2e154}),
			vector("bad", []float64{1, 2}, c.grad),
			vector("last", []float32{1}, []float32{3}),
		}
		before := modelBits(t, model)
		wantError(t, clip.Check(model), ErrNotFinite, c.words)
		wantError(t, clip.Step(model), ErrNotFinite, c.words)
		if modelBits(t, model) != before || len(inner.State().Steps) != 1 {
			t.Errorf("%v: the step went on", c.grad)
		}
		if clip.Norm() != 10 || !clip.Clipped() {
			t.Errorf("norm %v, want that of the last step, 10", clip.Norm())
		}
	}
}

func TestClipIsValidated(t *testing.T) {
	_, err := NewClip(nil, 1)
	wantError(t, err, ErrConfig, "Clip: the inner solver is nil")
	for _, maxNorm := range []float64{0, -1, math.NaN()} {
		_, err := NewClip(sgdOfRate1(), maxNorm)
		wantError(t, err, ErrConfig, "Clip: maxNorm is")
	}
}
