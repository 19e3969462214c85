package probe

import (
	"errors"
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestBarsErrors(t *testing.T) {
	groups := []string{"rnn.0", "rnn.1"}
	ok := BarPanel{Groups: groups, Series: []BarSeries{{"done", []float64{1, 2}}}}
	for _, c := range []struct {
		name   string
		panels []BarPanel
		want   string
	}{
		{"no panels", nil, "there are no panels, want at least 1"},
		{"no groups", []BarPanel{ok, {Series: ok.Series}}, "panel 1: there are no groups"},
		{"no series", []BarPanel{{Groups: groups}}, "panel 0: there are no series"},
		{"other length", []BarPanel{{Groups: groups, Series: []BarSeries{{"done", []float64{1}}}}}, `series 0, "done", has 1 values, want 2, one a group`},
		{"one name twice", []BarPanel{{Groups: groups, Series: []BarSeries{ok.Series[0], ok.Series[0]}}}, `series 1, "done", has the name of another`},
		{"nothing finite", []BarPanel{{Groups: groups, Series: []BarSeries{{"", []float64{math.NaN(), math.Inf(1)}}}}}, "no series has a value that can be shown"},
		{"too many bars", []BarPanel{{Groups: make([]string, 101), Series: make([]BarSeries, 2)}}, "there are 101 groups of 2 bars, want at most 200 bars"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f, err := Bars{Panels: c.panels}.Figure()
			if f != nil || !errors.Is(err, ErrFigure) || !strings.Contains(err.Error(), c.want) || !strings.HasPrefix(err.Error(), "bars: ") {
				t.Errorf("figure %v, error %v; want no figure and bars: ...%s...", f, err, c.want)
			}
		})
	}
}

// bars are the areas of a colour but for the sample of the legend.
func (r *recorder) bars(i int) []written {
	var found []written
	for _, f := range r.fills {
		if f.color == palette[i] {
			p := f.paths[0]
			found = append(found, written{"", p[0].x, p[0].y, p[2].x, p[2].y})
		}
	}
	return found
}

func TestBarsAreAsLongAsTheirNumbersInAllPanels(t *testing.T) {
	l, err := Bars{Title: "Work", XLabel: "MACs a token", Panels: []BarPanel{
		{"forward", []string{"rnn.0", "decoder"}, []BarSeries{{"done", []float64{100, 200}}, {"dense", []float64{400, 800}}}},
		{"backward", []string{"rnn.0"}, []BarSeries{{"done", []float64{300}}}},
	}}.layout()
	if err != nil {
		t.Fatal(err)
	}
	r, a := record(l)
	wantLegibleBars(t, r, a)
	done, dense := r.bars(0), r.bars(1)
	if len(done) != 4 || len(dense) != 3 { // with the samples of the legend
		t.Fatalf("bars are %v and %v", done, dense)
	}
	unit := (done[1].right - done[1].left) / 100
	for i, want := range []float64{100, 200, 300} {
		b := done[i+1]
		if !near(b.right-b.left, want*unit) || !near(b.left, a.frames[0].left) {
			t.Errorf("bar of %v goes from %v to %v, want %v long from the axis", want, b.left, b.right, want*unit)
		}
	}
	if !near(dense[2].right-dense[2].left, 800*unit) || !near(dense[2].right, a.frames[0].right) {
		t.Errorf("the longest bar is %v, want it to fill the axis to %v", dense[2], a.frames[0].right)
	}
	if done[1].bottom > dense[1].top || dense[1].bottom > done[2].top {
		t.Errorf("bars are not below each other in order: %v, %v", done, dense)
	}
	for _, text := range []string{"Work", "forward", "backward", "MACs a token", "decoder", "100", "200", "300", "400", "800"} {
		if !r.has(text) {
			t.Errorf("no text %q", text)
		}
	}
	if r.count("done") != 1 || r.count("dense") != 1 {
		t.Errorf("legend has done %d times, dense %d times, want each once", r.count("done"), r.count("dense"))
	}
}

