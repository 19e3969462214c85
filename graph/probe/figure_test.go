package probe

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"image/color"
	"image/png"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// figures are one of each kind.
func figures(t *testing.T) map[string]*Figure {
	t.Helper()
	lines := Lines{
		Title: "Validation of a <2 x 256> model", XLabel: "epoch", YLabel: "perplexity",
		Series:     []Series{{Name: "EGRU & gain", Y: []float64{400, 233, 183}}, {Name: "GRU", Y: []float64{300, 178, 139}}},
		References: []Reference{{Label: "bigram", Y: 250}},
	}
	log := lines
	log.LogY = true
	figures := map[string]*Figure{}
	for name, describe := range map[string]func() (*Figure, error){
		"lines": lines.Figure,
		"log":   log.Figure,
		"panels": Panels{Title: "Training", XLabel: "epoch", Panels: []Lines{lines, {
			Title: "Activity", YLabel: "activity", FromZero: true,
			Series: []Series{{Name: "EGRU & gain", Y: []float64{0.3, 0.2}}},
		}}}.Figure,
		"raster": Raster{
			Title: "Events", Tokens: []string{"the", "<eos>"},
			Layers: []RasterLayer{{"rnn.0", eventsOf("x.", ".x")}, {"rnn.1", eventsOf("xx")}},
		}.Figure,
		"histogram": Histogram{
			Title: "Thresholds", XLabel: "threshold", YLabel: "units",
			Samples: []Sample{{"rnn.0 <&>", []float64{0.1, 0.15, 0.2, 0.3}}, {"rnn.1", []float64{0.2}}},
		}.Figure,
		"bars": Bars{Title: "Work", XLabel: "MACs a token", Panels: []BarPanel{
			{"forward & back", []string{"rnn.0", "<decoder>"}, []BarSeries{{"done", []float64{45e3, 1}}, {"dense", []float64{393e3, 0}}}},
		}}.Figure,
		"heat map": Heatmap{
			Title: "Activity of <units>", Scale: "activity", Start: 100, End: 400,
			Values: [][]float64{{0, 0.2, 0.4}, {1, 0, 0}, {0, 0, 0}, {math.NaN(), 0, 0}, {0, 0.1, 0}, {0, 0, 0}, {0, 0, 0}, {0, 0, 0}},
		}.Figure,
		"trace": Trace{
			Title: "rnn.0, unit <3>", Start: 100, States: []float64{0.1, 0.6, 0.3}, Carried: []float64{0.1, 0.2, 0.3},
			Thresholds: []float64{0.4, 0.4, 0.4}, Events: []bool{false, true, false},
			Gates:     []Series{{Name: "z & r", Y: []float64{0.5, 0.6, 0.7}}},
			Gradients: []Series{{Name: "dL/dc", Y: []float64{-1e-3, 0, 1e-3}}},
		}.Figure,
	} {
		f, err := describe()
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		figures[name] = f
	}
	return figures
}

// textsOf reads a whole SVG, strictly, and gives its texts.
func textsOf(t *testing.T, svg string) []string {
	t.Helper()
	var texts []string
	d := xml.NewDecoder(strings.NewReader(svg))
	within := 0
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return texts
		}
		if err != nil {
			t.Fatalf("not well formed: %v\n%s", err, svg)
		}
		switch e := token.(type) {
		case xml.StartElement:
			if e.Name.Local == "text" {
				within++
				texts = append(texts, "")
			}
		case xml.EndElement:
			if e.Name.Local == "text" {
				within--
			}
		case xml.CharData:
			if within > 0 {
				texts[len(texts)-1] += string(e)
			}
		}
	}
}

// pathOf gives the data of all strokes of a colour.
func pathOf(t *testing.T, svg, stroke string) string {
	t.Helper()
	var data string
	d := xml.NewDecoder(strings.NewReader(svg))
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return data
		}
		if err != nil {
			t.Fatal(err)
		}
		e, ok := token.(xml.StartElement)
		if !ok || e.Name.Local != "path" {
			continue
		}
		attr := map[string]string{}
		for _, a := range e.Attr {
			attr[a.Name.Local] = a.Value
		}
		if strings.Contains(attr["style"], "stroke:"+stroke) {
			data += attr["d"]
		}
	}
}

func TestSVGIsWellFormedAndSaysEverything(t *testing.T) {
	made := figures(t)
	for name, want := range map[string][]string{
		"lines":     {"Validation of a <2 x 256> model", "epoch", "perplexity", "EGRU & gain", "GRU", "bigram", "200", "1", "3"},
		"log":       {"Validation of a <2 x 256> model", "epoch", "perplexity", "EGRU & gain", "GRU", "bigram", "200", "400"},
		"panels":    {"Training", "epoch", "Validation of a <2 x 256> model", "Activity", "perplexity", "activity", "EGRU & gain", "GRU", "bigram", "0.10"},
		"raster":    {"Events", "rnn.0, activity 0.500", "rnn.1, activity 1.000", "unit", "the", "<eos>", "token"},
		"histogram": {"Thresholds", "threshold", "units", "rnn.0 <&>, 4 values, mean 0.188", "rnn.1, 1 value, 0.2", "0.200"},
		"heat map":  {"Activity of <units>", "time step", "unit", "activity", "100", "400", "0.2", "1.0", "0", "6"},
		"trace":     {"rnn.0, unit <3>", "time step", "state c", "state", "threshold", "1 event", "gates", "gate", "z & r", "gradients", "gradient", "dL/dc", "101", "-0.001"},
		"bars":      {"Work", "MACs a token", "forward & back", "<decoder>", "done", "dense", "45.0 k", "393 k", "0", "200k"},
	} {
		texts := map[string]bool{}
		for _, text := range textsOf(t, made[name].SVG()) {
			texts[text] = true
		}
		for _, text := range want {
			if !texts[text] {
				t.Errorf("%s: no text %q in %v", name, text, texts)
			}
		}
	}
}

