package optim

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

func TestSchedulesInClosedForm(t *testing.T) {
	root := math.Sqrt2 / 2
	cases := []struct {
		name     string
		schedule Schedule
		want     map[int]float64 // by step
	}{
		{"constant", Constant{}, map[int]float64{0: 1, 1000: 1}},
		{"cosine", Cosine{End: 4}, map[int]float64{0: 1, 1: (1 + root) / 2, 2: 0.5, 3: (1 - root) / 2, 4: 0, 5: 0, 100: 0}},
		{"late cosine to a floor", Cosine{Start: 10, End: 14, Floor: 0.2}, map[int]float64{0: 1, 9: 1, 10: 1, 11: 0.2 + 0.4*(1+root), 12: 0.6, 14: 0.2, 15: 0.2}},
		{"step decay", StepDecay{Every: 3, Gamma: 0.5}, map[int]float64{0: 1, 2: 1, 3: 0.5, 5: 0.5, 6: 0.25, 9: 0.125}},
		{"milestones", Milestones{Steps: []int{2, 5, 5}, Gamma: 0.5}, map[int]float64{0: 1, 1: 1, 2: 0.5, 4: 0.5, 5: 0.125, 99: 0.125}},
		{"no milestones", Milestones{}, map[int]float64{0: 1, 99: 1}},
	}
	for _, c := range cases {
		for step, want := range c.want {
			if got := c.schedule.Factor(step); math.Abs(got-want) > 1e-15 {
				t.Errorf("%s: factor %v in step %d, want %v", c.name, got, step, want)
			}
		}
	}
}

func TestCosineFallsFromOneToItsFloor(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		start := rapid.IntRange(0, 50).Draw(rt, "start")
		c := Cosine{Start: start, End: start + rapid.IntRange(1, 50).Draw(rt, "length"), Floor: rapid.Float64Range(0, 1).Draw(rt, "floor")}
		before := 1.0
		for step := range c.End + 3 {
			f := c.Factor(step)
			if f > before || f < c.Floor || step <= start && f != 1 || step >= c.End && f != c.Floor {
				rt.Fatalf("factor %v in step %d, %v before", f, step, before)
			}
			before = f
		}
	})
}

func TestSchedulesAreValidated(t *testing.T) {
	for _, c := range []struct {
		schedule Schedule
		words    string
	}{
		{nil, "Scheduled: the schedule is nil"},
		{Cosine{}, "Scheduled: Cosine: Start and End are 0 and 0, want 0 <= Start < End"},
		{Cosine{Start: -1, End: 1}, "Start and End are -1 and 1"},
		{Cosine{Start: 2, End: 1, Floor: -1}, "want 0 <= Start < End; Floor is -1"},
		{StepDecay{Gamma: 1}, "StepDecay: Every is 0, want > 0"},
		{StepDecay{Every: 1, Gamma: math.NaN()}, "StepDecay: Gamma is NaN"},
		{Milestones{Steps: []int{2, 1}, Gamma: 1}, "Milestones: Steps are [2 1], want them ascending"},
		{Milestones{Gamma: math.Inf(1)}, "Milestones: Gamma is +Inf"},
	} {
		_, err := NewScheduled(sgdOfRate1(), c.schedule)
		wantError(t, err, ErrConfig, c.words)
	}
	if f := (StepDecay{}).Factor(1); !math.IsNaN(f) {
		t.Errorf("StepDecay without Every: factor %v, want NaN", f)
	}
}
