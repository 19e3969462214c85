package probe_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/egru/egru/graph/probe"
	"github.com/egru/egru/layers"
	"github.com/egru/egru/ops"
	"github.com/egru/egru/ops/surrogate"
)

func ExampleReport() {
	counts := probe.Counts{
		Layers: []probe.Count{
			{Name: "rnn.0", Counts: ops.Counts{
				Units: 256_000, Events: 38_400, Live: 100_000, BackwardUnits: 250_000,
				ForwardMACs: 150_000_000, DenseForwardMACs: 600_000_000,
				BackwardMACs: 500_000_000, DenseBackwardMACs: 1_250_000_000,
			}},
			{Name: "rnn.1", Counts: ops.Counts{
				Units: 128_000, Events: 6_400,
				ForwardMACs: 30_000_000, DenseForwardMACs: 300_000_000,
			}},
		},
		Products: []probe.Count{
			{Name: "decoder", Counts: ops.Counts{
				Units: 128_000, Events: 6_400,
				ForwardMACs: 64_000_000, DenseForwardMACs: 1_280_000_000,
			}},
		},
	}
	report, err := counts.Report(1000)
	if err != nil {
		panic(err)
	}
	fmt.Print(report)
	// Output:
	// layer    activity  backward activity  events  forward MACs   dense   saved  backward MACs   dense   saved
	// rnn.0       0.150              0.400  38.4 k         150 M   600 M  75.0 %          500 M  1.25 G  60.0 %
	// rnn.1       0.050                  -    6400        30.0 M   300 M  90.0 %              0       0       -
	// decoder   (0.050)                  -    6400        64.0 M  1.28 G  95.0 %              0       0       -
	// total       0.117              0.400  44.8 k         244 M  2.18 G  88.8 %          500 M  1.25 G  60.0 %
	//
	// per token  events  forward MACs   dense  backward MACs   dense
	// rnn.0        38.4         150 k   600 k          500 k  1.25 M
	// rnn.1        6.40        30.0 k   300 k              0       0
	// decoder      6.40        64.0 k  1.28 M              0       0
	// total        44.8         244 k  2.18 M          500 k  1.25 M
	// in brackets: activity of a product's input, not part of the total
}

// A layer of three units is run over six steps of input and recorded.
func ExampleRecorder() {
	config := layers.DefaultEGRU(1, 3)
	config.KernelGain, config.Seed = 4, 5
	config.Surrogate = surrogate.Triangle{Dampening: 1, Support: 5}
	layer, err := layers.NewEGRU("rnn", config)
	if err != nil {
		panic(err)
	}
	g := gorgonia.NewGraph()
	input := tensor.New(tensor.WithShape(6, 1, 1), tensor.WithBacking([]float32{1, -1, 1, 1, -1, 1}))
	x := gorgonia.NewTensor(g, tensor.Float32, 3, gorgonia.WithShape(6, 1, 1), gorgonia.WithName("x"), gorgonia.WithValue(input))
	y, err := layer.Forward(x)
	if err != nil {
		panic(err)
	}
	weights, err := layer.Nodes(g)
	if err != nil {
		panic(err)
	}
	if _, err := gorgonia.Grad(gorgonia.Must(gorgonia.Sum(y)), weights...); err != nil {
		panic(err)
	}
	vm := gorgonia.NewTapeMachine(g, gorgonia.BindDualValues(weights...))

	recorder, err := probe.NewRecorder(probe.DefaultRecorder(), layer)
	if err != nil {
		panic(err)
	}
	recorder.Start()
	if err := vm.RunAll(); err != nil {
		panic(err)
	}
	recorder.Stop()

	record := recorder.Records()[0]
	fmt.Print(probe.Summarize(record))
	piece, err := record.Longest()
	if err != nil {
		panic(err)
	}
	for t := range piece.Steps() {
		fmt.Printf("step %d, unit 1: state %5.2f, threshold %.2f, event %v\n", t, piece.States[t][1], piece.Thresholds[t][1], piece.Events[t][1])
	}
	trace, err := record.Trace(piece, 1)
	if err != nil {
		panic(err)
	}
	figure, err := trace.Figure() // figure.WriteFile saves it
	if err != nil {
		panic(err)
	}
	fmt.Println(figure)
	// Output:
	// layer  steps  units  activity  units low mid top  silent  saturated  interval  gradient passed  by events     cut
	// rnn        6      3     0.333     0.00 0.33 0.67       1          0       1.5           44.4 %     33.3 %  55.6 %
	// step 0, unit 1: state -0.03, threshold 0.34, event false
	// step 1, unit 1: state  0.97, threshold 0.34, event true
	// step 2, unit 1: state  0.59, threshold 0.34, event true
	// step 3, unit 1: state  0.21, threshold 0.34, event false
	// step 4, unit 1: state  0.98, threshold 0.34, event true
	// step 5, unit 1: state  0.59, threshold 0.34, event true
	// rnn, unit 1 (figure, 640 x 655 pixels)
}

func ExampleHeatmap() {
	figure, err := probe.Heatmap{
		Title:  "rnn.0, activity of units",
		Values: [][]float64{{0, 0, 0.25, 0}, {1, 1, 1, 0.75}, {0, 0.5, 0, 0}}, // of unit 0, 1 and 2
		End:    400,                                                           // steps: each column is 100
	}.Figure()
	if err != nil {
		panic(err)
	}
	fmt.Println(figure)
	// Output:
	// rnn.0, activity of units (figure, 640 x 196 pixels)
}

