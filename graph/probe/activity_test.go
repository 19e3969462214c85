package probe

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/pkg/errors"
	"pgregory.net/rapid"
)

// recordOf is a record of drawings of events, a piece each; a piece begins where
// the one before ended, and after a gap.
func recordOf(gap int64, drawings ...[]string) Record {
	r := Record{Layer: "rnn.0", Cell: "EvNN"}
	for i := range drawings[0] {
		r.Units = append(r.Units, 10+i)
	}
	start := int64(0)
	for _, d := range drawings {
		events := eventsOf(d...)
		for _, units := range events {
			slices.Reverse(units) // the first line is the first unit
		}
		r.Pieces = append(r.Pieces, Piece{Start: start, Events: events})
		start += int64(len(events)) + gap
	}
	return r
}

func TestActivityOfUnits(t *testing.T) {
	r := recordOf(3, []string{
		"xxx",
		"...",
		"x..",
		".x.",
	}, []string{
		"xxxxx",
		".....",
		".x..x",
		".....",
	})
	if got, want := r.UnitActivity(), []float64{1, 0, 3.0 / 8, 1.0 / 8}; !slices.Equal(got, want) {
		t.Errorf("activities are %v, want %v", got, want)
	}
	if got, want := r.Activity(), 12.0/32; got != want {
		t.Errorf("activity is %v, want %v", got, want)
	}
	if got, want := r.Silent(), []int{11}; !slices.Equal(got, want) {
		t.Errorf("silent units are %v, want %v", got, want)
	}
	if got, want := r.Saturated(), []int{10}; !slices.Equal(got, want) {
		t.Errorf("saturated units are %v, want %v", got, want)
	}
	// Unit 10: twice 1, then four times 1; unit 12: 3 in the second piece, and none
	// across the gap.
	if got, want := r.Intervals(), []int{1, 1, 1, 1, 1, 1, 3}; !slices.Equal(got, want) {
		t.Errorf("intervals are %v, want %v", got, want)
	}
}

func TestARecordOfNothingHasNoUnitsToCallSilent(t *testing.T) {
	r := Record{Layer: "rnn.0", Units: []int{0, 1}}
	if r.Activity() != 0 || r.Silent() != nil || r.Saturated() != nil || r.Intervals() != nil || r.Passage() != (Passage{}) {
		t.Errorf("%+v", r.Summary())
	}
	for name, err := range map[string]error{
		"lines":      second(ActivityLines(0, r)),
		"heat map":   second(r.Heatmap(0)),
		"intervals":  second(IntervalHistogram(r)),
		"thresholds": second(ThresholdHistogram(r)),
		"passage":    second(PassageBars(r)),
		"trace":      second(r.Trace(Piece{}, 0)),
		"longest":    second(r.Longest()),
		"no record":  second(ActivityLines(0)),
	} {
		if !errors.Is(err, ErrRecord) {
			t.Errorf("%s: error is %v, want %v", name, err, ErrRecord)
		}
	}
	for _, bins := range []int{-1, mostTimeBins + 1} {
		if err := second(ActivityLines(bins, r)); !errors.Is(err, ErrFigure) || !strings.Contains(err.Error(), fmt.Sprintf("bins are %d, want 0 to 1000", bins)) {
			t.Errorf("error of %d bins is %v", bins, err)
		}
	}
}

func second[T any](_ T, err error) error { return err }

func TestActivityLinesAreMeansOfTheirSteps(t *testing.T) {
	r := recordOf(4, []string{"x.xx", "x..."}, []string{".x", ".x"})
	l, err := ActivityLines(5, r) // 10 steps in bins of 2, of which 4 to 7 were not kept
	if err != nil {
		t.Fatal(err)
	}
	s := l.Series[0]
	if want := []float64{0.5, 2.5, 4.5, 6.5, 8.5}; !slices.Equal(s.X, want) {
		t.Errorf("bins are at %v, want %v", s.X, want)
	}
	if want := "[0.5 0.5 NaN NaN 0.5]"; fmt.Sprint(s.Y) != want {
		t.Errorf("activities are %v, want %s", s.Y, want)
	}
	if s.Name != "rnn.0" || l.XLabel != "time step (means of 2)" {
		t.Errorf("series %q over %q", s.Name, l.XLabel)
	}
}

