package probe

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestHistogramErrors(t *testing.T) {
	ok := Sample{Name: "ok", Values: []float64{1, 2}}
	for _, c := range []struct {
		name      string
		histogram Histogram
		want      string
	}{
		{"no samples", Histogram{}, "there are no samples, want at least 1"},
		{"no values", Histogram{Samples: []Sample{ok, {Name: "void"}}}, `sample 1, "void", has no values`},
		{"nothing finite", Histogram{Samples: []Sample{{Values: []float64{math.NaN(), math.Inf(1), 2e300}}}}, "no sample has a value that can be shown"},
		{"too many bins", Histogram{Samples: []Sample{ok}, Bins: 201}, "Bins is 201, want 0 to 200"},
		{"negative bins", Histogram{Samples: []Sample{ok}, Bins: -1}, "Bins is -1, want 0 to 200"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f, err := c.histogram.Figure()
			if f != nil || !errors.Is(err, ErrFigure) || !strings.Contains(err.Error(), c.want) || !strings.HasPrefix(err.Error(), "histogram: ") {
				t.Errorf("figure %v, error %v; want no figure and histogram: ...%s...", f, err, c.want)
			}
		})
	}
}

func TestBinsHaveRoundEdges(t *testing.T) {
	for _, c := range []struct {
		name   string
		values []float64
		bins   int
		want   string
	}{
		{"thresholds", []float64{0.03, 0.47}, 5, "[0 0.1 0.2 0.3 0.4 0.5]"},
		{"as one writes them", []float64{0.21, 0.69}, 5, "[0.2 0.3 0.4 0.5 0.6 0.7]"},
		{"ends on edges", []float64{-1, 0.5}, 3, "[-1 -0.5 0 0.5]"},
		{"one number", []float64{0.01}, 3, "[0.0095 0.01 0.0105]"},
		{"whole numbers", []float64{0, 7}, 30, "[0 1 2 3 4 5 6 7 8]"},
		{"no halves of whole numbers", []float64{0, 14}, 7, "[0 2 4 6 8 10 12 14]"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := fmt.Sprint(edgesOf(axisOf(false, c.values...), c.bins)); got != c.want {
				t.Errorf("edges are %s, want %s", got, c.want)
			}
		})
	}
}

func TestABinHoldsItsLowerEndAndTheLastBoth(t *testing.T) {
	s := Sample{Values: []float64{0, 0.09, 0.1, 0.3, 0.1 + 0.2, 0.5, -1, math.NaN(), math.Inf(1)}}
	counts, _, left := s.counted([]float64{0, 0.1, 0.2, 0.3, 0.4, 0.5})
	if got, want := fmt.Sprint(counts), "[2 1 0 2 1]"; got != want || left != 3 {
		t.Errorf("counts are %s and %d left out, want %s and 3", got, left, want)
	}
}

func TestTheHeadingTellsCountMeanAndWhatIsNotShown(t *testing.T) {
	l, err := Histogram{Title: "thresholds", XLabel: "threshold", Samples: []Sample{
		{"rnn.0", []float64{0.1, 0.2, 0.6}},
		{"rnn.1", []float64{0.25, math.NaN(), math.Inf(1)}},
		{"rnn.2", []float64{math.NaN()}},
		{"", []float64{0, 1}},
	}}.layout()
	if err != nil {
		t.Fatal(err)
	}
	r, a := record(l)
	wantLegible(t, r, a)
	for _, text := range []string{
		"thresholds", "threshold", "rnn.0, 3 values, mean 0.3", "rnn.1, 1 value, 0.25, 2 not shown", "rnn.2, 0 values, 1 not shown", "2 values, mean 0.5",
	} {
		if !r.has(text) {
			t.Errorf("no text %q", text)
		}
	}
	if n := r.count("count"); n != 4 {
		t.Errorf("count stands at %d axes, want all 4", n)
	}
}

