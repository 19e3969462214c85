package probe

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestLinesErrors(t *testing.T) {
	ok := Series{Name: "ok", Y: []float64{1, 2}}
	for _, c := range []struct {
		name  string
		lines Lines
		want  string
	}{
		{"no series", Lines{}, "there are no series"},
		{"no points", Lines{Series: []Series{ok, {Name: "void"}}}, `series 1, "void", has no points`},
		{"unequal lengths", Lines{Series: []Series{{Name: "a", X: []float64{1}, Y: []float64{1, 2}}}}, `series 0, "a": X has 1 numbers, Y 2`},
		{"empty X", Lines{Series: []Series{{X: []float64{}, Y: []float64{1}}}}, "X has 0 numbers"},
		{"one name twice", Lines{Series: []Series{ok, ok}}, `series 1, "ok", has the name of another`},
		{"nothing finite", Lines{Series: []Series{{Y: []float64{math.NaN(), math.Inf(-1)}}}}, "no series has a point that can be drawn"},
		{"nothing above 0 on a log axis", Lines{LogY: true, Series: []Series{{Y: []float64{0, -1}}}}, "no series has a point"},
		{"reference NaN", Lines{Series: []Series{ok}, References: []Reference{{"floor", math.NaN()}}}, `reference "floor" is at NaN`},
		{"reference 0 on a log axis", Lines{LogY: true, Series: []Series{ok}, References: []Reference{{"floor", 0}}}, `reference "floor" is at 0`},
		{"zero of a log axis", Lines{LogY: true, FromZero: true, Series: []Series{ok}}, "LogY and FromZero"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f, err := c.lines.Figure()
			if f != nil || !errors.Is(err, ErrFigure) || !strings.Contains(err.Error(), c.want) || !strings.HasPrefix(err.Error(), "lines: ") {
				t.Errorf("figure %v, error %v; want no figure and lines: ...%s...", f, err, c.want)
			}
		})
	}
}

func TestPanelsErrors(t *testing.T) {
	ok := Lines{Series: []Series{{Y: []float64{1}}}}
	for _, c := range []struct {
		panels []Lines
		want   string
	}{
		{nil, "panels: there are no panels"},
		{[]Lines{ok, {}}, "panels: panel 1: there are no series"},
	} {
		if _, err := (Panels{Panels: c.panels}).Figure(); !errors.Is(err, ErrFigure) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error %v, want %s", err, c.want)
		}
	}
}

func TestCurvesGoThroughTheirPoints(t *testing.T) {
	x, y := []float64{10, 20, 40}, []float64{5, -5, 0}
	l, err := Lines{Series: []Series{{Name: "a", X: x, Y: y}}}.layout()
	if err != nil {
		t.Fatal(err)
	}
	r, a := record(l)
	f := a.frames[0]
	const inset = 8
	left, w, bottom, h := f.left+inset, f.right-f.left-2*inset, f.bottom-inset, f.bottom-f.top-2*inset
	want := []point{{left, bottom - h}, {left + w/3, bottom}, {left + w, bottom - h/2}}
	drawn := r.in(palette[0])
	curve := drawn[len(drawn)-1].paths[0] // the first is the legend's sample
	for i := range want {
		if !near(curve[i].x, want[i].x) || !near(curve[i].y, want[i].y) {
			t.Errorf("point %d is at %v, want %v", i, curve[i], want[i])
		}
	}
}

func TestTheTitleOfLinesStandsOnce(t *testing.T) {
	l, err := Lines{Title: "validation", Series: []Series{{Y: []float64{1, 2}}}}.layout()
	if err != nil {
		t.Fatal(err)
	}
	if r, _ := record(l); r.count("validation") != 1 {
		t.Errorf("the title stands %d times", r.count("validation"))
	}
}

func TestTicksMakeRoomForTheirLabels(t *testing.T) {
	for _, x := range [][]float64{{1, 12}, {123456789.05, 123456789.85}, {-1e-300, 1e-300}, {1e5 + 0.123, 1e5 + 0.124}} {
		l, err := Lines{Series: []Series{{X: x, Y: []float64{1, 2}}}}.layout()
		if err != nil {
			t.Fatal(err)
		}
		r, a := record(l)
		wantLegible(t, r, a)
		if len(l.xTicks) < 2 {
			t.Errorf("x from %v to %v has ticks %v, want at least 2", x[0], x[1], l.xTicks)
		}
	}
}

func TestLinesShowWhatTheyDraw(t *testing.T) {
	for _, log := range []bool{false, true} {
		for _, y := range []float64{1, 0, -1, 1e300, 2e300, 1e-310, math.NaN(), math.Inf(-1)} {
			l := Lines{LogY: log, Series: []Series{{Y: []float64{y}}}}
			if _, err := l.Figure(); l.Shows(y) != (err == nil) {
				t.Errorf("log %v: Shows(%v) is %v, drawing it gives %v", log, y, l.Shows(y), err)
			}
		}
	}
}

