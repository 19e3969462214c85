package probe

import (
	"errors"
	"image/color"
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestHeatmapErrors(t *testing.T) {
	ok := [][]float64{{0, 1}}
	for _, c := range []struct {
		name string
		h    Heatmap
		want string
	}{
		{"no units", Heatmap{}, "there are no values"},
		{"no bins", Heatmap{Values: [][]float64{{}}}, "there are no values"},
		{"ragged", Heatmap{Values: [][]float64{{1, 2}, {1}}}, "unit 1 has 1 bins, want the 2 of unit 0"},
		{"too many bins", Heatmap{Values: [][]float64{make([]float64, 1001)}}, "there are 1001 bins, want at most 1000"},
		{"below 0", Heatmap{Values: [][]float64{{1, -0.5}}}, "unit 0 has -0.5 in bin 1, want at least 0"},
		{"too large", Heatmap{Values: [][]float64{{2e300}}}, "unit 0 has 2e+300 in bin 0"},
		{"infinite", Heatmap{Values: [][]float64{{math.Inf(1)}}}, "unit 0 has +Inf in bin 0"},
		{"backward", Heatmap{Values: ok, Start: 3, End: 2}, "the x axis goes from 3 to 2, want it to go upward"},
		{"endless", Heatmap{Values: ok, End: math.Inf(1)}, "the x axis goes from 0 to +Inf"},
		{"top below 0", Heatmap{Values: ok, Top: -1}, "Top is -1, want it finite and at least 0"},
		{"top NaN", Heatmap{Values: ok, Top: math.NaN()}, "Top is NaN"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f, err := c.h.Figure()
			if f != nil || !errors.Is(err, ErrFigure) || !strings.Contains(err.Error(), c.want) || !strings.HasPrefix(err.Error(), "heat map: ") {
				t.Errorf("figure %v, error %v; want no figure and heat map: ...%s...", f, err, c.want)
			}
		})
	}
}

// TestAHeatmapShowsEveryValue reads the shades back from where the cells are.
func TestAHeatmapShowsEveryValue(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		units := rapid.OneOf(rapid.IntRange(1, 9), rapid.IntRange(130, 300)).Draw(t, "units")
		bins := rapid.IntRange(1, 40).Draw(t, "bins")
		h := Heatmap{Top: 1}
		seed := rapid.Uint64().Draw(t, "seed")
		for range units {
			row := make([]float64, bins)
			for i := range row {
				seed = seed*6364136223846793005 + 1442695040888963407
				row[i] = []float64{0, 0, 0.01, 0.3, 0.5, 1, 2, math.NaN()}[seed>>61]
			}
			h.Values = append(h.Values, row)
		}
		l, err := h.layout()
		if err != nil {
			t.Fatal(err)
		}
		r, a := record(l)
		wantLegible(t, r, a)
		wantInside(t, r, a)
		f := a.frames[0]
		cells, per := h.rows()
		at := r.painted()
		height := (f.bottom - f.top) / float64(len(cells))
		if (units <= mostCells) != (per == 1) || height != math.Trunc(height) || height < 2 {
			t.Fatalf("%d units are drawn in %d rows of %v pixels", units, len(cells), height)
		}
		for i, row := range cells {
			for bin, v := range row {
				x := f.left + (f.right-f.left)*(float64(bin)+0.5)/float64(bins)
				y := f.bottom - height*(float64(i)+0.5)
				var want color.Color = color.White
				switch {
				case math.IsNaN(v):
					want = missing
				case v > 0:
					want = shades()[shade(v)]
				}
				if got := at(x, y); got != want {
					t.Fatalf("row %d bin %d, of %v, is %v, want %v", i, bin, v, got, want)
				}
			}
		}
	})
}

// painted is the colour of each pixel, of rectangles alone.
func (r *recorder) painted() func(x, y float64) color.Color {
	pixels := make([]color.Color, figureWidth*int(r.height+1))
	for _, s := range r.fills {
		for _, p := range s.paths {
			if len(p) != 4 {
				continue
			}
			for y := int(min(p[0].y, p[2].y)); y < int(max(p[0].y, p[2].y)); y++ {
				for x := int(min(p[0].x, p[2].x)); x < int(max(p[0].x, p[2].x)); x++ {
					pixels[y*figureWidth+x] = s.color
				}
			}
		}
	}
	return func(x, y float64) color.Color { return pixels[int(y)*figureWidth+int(x)] }
}

func TestRowsOfManyUnitsAreMeans(t *testing.T) {
	h := Heatmap{}
	for u := range 300 { // three in a row
		h.Values = append(h.Values, []float64{float64(u), math.NaN()})
	}
	h.Values[4] = []float64{math.NaN(), math.NaN()}
	cells, per := h.rows()
	if per != 3 || len(cells) != 100 || cells[0][0] != 1 || cells[1][0] != 4 || cells[99][0] != 298 || !math.IsNaN(cells[0][1]) {
		t.Errorf("%d rows of %d, the first %v and %v, the last %v", len(cells), per, cells[0], cells[1], cells[99])
	}
}

func TestShadesGrowDarker(t *testing.T) {
	last := 255.0
	for i, s := range shades() {
		lightness := 0.299*float64(s.R) + 0.587*float64(s.G) + 0.114*float64(s.B)
		if lightness >= last {
			t.Errorf("shade %d, %v, is no darker than the one before", i, s)
		}
		last = lightness
	}
	if n := len(shades()); n != 57 || shade(1) != n-1 || shade(2) != n-1 || shade(0) != -1 || shade(math.NaN()) != -1 || shade(1e-9) != 0 {
		t.Errorf("%d shades", n)
	}
}

func TestAHeatmapOfARecordIsItsActivity(t *testing.T) {
	r := recordOf(0, []string{"xx..", "...."})
	h, err := r.Heatmap(2)
	if err != nil {
		t.Fatal(err)
	}
	if h.Start != 0 || h.End != 4 || len(h.Values) != 2 || h.Values[0][0] != 1 || h.Values[0][1] != 0 || h.Values[1][0] != 0 {
		t.Errorf("%+v", h)
	}
	if h, err = r.Heatmap(3); err != nil || h.End != 4 || h.XLabel != "time step (2 a column)" {
		t.Errorf("%+v, %v", h, err)
	}
}

func TestHeatmapsAreLegible(t *testing.T) {
	number := rapid.OneOf(rapid.Float64Range(0, 1), rapid.SampledFrom([]float64{0, 1e300, 1e-310, math.NaN(), 12345.678}))
	text := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"", "activity", strings.Repeat("long name ", 30)}))
	rapid.Check(t, func(t *rapid.T) {
		bins := rapid.IntRange(1, 5).Draw(t, "bins")
		h := Heatmap{
			Title: text.Draw(t, "title"), XLabel: text.Draw(t, "x label"), YLabel: text.Draw(t, "y label"), Scale: text.Draw(t, "scale"),
			Values: rapid.SliceOfN(rapid.SliceOfN(number, bins, bins), 1, 20).Draw(t, "values"),
			Top:    rapid.SampledFrom([]float64{0, 1, 1e-300, 1e300}).Draw(t, "top"),
			Start:  rapid.SampledFrom([]float64{0, -5, 1e6, 1e15}).Draw(t, "start"),
			End:    rapid.SampledFrom([]float64{0, 1, 1e6 + 10, 1e300}).Draw(t, "end"),
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
