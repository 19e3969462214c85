package probe

import (
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func axisOf(log bool, numbers ...float64) axis {
	a := newAxis(log)
	for _, v := range numbers {
		a.include(v)
	}
	a.widen()
	return a
}

func labelsOf(ts []tick) string {
	var ls []string
	for _, t := range ts {
		ls = append(ls, t.label)
	}
	return strings.Join(ls, " ")
}

func TestTicksAreRoundNumbers(t *testing.T) {
	for _, c := range []struct {
		name string
		axis axis
		want string
	}{
		{"epochs", axisOf(false, 1, 12), "2 4 6 8 10 12"},
		{"two epochs", axisOf(false, 1, 2), "1 2"},
		{"one epoch", axisOf(false, 7), "6 7 8"},
		{"activity", axisOf(false, 0, 0.31), "0 0.1 0.2 0.3"},
		{"quarters", axisOf(false, 0.1, 1.4), "0.25 0.50 0.75 1.00 1.25"},
		{"no quarters of whole numbers", axisOf(false, 0, 14), "0 5 10"},
		{"perplexity", axisOf(false, 139.5, 700), "200 300 400 500 600 700"},
		{"below zero", axisOf(false, -3, 2), "-3 -2 -1 0 1 2"},
		{"tokens", axisOf(false, 0, 929589), "0 200k 400k 600k 800k"},
		{"millions", axisOf(false, 0, 2.5e6), "0 0.5M 1.0M 1.5M 2.0M 2.5M"},
		{"narrow and far from zero", axisOf(false, 49960, 50000), "49960 49970 49980 49990 50000"},
		{"learning rate", axisOf(false, 0, 4.2e-5), "0 1e-05 2e-05 3e-05 4e-05"},
		{"huge", axisOf(false, 0, 3e20), "0 5e+19 1e+20 1.5e+20 2e+20 2.5e+20 3e+20"},
		{"one number", axisOf(false, 0.5), "0.48 0.49 0.50 0.51 0.52"},
		{"zero", axisOf(false, 0), "-1 0 1"},
		{"as good as zero", axisOf(false, 5e-324), "-1.0 -0.5 0 0.5 1.0"},
		{"hardly apart from zero", axisOf(false, 1e-310, 3e-310), "-1.0 -0.5 0 0.5 1.0"},
		{"log", axisOf(true, 1, 1e4), "1 10 100 1000 10k"},
		{"log of many decades", axisOf(true, 1e-12, 1), "1e-12 1e-09 1e-06 0.001 1"},
		{"log of two", axisOf(true, 80, 900), "100 200 500"},
		{"log of less", axisOf(true, 140, 450), "150 200 300 400"},
		{"log of very little", axisOf(true, 170, 183), "170 175 180"},
		{"log of one number", axisOf(true, 100), "96 98 100 102 104"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := labelsOf(c.axis.ticks(6)); got != c.want {
				t.Errorf("ticks are %s, want %s", got, c.want)
			}
		})
	}
}

func TestTicksLieOnTheAxisInOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		log := rapid.Bool().Draw(t, "log")
		a := newAxis(log)
		for range rapid.IntRange(1, 3).Draw(t, "n") {
			if v := rapid.Float64().Draw(t, "v"); a.shows(v) {
				a.include(v)
			}
		}
		if a.empty() {
			return
		}
		a.widen()
		want := rapid.IntRange(2, 8).Draw(t, "want")
		ts := a.ticks(want)
		if len(ts) == 0 || len(ts) > want+5 {
			t.Fatalf("axis %+v has %d ticks, want about %d", a, len(ts), want)
		}
		before, seen := math.Inf(-1), map[string]bool{}
		for _, k := range ts {
			at := a.at(k.at)
			if !(at >= -1e-6 && at <= 1+1e-6) || k.at <= before {
				t.Fatalf("tick %v after %v is at %v of axis %+v", k.at, before, at, a)
			}
			if seen[k.label] {
				t.Fatalf("two ticks of axis %+v are labelled %s", a, k.label)
			}
			before, seen[k.label] = k.at, true
		}
	})
}

func TestAnAxisShowsWhatItCanPlace(t *testing.T) {
	for _, c := range []struct {
		v           float64
		linear, log bool
	}{
		{1, true, true},
		{0, true, false},
		{-1, true, false},
		{math.NaN(), false, false},
		{math.Inf(1), false, false},
		{math.Inf(-1), false, false},
		{1e300, true, true},
		{2e300, false, false},
		{1e-310, true, false},
	} {
		if got := newAxis(false).shows(c.v); got != c.linear {
			t.Errorf("linear axis shows %v: %v, want %v", c.v, got, c.linear)
		}
		if got := newAxis(true).shows(c.v); got != c.log {
			t.Errorf("logarithmic axis shows %v: %v, want %v", c.v, got, c.log)
		}
	}
}