func ExampleLines() {
	figure, err := probe.Lines{
		Title:      "Validation",
		XLabel:     "epoch",
		YLabel:     "perplexity",
		Series:     []probe.Series{{Name: "EGRU", Y: []float64{297, 214, 181}}, {Name: "GRU", Y: []float64{178, 139, 131}}},
		References: []probe.Reference{{Label: "bigram", Y: 260}},
		LogY:       true,
	}.Figure()
	if err != nil {
		panic(err)
	}
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	fmt.Println(figure.WriteFile(filepath.Join(dir, "validation.png")))
	fmt.Println(figure.WriteFile("validation.gif"))
	// Output:
	// <nil>
	// figure validation.gif: path has ".gif", want .svg or .png: unknown extension
}

func ExampleRaster() {
	layer := probe.RasterLayer{Name: "rnn.0", Events: [][]bool{
		{true, false, false, false},
		{false, false, true, false},
		{false, false, false, false},
	}}
	figure, err := probe.Raster{Title: "Events", Layers: []probe.RasterLayer{layer}, Tokens: []string{"the", "dog", "sleeps"}}.Figure()
	if err != nil {
		panic(err)
	}
	fmt.Printf("activity %.3f\n", layer.Activity())
	fmt.Println(figure)
	// Output:
	// activity 0.167
	// Events (figure, 640 x 197 pixels)
}

func ExamplePanels() {
	figure, err := probe.Panels{
		Title:  "Training",
		XLabel: "epoch",
		Panels: []probe.Lines{
			{YLabel: "perplexity", LogY: true, Series: []probe.Series{
				{Name: "EGRU", Y: []float64{297, 214, 181}},
				{Name: "GRU", Y: []float64{178, 139, 131}},
			}},
			{YLabel: "activity", FromZero: true, Series: []probe.Series{
				{Name: "EGRU", Y: []float64{0.31, 0.22, 0.16}},
			}},
		},
	}.Figure()
	if err != nil {
		panic(err)
	}
	fmt.Println(figure)
	// Output:
	// Training (figure, 640 x 481 pixels)
}

// All surrogates that have a name, with their default parameters.
func ExampleSurrogates() {
	var all []surrogate.Surrogate
	for _, name := range surrogate.Names() {
		s, err := surrogate.Named(name)
		if err != nil {
			panic(err)
		}
		all = append(all, s)
	}
	panels, err := probe.Surrogates("Surrogates", all...)
	if err != nil {
		panic(err)
	}
	figure, err := panels.Figure() // figure.WriteFile saves it
	if err != nil {
		panic(err)
	}
	fmt.Println(figure)
	// Output:
	// Surrogates (figure, 640 x 575 pixels)
}

func ExampleHistogram() {
	figure, err := probe.Histogram{
		Title:  "Thresholds",
		XLabel: "threshold",
		YLabel: "units",
		Samples: []probe.Sample{
			{Name: "rnn.0", Values: []float64{0.12, 0.18, 0.2, 0.31}},
			{Name: "rnn.1", Values: []float64{0.05, 0.11, 0.12, 0.19}},
		},
	}.Figure()
	if err != nil {
		panic(err)
	}
	fmt.Println(figure)
	// Output:
	// Thresholds (figure, 640 x 363 pixels)
}

func ExampleBars() {
	figure, err := probe.Bars{
		Title:  "Work",
		XLabel: "MACs a token",
		Panels: []probe.BarPanel{{
			Title:  "forward",
			Groups: []string{"rnn.0", "decoder"},
			Series: []probe.BarSeries{
				{Name: "done", Values: []float64{45_000, 660_000}},
				{Name: "dense", Values: []float64{393_000, 2_560_000}},
			},
		}},
	}.Figure()
	if err != nil {
		panic(err)
	}
	fmt.Println(figure)
	// Output:
	// Work (figure, 640 x 209 pixels)
}

func ExamplePage() {
	figure, err := probe.Lines{
		Title:  "Validation",
		XLabel: "epoch",
		YLabel: "perplexity",
		Series: []probe.Series{{Name: "EGRU", Y: []float64{297, 214, 181}}},
	}.Figure()
	if err != nil {
		panic(err)
	}
	page := probe.Page{
		Title: "Training of an EGRU",
		Lead:  []probe.Block{probe.Facts{{Name: "parameters", Value: "129,256"}}},
		Sections: []probe.Section{{
			Heading: "Results",
			Blocks: []probe.Block{
				probe.Warning("the run was interrupted"),
				probe.Table{Head: []string{"model", "perplexity"}, Rows: [][]string{{"<EGRU>", "181.0"}}},
				probe.Picture{Figure: figure, Caption: "Perplexity on the validation text."},
			},
		}},
	}
	var html strings.Builder
	if _, err := page.WriteTo(&html); err != nil {
		panic(err)
	}
	for line := range strings.Lines(html.String()) {
		if strings.Contains(line, "<h") || strings.Contains(line, "<td") {
			fmt.Print(line)
		}
	}
	// Output:
	// <html lang="en">
	// <head>
	// <header>
	// <h1>Training of an EGRU</h1>
	// <h2 id="section-1">Results</h2>
	// <tr><th scope="row">&lt;EGRU&gt;</th><td class="right">181.0</td></tr>
}

func ExampleCounts_Since() {
	// Two readings of the meters of a model, some training apart.
	before := probe.Counts{Layers: []probe.Count{{Name: "rnn.0", Counts: ops.Counts{Units: 1000, Events: 300}}}}
	now := probe.Counts{Layers: []probe.Count{{Name: "rnn.0", Counts: ops.Counts{Units: 3000, Events: 500}}}}

	training, err := now.Since(before)
	fmt.Println(training.Activity(), err)
	// Output:
	// 0.1 <nil>
}