// However time is cut into bins, no event is lost: bins weighted by their steps
// have the activity of the whole.
func TestBinsLoseNoEvent(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var r Record
		r.Units = []int{0, 1, 2}
		start := rapid.Int64Range(0, 1e12).Draw(t, "start")
		for range rapid.IntRange(1, 4).Draw(t, "pieces") {
			p := Piece{Start: start, Events: rapid.SliceOfN(rapid.SliceOfN(rapid.Bool(), 3, 3), 1, 30).Draw(t, "events")}
			r.Pieces = append(r.Pieces, p)
			start += int64(p.Steps()) + rapid.Int64Range(0, 9).Draw(t, "gap")
		}
		o, err := timeBins(rapid.IntRange(0, 40).Draw(t, "bins"), r)
		if err != nil {
			t.Fatal(err)
		}
		steps := make([]int, o.bins)
		for _, p := range r.Pieces {
			for step := range p.Steps() {
				steps[o.of(p.Start+int64(step))]++
			}
		}
		sum := 0.0
		for i, of := range r.unitActivity(o) {
			for bin, a := range of {
				if math.IsNaN(a) != (steps[bin] == 0) {
					t.Fatalf("unit %d has %v in bin %d of %d steps", i, a, bin, steps[bin])
				}
				if steps[bin] > 0 {
					sum += a * float64(steps[bin])
				}
			}
		}
		if want := r.Activity() * float64(3*r.Steps()); math.Abs(sum-want) > 1e-6 {
			t.Fatalf("bins hold %v events, want %v", sum, want)
		}
	})
}

func TestLongIntervalsAreCountedButNotShown(t *testing.T) {
	long := strings.Repeat("x", 60) + strings.Repeat(".", 99) + "x"
	h, err := IntervalHistogram(recordOf(0, []string{long}))
	if err != nil {
		t.Fatal(err)
	}
	made, err := h.layout()
	if err != nil {
		t.Fatal(err)
	}
	if got, want := made.panels[0].heading, "rnn.0, 59 values, mean 1, 1 not shown"; got != want {
		t.Errorf("heading is %q, want %q", got, want)
	}
	h, err = IntervalHistogram(recordOf(0, []string{"x.x..x...x...................x"}))
	if err != nil {
		t.Fatal(err)
	}
	if want := []float64{2, 3, 4, 20}; !slices.Equal(h.Samples[0].Values, want) {
		t.Errorf("intervals are %v, want all of %v", h.Samples[0].Values, want)
	}
}

func TestThresholdsAreTheLast(t *testing.T) {
	r := Record{Layer: "rnn.0", Units: []int{0, 1}, Pieces: []Piece{
		{Row: 1, Start: 8, Events: make([][]bool, 2), Thresholds: [][]float64{{1, 2}, {3, 4}}},
		{Row: 2, Start: 0, Events: make([][]bool, 1), Thresholds: [][]float64{{5, 6}}},
	}}
	gru := Record{Layer: "rnn.1", Cell: "GRU", Units: []int{0}, Pieces: []Piece{{Events: make([][]bool, 1)}}}
	h, err := ThresholdHistogram(gru, r)
	if err != nil {
		t.Fatal(err)
	}
	if want := []Sample{{"rnn.0", []float64{3, 4}}}; !reflect.DeepEqual(h.Samples, want) {
		t.Errorf("samples are %v, want %v", h.Samples, want)
	}
}

// graded is a record in which every fate of a gradient occurs.
func graded() Record {
	r := recordOf(0, []string{"xx..", "x...", "...."})
	r.Pieces[0].Surrogates = [][]float64{nil, {0, 0, 0.5}, {0.1, 0, 0}, {0, 0, 0}}
	r.Pieces[0].OutputGrads = [][]float64{nil, {1, 1, 1}, {1, 1, 1}, {0, 0, 0}}
	return r
}

func TestPassageTellsEventSurrogateAndCut(t *testing.T) {
	got := graded().Passage()
	// At step 1 unit 0 has an event, unit 2 a surrogate; at step 2 unit 0 has one.
	if want := (Passage{9, 1.0 / 9, 2.0 / 9, 6.0 / 9}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	gru := recordOf(0, []string{"xx"})
	gru.Cell, gru.Pieces[0].OutputGrads = "GRU", [][]float64{{1}, {1}}
	if got := gru.Passage(); got != (Passage{Units: 2, Event: 1}) {
		t.Errorf("%+v of a GRU, want all passed", got)
	}
	b, err := PassageBars(recordOf(0, []string{"x"}), graded())
	if err != nil {
		t.Fatal(err)
	}
	if p := b.Panels[0]; !slices.Equal(p.Groups, []string{"rnn.0"}) || !near(p.Series[2].Values[0], 200.0/3) {
		t.Errorf("bars are %+v", p)
	}
}
