package probe

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestTraceErrors(t *testing.T) {
	two := []float64{0.1, 0.2}
	for _, c := range []struct {
		name  string
		trace Trace
		want  string
	}{
		{"no states", Trace{}, "there are no states"},
		{"carried", Trace{States: two, Carried: []float64{1}}, "there are 1 Carried, want 2"},
		{"thresholds", Trace{States: two, Thresholds: []float64{1, 2, 3}}, "there are 3 Thresholds, want 2"},
		{"events", Trace{States: two, Events: []bool{true}}, "there are 1 Events, want 2"},
		{"gates", Trace{States: two, Gates: []Series{{Name: "z", Y: []float64{1}}}}, `series "z" has 1 numbers, want 2`},
		{"gradients", Trace{States: two, Gradients: []Series{{Name: "d", Y: []float64{math.NaN(), math.NaN()}}}}, "gradients: no series has a point that can be drawn"},
		{"one name", Trace{States: two, Gates: []Series{{Name: "z", Y: two}, {Name: "z", Y: two}}}, `gates: series 1, "z", has the name of another`},
		{"no numbers", Trace{States: []float64{math.NaN()}}, "no state can be shown"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f, err := c.trace.Figure()
			if f != nil || !errors.Is(err, ErrFigure) || !strings.Contains(err.Error(), c.want) || !strings.HasPrefix(err.Error(), "trace: ") {
				t.Errorf("figure %v, error %v; want no figure and trace: ...%s...", f, err, c.want)
			}
		})
	}
}

func TestATraceFollowsTheStateDownAtAnEvent(t *testing.T) {
	l, err := Trace{
		Start:      100,
		States:     []float64{0.1, 0.6, 0.3, math.NaN(), 0.2},
		Carried:    []float64{0.1, 0.2, 0.3, math.NaN(), 0.2},
		Thresholds: []float64{0.4, 0.4, 0.5, 0.5, 0.5},
		Events:     []bool{false, true, false, false, false},
	}.layout()
	if err != nil {
		t.Fatal(err)
	}
	r, a := record(l)
	wantLegible(t, r, a)
	f := a.frames[0]
	curve := r.in(palette[0])
	if len(curve) != 2 { // the sample in the legend, and the curve up to the gap
		t.Fatalf("%d strokes, want 2", len(curve))
	}
	want := []point{f.at(100, 0.1), f.at(101, 0.6), f.at(101, 0.2), f.at(102, 0.3)}
	for i, p := range curve[1].paths[0] {
		if !near(p.x, want[i].x) || !near(p.y, want[i].y) {
			t.Errorf("point %d is at %v, want %v", i, p, want[i])
		}
	}
	marks := 0
	for _, s := range r.fills {
		for _, p := range s.paths {
			if len(p) == 3 && p[0].x > f.left && p[2].y < f.bottom && p[0].y >= f.top {
				marks++
				if !near(p[2].x, f.atX(101)) || p[2].y > f.atY(0.6) {
					t.Errorf("the event is marked at %v, want it above step 101 and the curve", p[2])
				}
			}
		}
	}
	if marks != 1 || !r.has("1 event") || !r.has("threshold") {
		t.Errorf("%d events are marked, want 1, with a legend", marks)
	}
}