// TestBarsOfAHistogramAreAsHighAsTheirCounts measures what is drawn.
func TestBarsOfAHistogramAreAsHighAsTheirCounts(t *testing.T) {
	l, err := Histogram{YLabel: "units", Bins: 4, Samples: []Sample{{"", []float64{0, 0.1, 0.2, 0.6, 0.7, 1}}}}.layout()
	if err != nil {
		t.Fatal(err)
	}
	r, a := record(l)
	wantLegible(t, r, a)
	var heights, lefts []float64
	for _, b := range r.fills {
		if b.color == palette[0] {
			p := b.paths[0]
			heights, lefts = append(heights, p[2].y-p[0].y), append(lefts, p[0].x)
			if p[2].y != a.frames[0].bottom {
				t.Errorf("bar %v does not stand on the axis", p)
			}
		}
	}
	// Bins of 0.25: three values, none, two, one.
	if len(heights) != 3 || !near(heights[0], 3*heights[2]) || !near(heights[1], 2*heights[2]) {
		t.Fatalf("bars are %v high, want 3 to 2 to 1", heights)
	}
	if lefts[1]-lefts[0] < 1.9*(lefts[2]-lefts[1]) {
		t.Errorf("bars begin at %v, want an empty bin after the first", lefts)
	}
}

// TestEveryValueIsInTheBinThatHoldsIt counts anew, whatever the numbers.
func TestEveryValueIsInTheBinThatHoldsIt(t *testing.T) {
	number := rapid.OneOf(
		rapid.Float64(),
		rapid.Float64Range(0, 1),
		rapid.Map(rapid.IntRange(-50, 50), func(i int) float64 { return float64(i) / 10 }),
		rapid.SampledFrom([]float64{0, 5e-324, 1e-310, 1e300, -1e300, 1 << 60, 1<<60 + 1<<10, math.NaN(), math.Inf(1)}),
	)
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOfN(number, 1, 20).Draw(t, "values")
		bins := rapid.IntRange(1, mostBins).Draw(t, "bins")
		x := newAxis(false)
		for _, v := range values {
			if x.shows(v) {
				x.include(v)
			}
		}
		if x.empty() {
			return
		}
		x.widen()
		edges := edgesOf(x, bins)
		if !slices.IsSorted(edges) || len(slices.Compact(slices.Clone(edges))) != len(edges) || len(edges) > bins+2 {
			t.Fatalf("edges of at most about %d bins are %v", bins, edges)
		}
		want, shown := make([]int, len(edges)-1), 0
		for _, v := range values {
			for i := range want {
				last := i == len(want)-1
				if v >= edges[i] && (v < edges[i+1] || last && v == edges[i+1]) {
					want[i]++
					shown++
				}
			}
		}
		finite := 0
		for _, v := range values {
			if x.shows(v) {
				finite++
			}
		}
		counts, mean, left := Sample{Values: values}.counted(edges)
		if !slices.Equal(counts, want) || shown != finite || left != len(values)-finite {
			t.Fatalf("counts of %v over %v are %v and %d left out, want %v and %d", values, edges, counts, left, want, len(values)-finite)
		}
		if !(mean >= edges[0] && mean <= edges[len(edges)-1]) {
			t.Fatalf("mean %v is outside %v to %v", mean, edges[0], edges[len(edges)-1])
		}
	})
}

func TestAnyHistogramIsLegible(t *testing.T) {
	number := rapid.OneOf(rapid.Float64(), rapid.Float64Range(0, 1), rapid.SampledFrom([]float64{0, 1e300, -1e300, math.NaN()}))
	text := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"", "threshold", strings.Repeat("long name ", 30)}))
	rapid.Check(t, func(t *rapid.T) {
		h := Histogram{
			Title: text.Draw(t, "title"), XLabel: text.Draw(t, "x label"), YLabel: text.Draw(t, "y label"),
			Bins: rapid.IntRange(0, mostBins).Draw(t, "bins"),
		}
		for range rapid.IntRange(1, 4).Draw(t, "samples") {
			h.Samples = append(h.Samples, Sample{text.Draw(t, "name"), rapid.SliceOfN(number, 1, 6).Draw(t, "values")})
		}
		made, err := h.layout()
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
