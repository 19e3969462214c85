package optim

import (
	"math"
	"testing"

	G "gorgonia.org/gorgonia"
)

// table is a schedule of listed factors.
type table []float64

func (f table) Factor(step int) float64 { return f[step] }

// oneStep makes a step with gradient 1 from 0 and gives the way gone, which for
// SGD is the rate.
func oneStep(t *testing.T, s Solver, scale float64) float64 {
	t.Helper()
	w := vector("w", []float64{0}, []float64{1})
	if err := StepScaled(s, []G.ValueGrad{w}, scale); err != nil {
		t.Fatal(err)
	}
	return -numbers(t, w.value)[0]
}

func TestScheduledSetsTheRateOfEachStep(t *testing.T) {
	s := must(NewScheduled(must(NewSGD(SGDConfig{LearnRate: 4})), table{1, 0.5, 0.25, 0, 2}))
	for i, want := range []float64{4, 2, 1, 0} {
		if s.Steps() != i || s.Rate() != want {
			t.Errorf("step %d at rate %v, want %d at %v", s.Steps(), s.Rate(), i, want)
		}
		if got := oneStep(t, s, 1); got != want {
			t.Errorf("step %d at rate %v, want %v", i, got, want)
		}
		if s.LearnRate() != 4 {
			t.Errorf("base rate %v, want 4", s.LearnRate())
		}
	}
	s.SetLearnRate(3)
	if got := oneStep(t, s, 1); got != 6 {
		t.Errorf("new base rate 3, factor 2: rate %v", got)
	}
}

func TestScalingOneStepLeavesTheSchedule(t *testing.T) {
	factors := table{1, 0.5, 0.25, 0.125}
	inner := must(NewSGD(SGDConfig{LearnRate: 4}))
	scheduled := must(NewScheduled(inner, factors))
	outer := must(NewClip(must(NewProject(scheduled)), 1e9)) // the scale passes through wrappers
	for i, scale := range []float64{1, 0.5, 2, 1} {
		if got, want := oneStep(t, outer, scale), 4*factors[i]*scale; got != want {
			t.Errorf("step %d with scale %v: rate %v, want %v", i, scale, got, want)
		}
	}
	if inner.LearnRate() != 4 || scheduled.Steps() != 4 {
		t.Errorf("base rate %v after %d steps", inner.LearnRate(), scheduled.Steps())
	}
}

func TestSchedulesMultiply(t *testing.T) {
	warmUp := must(NewScheduled(must(NewSGD(SGDConfig{LearnRate: 1})), table{0.25, 0.5, 1}))
	s := must(NewScheduled(warmUp, table{1, 0.5, 0.5}))
	for i, want := range []float64{0.25, 0.25, 0.5} {
		if got := oneStep(t, s, 1); got != want {
			t.Errorf("step %d at rate %v, want %v", i, got, want)
		}
	}
}

func TestFailedStepsAreNotCounted(t *testing.T) {
	s := must(NewScheduled(must(NewSGD(SGDConfig{LearnRate: 4})), table{1, math.NaN(), -1}))
	w := vector("w", []float64{0}, []float64{1})
	wantError(t, s.Step([]G.ValueGrad{nil}), ErrValue, "")
	if s.Steps() != 0 || s.LearnRate() != 4 {
		t.Errorf("%d steps, base rate %v", s.Steps(), s.LearnRate())
	}
	wantError(t, StepScaled(s, []G.ValueGrad{w}, math.Inf(1)), ErrConfig, "learn rate is +Inf")
	step(t, s, []G.ValueGrad{w})
	wantError(t, s.Check([]G.ValueGrad{w}), ErrConfig, "learn rate is NaN")
	wantError(t, s.Step([]G.ValueGrad{w}), ErrConfig, "learn rate is NaN")
	if s.Steps() != 1 || s.LearnRate() != 4 {
		t.Errorf("%d steps, base rate %v", s.Steps(), s.LearnRate())
	}
}

func TestScheduledIsValidated(t *testing.T) {
	_, err := NewScheduled(nil, Constant{})
	wantError(t, err, ErrConfig, "Scheduled: the inner solver is nil")
}