func TestFromZeroTakesTheAxisDownToZero(t *testing.T) {
	for _, c := range []struct {
		from bool
		y    []float64
		want float64
	}{
		{false, []float64{2, 3}, 2},
		{true, []float64{2, 3}, 0},
		{true, []float64{-1, 3}, -1},
		{true, []float64{-3, -1}, -3},
	} {
		l, err := Lines{FromZero: c.from, Series: []Series{{Y: c.y}}}.layout()
		if err != nil {
			t.Fatal(err)
		}
		if got := l.panels[0].y.min; got != c.want {
			t.Errorf("FromZero %v of %v: the axis starts at %v, want %v", c.from, c.y, got, c.want)
		}
	}
}

func TestALogarithmicAxisSpacesFactorsEvenly(t *testing.T) {
	l, err := Lines{LogY: true, Series: []Series{{Y: []float64{1, 10, 100}}}}.layout()
	if err != nil {
		t.Fatal(err)
	}
	r, _ := record(l)
	p := r.in(palette[0])[0].paths[0]
	if !near(p[0].y-p[1].y, p[1].y-p[2].y) || p[0].y <= p[2].y {
		t.Errorf("points at %v are not evenly spaced upward", p)
	}
}

func TestPointsThatCannotBeDrawnLeaveGapsAndAreCounted(t *testing.T) {
	l, err := Lines{Series: []Series{
		{Name: "a", Y: []float64{1, 2, math.NaN(), 3, 4, math.Inf(1), 5}},
		{Name: "b", X: []float64{1, math.Inf(-1), 3}, Y: []float64{1, 2, 3}},
		{Y: []float64{1, -2e300, 2}},
	}}.layout()
	if err != nil {
		t.Fatal(err)
	}
	r, _ := record(l)
	for _, text := range []string{"a (2 points not shown)", "b (1 point not shown)", "(1 point not shown)"} {
		if !r.has(text) {
			t.Errorf("legend lacks %q", text)
		}
	}
	// The sample in the legend, then two pieces of two points; the last point
	// stands alone and is a marker only.
	if n := len(r.in(palette[0])); n != 3 {
		t.Errorf("curve a is %d strokes, want 3", n)
	}
	markers := 0
	for _, f := range r.fills {
		if f.color == palette[0] {
			markers++
		}
	}
	if want := 1 + 5 + 1; markers != want { // legend, every point, and the lone one again
		t.Errorf("curve a has %d markers, want %d", markers, want)
	}
}

func TestPanelsShareXAndLooks(t *testing.T) {
	l, err := Panels{Title: "both", XLabel: "epoch", Panels: []Lines{
		{Title: "up", YLabel: "perplexity", Series: []Series{{Name: "EGRU", Y: []float64{3, 2}}, {Name: "GRU", Y: []float64{3, 1}}}},
		{Title: "down", YLabel: "activity", Series: []Series{{Name: "rnn.0", Y: []float64{1, 2}}, {Name: "EGRU", Y: []float64{1, 2, 3, 4}}}},
	}}.layout()
	if err != nil {
		t.Fatal(err)
	}
	r, a := record(l)
	wantLegible(t, r, a)
	up, down := a.frames[0], a.frames[1]
	if up.left != down.left || up.right != down.right || up.x != down.x {
		t.Errorf("frames %v and %v have different x axes", up, down)
	}
	if up.x.min != 1 || up.x.max != 4 {
		t.Errorf("x axis from %v to %v, want 1 to 4", up.x.min, up.x.max)
	}
	blue := r.in(palette[0]) // of EGRU: sample, curve above, curve below
	if len(blue) != 3 || blue[1].paths[0][0].y > up.bottom || blue[2].paths[0][0].y < down.top {
		t.Errorf("EGRU is drawn as %v", blue)
	}
	if n := r.count("EGRU"); n != 1 {
		t.Errorf("EGRU stands in the legends %d times, want once", n)
	}
}

func TestSeriesDifferInColourDashAndMarker(t *testing.T) {
	styles := &looks{byName: map[string]look{}}
	seen := map[string]int{}
	for i := range len(palette) * len(dashes) * len(markers) {
		l := styles.of(fmt.Sprint(i))
		key := fmt.Sprint(l)
		if j, ok := seen[key]; ok {
			t.Fatalf("series %d and %d look the same", j, i)
		}
		seen[key] = i
		if i == 0 {
			continue
		}
		before := styles.of(fmt.Sprint(i - 1))
		if fmt.Sprint(before.dashes) == fmt.Sprint(l.dashes) || before.color == l.color || fmt.Sprint(before.marker) == fmt.Sprint(l.marker) {
			t.Errorf("series %d and the next look alike in grey or on their own", i-1)
		}
	}
	one, other := styles.of(""), styles.of("")
	if fmt.Sprint(one) == fmt.Sprint(other) {
		t.Error("series without a name look the same")
	}
}

