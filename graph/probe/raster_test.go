package probe

import (
	"bytes"
	"errors"
	"image/png"
	"math"
	"strings"
	"testing"

	"gorgonia.org/tensor"
	"pgregory.net/rapid"
)

// eventsOf reads a drawing, its top row the highest unit.
func eventsOf(rows ...string) [][]bool {
	events := make([][]bool, len(rows[0]))
	for t := range events {
		events[t] = make([]bool, len(rows))
		for i, row := range rows {
			events[t][len(rows)-1-i] = row[t] == 'x'
		}
	}
	return events
}

func TestRasterErrors(t *testing.T) {
	ok := RasterLayer{"ok", eventsOf("x.")}
	for _, c := range []struct {
		name   string
		raster Raster
		want   string
	}{
		{"no layers", Raster{}, "there are no layers"},
		{"no steps", Raster{Layers: []RasterLayer{ok, {Name: "void"}}}, `layer 1, "void", has no steps or no units`},
		{"no units", Raster{Layers: []RasterLayer{{"void", [][]bool{{}}}}}, `layer 0, "void", has no steps or no units`},
		{"other T", Raster{Layers: []RasterLayer{ok, {"long", eventsOf("x.x")}}}, `layer 1, "long", has 3 steps, want the 2 of the first`},
		{"other H", Raster{Layers: []RasterLayer{{"ragged", [][]bool{{true, false}, {true}}}}}, `layer 0, "ragged", has 1 units at step 1, want the 2 of step 0`},
		{"tokens", Raster{Layers: []RasterLayer{ok}, Tokens: []string{"one"}}, "there are 1 tokens, want 2"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f, err := c.raster.Figure()
			if f != nil || !errors.Is(err, ErrFigure) || !strings.Contains(err.Error(), c.want) || !strings.HasPrefix(err.Error(), "raster: ") {
				t.Errorf("figure %v, error %v; want no figure and raster: ...%s...", f, err, c.want)
			}
		})
	}
}

// TestARasterMarksExactlyTheEvents reads the events back from where the marks
// are.
func TestARasterMarksExactlyTheEvents(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		steps := rapid.IntRange(1, 40).Draw(t, "T")
		var raster Raster
		for range rapid.IntRange(1, 3).Draw(t, "layers") {
			units := rapid.OneOf(rapid.IntRange(1, 8), rapid.IntRange(9, 512)).Draw(t, "H")
			seed := rapid.Uint64().Draw(t, "seed")
			events := make([][]bool, steps)
			for s := range events {
				events[s] = make([]bool, units)
				for u := range events[s] {
					seed = seed*6364136223846793005 + 1442695040888963407
					events[s][u] = seed>>61 == 0
				}
			}
			raster.Layers = append(raster.Layers, RasterLayer{"layer", events})
		}
		l, err := raster.layout()
		if err != nil {
			t.Fatal(err)
		}
		r, a := record(l)
		wantLegible(t, r, a)
		marks := r.in(palette[0])
		for i, layer := range raster.Layers {
			f, units := a.frames[i], len(layer.Events[0])
			seen := make([][]bool, steps)
			for s := range seen {
				seen[s] = make([]bool, units)
			}
			var found stroked
			if layer.Activity() > 0 { // a layer without events has no path
				found, marks = marks[0], marks[1:]
			}
			for _, m := range found.paths {
				s := (m[0].x - f.left) / (f.right - f.left) * float64(steps)
				u := (f.bottom - (m[0].y+m[1].y)/2) / (f.bottom - f.top) * float64(units)
				at, unit := int(s), int(u)
				if !near(s, float64(at)+0.5) || !near(u, float64(unit)+0.5) {
					t.Fatalf("mark %v is at step %v, unit %v: not in the middle of a place", m, s, u)
				}
				if seen[at][unit] {
					t.Fatalf("step %d unit %d is marked twice", at, unit)
				}
				seen[at][unit] = true
				if m[1].y-m[0].y < 1-1e-9 || found.width < 1 {
					t.Fatalf("mark %v of width %v is less than a pixel", m, found.width)
				}
			}
			for s := range seen {
				for u := range seen[s] {
					if seen[s][u] != layer.Events[s][u] {
						t.Fatalf("layer %d step %d unit %d: marked %v, event %v", i, s, u, seen[s][u], layer.Events[s][u])
					}
				}
			}
		}
	})
}

func TestARasterPixelByPixel(t *testing.T) {
	raster := Raster{Layers: []RasterLayer{{"tiny", eventsOf(
		"x..x.",
		".....",
		"..xx.",
		"xxxxx",
	)}}}
	made, err := raster.layout()
	if err != nil {
		t.Fatal(err)
	}
	f := made.arrange().frames[0]
	figure, err := raster.Figure()
	if err != nil {
		t.Fatal(err)
	}
	img, err := png.Decode(bytes.NewReader(figure.PNG()))
	if err != nil {
		t.Fatal(err)
	}
	for s, units := range raster.Layers[0].Events {
		for u, event := range units {
			at := f.at(float64(s), float64(u))
			r, g, b, _ := img.At(int(at.x), int(at.y)).RGBA()
			blue := [3]uint32{r >> 8, g >> 8, b >> 8} == [3]uint32{0x00, 0x72, 0xB2}
			white := [3]uint32{r >> 8, g >> 8, b >> 8} == [3]uint32{0xFF, 0xFF, 0xFF}
			if event && !blue || !event && !white {
				t.Errorf("step %d unit %d: event %v, but the pixel is %x %x %x", s, u, event, r>>8, g>>8, b>>8)
			}
		}
	}
	// In the SVG: one subpath an event.
	if n := strings.Count(pathOf(t, figure.SVG(), "#0072B2"), "M"); n != 9 {
		t.Errorf("the SVG has %d marks, want 9", n)
	}
}