func TestBarsBelowZeroGoLeft(t *testing.T) {
	l, err := Bars{Panels: []BarPanel{{Groups: []string{"a", "b"}, Series: []BarSeries{{"", []float64{-3, 1}}}}}}.layout()
	if err != nil {
		t.Fatal(err)
	}
	r, a := record(l)
	wantLegibleBars(t, r, a)
	b := r.bars(0)
	if !near(b[0].right, b[1].left) || !near(b[0].right-b[0].left, 3*(b[1].right-b[1].left)) || !near(b[0].left, a.frames[0].left) {
		t.Errorf("bars are %v, want 3 left and 1 right of one line", b)
	}
}

func TestNumbersWithoutABar(t *testing.T) {
	l, err := Bars{Panels: []BarPanel{{
		Groups: []string{"nothing", "not a number", "beyond all", "next to nothing", "much"},
		Series: []BarSeries{{"", []float64{0, math.NaN(), math.Inf(1), 1e-9, 12345}}},
	}}}.layout()
	if err != nil {
		t.Fatal(err)
	}
	r, a := record(l)
	wantLegibleBars(t, r, a)
	b := r.bars(0)
	if len(b) != 2 || !near(b[0].right-b[0].left, 1) { // a pixel for what is not 0
		t.Errorf("bars are %v, want a pixel and a long one", b)
	}
	if r.count("-") != 2 || !r.has("1e-09") || !r.has("12.3 k") {
		t.Errorf("texts are %v", r.texts)
	}
}

func TestBarsOfZerosAreAFigure(t *testing.T) {
	l, err := Bars{Panels: []BarPanel{{Groups: []string{"a"}, Series: []BarSeries{{"", []float64{0}}}}}}.layout()
	if err != nil {
		t.Fatal(err)
	}
	r, a := record(l)
	wantLegibleBars(t, r, a)
	if l.x.min != 0 || l.x.max != 1 || len(r.bars(0)) != 0 {
		t.Errorf("axis from %v to %v with bars %v, want 0 to 1 and none", l.x.min, l.x.max, r.bars(0))
	}
}

func TestBarLabels(t *testing.T) {
	for _, c := range []struct {
		v    float64
		want string
	}{
		{0, "0"}, {0.5, "0.50"}, {0.012345, "0.0123"}, {-1e-9, "-1e-09"}, {660123, "660 k"}, {9e14, "900 T"}, {2e20, "2e+20"},
		{math.NaN(), "-"}, {math.Inf(-1), "-"}, {2e300, "-"},
	} {
		if got := barLabel(c.v); got != c.want {
			t.Errorf("label of %v is %q, want %q", c.v, got, c.want)
		}
	}
}

func TestAnyBarsAreLegible(t *testing.T) {
	number := rapid.OneOf(rapid.Float64(), rapid.Float64Range(-1e6, 1e6), rapid.SampledFrom([]float64{0, 5e-324, 1e300, -1e300, math.MaxFloat64, math.NaN()}))
	text := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"", "rnn.0", strings.Repeat("long name ", 30)}))
	rapid.Check(t, func(t *rapid.T) {
		b := Bars{Title: text.Draw(t, "title"), XLabel: text.Draw(t, "x label")}
		for range rapid.IntRange(1, 3).Draw(t, "panels") {
			p := BarPanel{Title: text.Draw(t, "heading"), Groups: rapid.SliceOfN(text, 1, 5).Draw(t, "groups")}
			for range rapid.IntRange(1, 3).Draw(t, "series") {
				p.Series = append(p.Series, BarSeries{text.Draw(t, "name"), rapid.SliceOfN(number, len(p.Groups), len(p.Groups)).Draw(t, "values")})
			}
			b.Panels = append(b.Panels, p)
		}
		made, err := b.layout()
		if err != nil {
			if !errors.Is(err, ErrFigure) {
				t.Fatalf("error is %v", err)
			}
			return
		}
		r, a := record(made)
		wantLegibleBars(t, r, a)
		wantInside(t, r, a)
	})
}

// wantLegibleBars fails if a text is cut off or runs into another or a bar.
// Unlike other figures', the numbers of bars stand among the data.
func wantLegibleBars(t interface {
	Helper()
	Errorf(string, ...any)
}, r *recorder, a arrangement) {
	t.Helper()
	wantLegible(t, r, arrangement{height: a.height})
	for i := range palette {
		for _, bar := range r.bars(i) {
			for _, w := range r.texts {
				if w.overlaps(bar) {
					t.Errorf("text %q covers the bar %v", w.text, bar)
				}
			}
		}
	}
}