func TestReferencesAreLinesAcrossWithTheirLabelsApart(t *testing.T) {
	l, err := Lines{
		Series:     []Series{{Name: "a", Y: []float64{100, 700}}},
		References: []Reference{{"floor", 100}, {"bigram", 102}, {"unigram", 800}, {"trigram", 101}},
	}.layout()
	if err != nil {
		t.Fatal(err)
	}
	r, a := record(l)
	wantLegible(t, r, a)
	f, across := a.frames[0], 0
	if f.y.max != 800 {
		t.Errorf("y axis ends at %v, want 800", f.y.max)
	}
	for _, s := range r.in(faded) {
		p := s.paths[0]
		if s.dashes > 0 && p[0].y == p[1].y && p[0].x == f.left && p[1].x == f.right {
			across++
		}
	}
	if across != 4 {
		t.Errorf("%d reference lines, want 4", across)
	}
	for _, label := range []string{"floor", "bigram", "trigram", "unigram"} {
		if !r.has(label) {
			t.Errorf("no label %q", label)
		}
	}
}

func TestApart(t *testing.T) {
	for _, c := range []struct {
		ys, want []float64
		most     float64
	}{
		{nil, nil, 9},
		{[]float64{1, 5, 9}, []float64{1, 5, 9}, 9},
		{[]float64{1, 2, 3}, []float64{1, 3, 5}, 9},
		{[]float64{1, 8, 9}, []float64{1, 7, 9}, 9},
		{[]float64{8, 8, 8}, []float64{5, 7, 9}, 9},
	} {
		if got := apart(c.ys, 2, c.most); fmt.Sprint(got) != fmt.Sprint(c.want) {
			t.Errorf("apart(%v) is %v, want %v", c.ys, got, c.want)
		}
	}
}

func TestThinKeepsTheOutline(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var points []point
		n := rapid.IntRange(1, 60).Draw(t, "n")
		for range n {
			points = append(points, point{rapid.Float64Range(0, 5).Draw(t, "x"), rapid.Float64Range(0, 9).Draw(t, "y")})
		}
		kept := thin(points)
		if kept[0] != points[0] || kept[len(kept)-1] != points[n-1] {
			t.Fatalf("ends of %v are not those of %v", kept, points)
		}
		// Column by column, what is kept is part of the points in order, at
		// most four of them, and reaches as low and as high.
		j := 0
		for i := 0; i < n; {
			column := math.Floor(points[i].x)
			low, high := math.Inf(1), math.Inf(-1)
			klow, khigh, k := math.Inf(1), math.Inf(-1), 0
			for ; i < n && math.Floor(points[i].x) == column; i++ {
				low, high = math.Min(low, points[i].y), math.Max(high, points[i].y)
				if j < len(kept) && kept[j] == points[i] {
					klow, khigh = math.Min(klow, points[i].y), math.Max(khigh, points[i].y)
					j, k = j+1, k+1
				}
			}
			if k > 4 || klow != low || khigh != high {
				t.Fatalf("column %v: kept %d points from %v to %v, want at most 4 from %v to %v", column, k, klow, khigh, low, high)
			}
		}
		if j != len(kept) {
			t.Fatalf("%v is no part of %v", kept, points)
		}
	})
}

// TestAnyLinesAreLegible draws whatever numbers and texts come.
func TestAnyLinesAreLegible(t *testing.T) {
	number := rapid.OneOf(
		rapid.Float64(),
		rapid.Float64Range(-1e6, 1e6),
		rapid.Map(rapid.IntRange(-50, 50), func(i int) float64 { return float64(i) }),
		rapid.SampledFrom([]float64{0, 5e-324, 1e-310, 1e300, math.MaxFloat64, math.NaN(), math.Inf(1)}),
	)
	text := rapid.OneOf(rapid.String(), rapid.StringN(0, 200, -1), rapid.SampledFrom([]string{"", "perplexity", strings.Repeat("long name ", 30)}))
	rapid.Check(t, func(t *rapid.T) {
		p := Panels{Title: text.Draw(t, "title"), XLabel: text.Draw(t, "x label")}
		for range rapid.IntRange(1, 3).Draw(t, "panels") {
			l := Lines{
				Title: text.Draw(t, "heading"), YLabel: text.Draw(t, "y label"),
				LogY: rapid.Bool().Draw(t, "log"),
			}
			l.FromZero = !l.LogY && rapid.Bool().Draw(t, "from zero")
			for range rapid.IntRange(1, 4).Draw(t, "series") {
				xs := rapid.SliceOfN(number, 1, 5).Draw(t, "xs")
				l.Series = append(l.Series, Series{Name: text.Draw(t, "name"), X: xs, Y: rapid.SliceOfN(number, len(xs), len(xs)).Draw(t, "ys")})
			}
			for range rapid.IntRange(0, 3).Draw(t, "references") {
				l.References = append(l.References, Reference{text.Draw(t, "reference"), number.Draw(t, "at")})
			}
			p.Panels = append(p.Panels, l)
		}
		made, err := p.layout()
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