func TestARasterNamesItsLayersAndTheirActivity(t *testing.T) {
	layers := []RasterLayer{{"rnn.0", eventsOf("x.", "..")}, {"rnn.1", eventsOf("xx")}, {"", eventsOf("..")}}
	l, err := Raster{Title: "events", Layers: layers}.layout()
	if err != nil {
		t.Fatal(err)
	}
	r, a := record(l)
	wantLegible(t, r, a)
	for _, text := range []string{"events", "rnn.0, activity 0.250", "rnn.1, activity 1.000", "activity 0.000", "unit", "time step"} {
		if !r.has(text) {
			t.Errorf("no text %q", text)
		}
	}
}

func TestActivityOfNothingIsZero(t *testing.T) {
	if a := (RasterLayer{}).Activity(); a != 0 {
		t.Errorf("activity is %v, want 0", a)
	}
}

func TestTokensStandBelowTheirStepsWhileTheyHaveRoom(t *testing.T) {
	for _, c := range []struct {
		name  string
		token string
		steps int
		shown int
		read  direction
	}{
		{"short and few", "a", 5, 5, across},
		{"a sentence", "sentence", 17, 17, upward},
		{"as many as have room", "word", 45, 45, upward},
		{"every second", "word", 80, 40, upward},
		{"too long", strings.Repeat("antidisestablishmentarianism", 3), 3, 3, across},
	} {
		t.Run(c.name, func(t *testing.T) {
			events := make([][]bool, c.steps)
			tokens := make([]string, c.steps)
			for i := range events {
				events[i], tokens[i] = make([]bool, 100), c.token
			}
			l, err := Raster{Layers: []RasterLayer{{"rnn.0", events}}, Tokens: tokens}.layout()
			if err != nil {
				t.Fatal(err)
			}
			r, a := record(l)
			wantLegible(t, r, a)
			if len(l.xTicks) != c.shown || l.xRead != c.read {
				t.Errorf("%d tokens are shown, upward %v; want %d, %v", len(l.xTicks), l.xRead, c.shown, c.read)
			}
			if !r.has("token") {
				t.Error("the axis is not labelled")
			}
			for i, tk := range l.xTicks {
				if every := c.steps / c.shown; tk.at != float64(i*every) {
					t.Errorf("token %d is at %v", i, tk.at)
				}
			}
		})
	}
}

func TestEventsReadsOneRow(t *testing.T) {
	// T=2, B=2, H=3
	numbers := []float64{1, 0, 0.5, 9, 9, 9, 0, -2, math.Copysign(0, -1), 9, 9, 9}
	want := [][]bool{{true, false, true}, {false, true, false}}
	of64 := tensor.New(tensor.WithShape(2, 2, 3), tensor.WithBacking(numbers))
	small := make([]float32, len(numbers))
	for i, x := range numbers {
		small[i] = float32(x)
	}
	of32 := tensor.New(tensor.WithShape(2, 2, 3), tensor.WithBacking(small))
	// The same through a view: rows 1 and 2 of three.
	wide := make([]float64, 2*3*3)
	for s := range 2 {
		copy(wide[s*9+3:], numbers[s*6:s*6+6])
	}
	view, err := tensor.New(tensor.WithShape(2, 3, 3), tensor.WithBacking(wide)).Slice(nil, tensor.S(1, 3), nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, d := range map[string]*tensor.Dense{"float64": of64, "float32": of32, "view": view.(*tensor.Dense)} {
		got, err := Events(d, 0)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for s := range want {
			for u := range want[s] {
				if got[s][u] != want[s][u] {
					t.Errorf("%s: step %d unit %d is %v", name, s, u, got[s][u])
				}
			}
		}
	}
}

func TestEventsErrors(t *testing.T) {
	of := func(data any, shape ...int) *tensor.Dense {
		return tensor.New(tensor.WithShape(shape...), tensor.WithBacking(data))
	}
	for _, c := range []struct {
		tensor *tensor.Dense
		row    int
		want   string
	}{
		{nil, 0, "tensor is nil"},
		{of([]float64{1, 2}, 1, 2), 0, "tensor has shape (1, 2), want (T, B, H)"},
		{of([]int{1, 2}, 1, 1, 2), 0, "tensor is of int, want float32 or float64"},
		{of([]float64{1, 2}, 1, 1, 2), 1, "row is 1, want one of the 1 in the batch"},
		{of([]float64{1, 2}, 1, 1, 2), -1, "row is -1"},
		{of([]float64{1, math.NaN()}, 1, 1, 2), 0, "at step 0 unit 1 is NaN"},
	} {
		if _, err := Events(c.tensor, c.row); !errors.Is(err, ErrFigure) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error %v, want events: %s", err, c.want)
		}
	}
}