func TestATraceOfARecordIsOfItsUnit(t *testing.T) {
	r := graded()
	r.GateNames = [3]string{"z", "r", "g"}
	p := &r.Pieces[0]
	number := func(base float64) (rows [][]float64) {
		for t := range 4 {
			rows = append(rows, []float64{base + float64(t), base + 10 + float64(t), base + 20 + float64(t)})
		}
		return rows
	}
	p.Start, p.States, p.Carried, p.Thresholds, p.Gates = 7, number(100), number(200), number(300), [3][][]float64{nil, number(400), nil}
	got, err := r.Trace(*p, 11)
	if err != nil {
		t.Fatal(err)
	}
	if got.Title != "rnn.0, unit 11" || got.Start != 7 ||
		!slices.Equal(got.States, []float64{110, 111, 112, 113}) || !slices.Equal(got.Carried, []float64{210, 211, 212, 213}) ||
		!slices.Equal(got.Thresholds, []float64{310, 311, 312, 313}) || !slices.Equal(got.Events, []bool{true, false, false, false}) ||
		len(got.Gates) != 1 || got.Gates[0].Name != "r" || got.Gates[0].Y[3] != 413 ||
		len(got.Gradients) != 1 || !math.IsNaN(got.Gradients[0].Y[0]) || got.Gradients[0].Y[1] != 1 {
		t.Errorf("%+v", got)
	}
	if _, err := got.Figure(); err != nil {
		t.Error(err)
	}
	for name, err := range map[string]error{
		"unit 3 of layer rnn.0 was not recorded":           second(r.Trace(*p, 3)),
		"the states of layer rnn.0 were not recorded":      second(r.Trace(Piece{Events: p.Events}, 11)),
		"the piece has no steps":                           second(r.Trace(Piece{}, 11)),
		"the piece is of 1 units, want the 3 of layer rnn": second(r.Trace(Piece{Events: [][]bool{{true}}, States: [][]float64{{1}}}, 11)),
	} {
		if !errors.Is(err, ErrRecord) || !strings.Contains(err.Error(), name) {
			t.Errorf("error is %v, want %v saying %s", err, ErrRecord, name)
		}
	}
}

func TestATraceOfAGRUHasNeitherThresholdNorEvents(t *testing.T) {
	r := recordOf(0, []string{"xx"})
	r.Cell, r.Pieces[0].States = "GRU", [][]float64{{1}, {2}}
	got, err := r.Trace(r.Pieces[0], 10)
	if err != nil {
		t.Fatal(err)
	}
	if got.Events != nil || got.Thresholds != nil || got.YLabel != "state h" {
		t.Errorf("%+v", got)
	}
	l, err := got.layout()
	if err != nil {
		t.Fatal(err)
	}
	if r, _ := record(l); r.has("threshold") || r.has("0 events") {
		t.Error("the legend tells of thresholds or events")
	}
}

func TestTheLongestPieceIsTheLastOfSeveral(t *testing.T) {
	r := recordOf(0, []string{"xx"}, []string{"x"}, []string{".x"}, []string{"."})
	p, err := r.Longest()
	if err != nil || p.Start != 3 {
		t.Errorf("the piece begins at %d (%v), want 3", p.Start, err)
	}
}

func TestTracesAreLegible(t *testing.T) {
	number := rapid.OneOf(rapid.Float64Range(-1, 1), rapid.SampledFrom([]float64{0, 1e300, -1e300, 1e-310, math.NaN(), math.Inf(1)}))
	text := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"", "z", strings.Repeat("long name ", 30)}))
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 30).Draw(t, "T")
		numbers := rapid.SliceOfN(number, n, n)
		series := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Series {
			return Series{Name: text.Draw(t, "name"), Y: numbers.Draw(t, "Y")}
		}), 0, 3)
		tr := Trace{
			Title: text.Draw(t, "title"), XLabel: text.Draw(t, "x label"), YLabel: text.Draw(t, "y label"),
			Start:  rapid.SampledFrom([]int64{0, 123, 1 << 50, math.MaxInt64}).Draw(t, "start"),
			States: numbers.Draw(t, "states"), Carried: numbers.Draw(t, "carried"), Thresholds: numbers.Draw(t, "thresholds"),
			Events: rapid.SliceOfN(rapid.Bool(), n, n).Draw(t, "events"),
			Gates:  series.Draw(t, "gates"), Gradients: series.Draw(t, "gradients"),
		}
		made, err := tr.layout()
		if err != nil {
			if !errors.Is(err, ErrFigure) {
				t.Fatalf("error is %v", err)
			}
			return
		}
		r, a := record(made)
		wantLegible(t, r, a)
		wantInside(t, r, a)
	})
}