func TestSVGNamesFontsThatMayStandIn(t *testing.T) {
	svg := figures(t)["lines"].SVG()
	if n := strings.Count(svg, "<text"); n == 0 || n != strings.Count(svg, `style="font-family:Liberation Sans,Arial,Helvetica,sans-serif;`) {
		t.Errorf("not all of the %d texts name other fonts:\n%s", n, svg)
	}
}

func TestPNGHasTheSizeAndIsNotBlank(t *testing.T) {
	for name, f := range figures(t) {
		img, err := png.Decode(bytes.NewReader(f.PNG()))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		w, h := f.Size()
		if b := img.Bounds(); b.Dx() != w || b.Dy() != h || w != figureWidth {
			t.Errorf("%s: is %d x %d pixels, Size says %d x %d", name, b.Dx(), b.Dy(), w, h)
		}
		seen := map[color.Color]int{}
		for y := range h {
			for x := range w {
				seen[img.At(x, y)]++
			}
		}
		white, blue := seen[color.RGBA{0xFF, 0xFF, 0xFF, 0xFF}], seen[palette[0]]+seen[shades()[len(shades())-1]]
		if white < w*h/2 || blue < 50 {
			t.Errorf("%s: %d of %d pixels are white, %d blue", name, white, w*h, blue)
		}
	}
}

func TestSizesSuitANotebook(t *testing.T) {
	made := figures(t)
	for name, most := range map[string]int{"lines": 420, "log": 420, "panels": 600, "raster": 400, "histogram": 400, "bars": 400, "heat map": 400, "trace": 700} {
		if _, h := made[name].Size(); h > most || h < 150 {
			t.Errorf("%s is %d pixels high, want 150 to %d", name, h, most)
		}
	}
}

func TestTheSameDescriptionGivesTheSameBytes(t *testing.T) {
	again := figures(t)
	for name, f := range figures(t) {
		if f.SVG() != again[name].SVG() || !bytes.Equal(f.PNG(), again[name].PNG()) {
			t.Errorf("%s: bytes differ", name)
		}
	}
}

func TestAFigureDoesNotChangeWithWhatItWasMadeOf(t *testing.T) {
	y := []float64{1, 2, 3}
	f, err := Lines{Series: []Series{{Y: y}}}.Figure()
	if err != nil {
		t.Fatal(err)
	}
	svg, picture := f.SVG(), bytes.Clone(f.PNG())
	y[0] = 100
	f.PNG()[0] = 0
	if f.SVG() != svg || !bytes.Equal(f.PNG(), picture) {
		t.Error("the figure changed")
	}
}

func TestStringNamesTheFigure(t *testing.T) {
	f := figures(t)["raster"]
	w, h := f.Size()
	if got, want := f.String(), fmt.Sprintf("Events (figure, %d x %d pixels)", w, h); got != want {
		t.Errorf("String is %q, want %q", got, want)
	}
}

func TestWriteFileChoosesByExtension(t *testing.T) {
	f := figures(t)["lines"]
	dir := t.TempDir()
	for name, want := range map[string][]byte{
		"a.svg": []byte(f.SVG()),
		"a.png": f.PNG(),
		"B.SVG": []byte(f.SVG()),
		"b.Png": f.PNG(),
	} {
		path := filepath.Join(dir, name)
		for range 2 { // the second replaces the first
			if err := f.WriteFile(path); err != nil {
				t.Fatal(err)
			}
		}
		got, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s holds %d bytes, want %d others", name, len(got), len(want))
		}
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 4 {
		t.Errorf("folder holds %v, want the 4 files alone", entries)
	}
}

func TestWriteFileErrorsLeaveNothingBehind(t *testing.T) {
	f := figures(t)["lines"]
	dir := t.TempDir()
	folder := filepath.Join(dir, "folder.svg")
	if err := os.Mkdir(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		path string
		want error
		says string
	}{
		{filepath.Join(dir, "a.pdf"), ErrExtension, `path has ".pdf", want .svg or .png`},
		{filepath.Join(dir, "png"), ErrExtension, `path has "", want .svg or .png`},
		{"", ErrExtension, `path has ""`},
		{filepath.Join(dir, "none", "a.svg"), fs.ErrNotExist, "a.svg"},
		{folder, fs.ErrExist, "folder.svg"},
	} {
		err := f.WriteFile(c.path)
		if err == nil || !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.says) || !strings.HasPrefix(err.Error(), "figure ") {
			t.Errorf("%q: error %v, want %v saying %s", c.path, err, c.want, c.says)
		}
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 1 {
		t.Errorf("folder holds %v, want only what was there", entries)
	}
}
