package probe_test

import (
	"math"
	"reflect"
	"testing"

	"gorgonia.org/tensor"

	"github.com/egru/egru/graph"
	"github.com/egru/egru/graph/probe"
	"github.com/egru/egru/layers"
	"github.com/egru/egru/ops"
)

const (
	vocabulary = 11
	embed      = 6 // and units of the last layer, since the model is tied
	hidden     = 9
	rows       = 3 // B
	steps      = 5 // T
)

// watched is a language model that also tells the events of its layers.
type watched struct{ *layers.LanguageModel }

func (m watched) Build(w *graph.Window) error {
	out, err := m.Run(w.Input(graph.Tokens, tensor.Int, w.T, w.B), graph.States(w, m.Stack()), w.Run)
	if err != nil {
		return err
	}
	for i, l := range m.Stack().Layers() {
		events, err := out.Layers[i].Sequence().Events()
		if err != nil {
			return err
		}
		w.Output(l.Name(), events)
	}
	loss, err := m.Loss(out.Signal, w.Input(graph.Targets, tensor.Int, w.T, w.B))
	if err != nil {
		return err
	}
	n, err := loss.Loss()
	if err != nil {
		return err
	}
	w.Loss(n)
	return graph.CarryStates(w, m.Stack(), out)
}

// runner runs the same window of a tiny model again and again.
type runner struct {
	t       *testing.T
	model   *layers.LanguageModel
	session *graph.Session
	windows *graph.Windows
}

func newRunner(t *testing.T) *runner {
	t.Helper()
	config := layers.DefaultLanguageModel(vocabulary, embed, hidden, 2)
	config.EGRU.ThresholdMean = 0.05
	config.EGRU.KernelGain = 3
	config.EmbedLimit = 1
	config.Seed = 7
	model, err := layers.NewLanguageModel(config)
	if err != nil {
		t.Fatal(err)
	}
	session, err := graph.NewSession(watched{model}, graph.Config{Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	tokens := make([]int, rows*steps+1)
	for i := range tokens {
		tokens[i] = i * i % vocabulary
	}
	windows, err := graph.NewWindows(tokens, rows, steps)
	if err != nil {
		t.Fatal(err)
	}
	windows.Next()
	return &runner{t, model, session, windows}
}

func (r *runner) evaluate() graph.Result {
	r.t.Helper()
	result, err := r.session.Evaluate(r.session.NewStream(rows), r.windows.Feeds())
	if err != nil {
		r.t.Fatal(err)
	}
	return result
}

func (r *runner) train() {
	r.t.Helper()
	if _, err := r.session.Train(r.session.NewStream(rows), r.windows.Feeds()); err != nil {
		r.t.Fatal(err)
	}
}

func since(t *testing.T, now, before probe.Counts) probe.Counts {
	t.Helper()
	d, err := now.Since(before)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestCountsOfALanguageModelAreThoseOfItsEvents(t *testing.T) {
	r := newRunner(t)
	result := r.evaluate()
	counts := probe.LanguageModel(r.model).Read()

	var allEvents, allUnits int64
	units := []int64{hidden, embed}
	for i, l := range counts.Layers {
		name := r.model.Stack().Layers()[i].Name()
		var events int64
		for row := range rows {
			of, err := probe.Events(result.Outputs[name], row)
			if err != nil {
				t.Fatal(err)
			}
			for _, step := range of {
				for _, event := range step {
					if event {
						events++
					}
				}
			}
		}
		if l.Name != name || l.Units != steps*rows*units[i] || l.Events != events || events == 0 || events == l.Units {
			t.Errorf("layer %d is %+v, want %s with %d of %d events, more than none and less than all", i, l, name, events, steps*rows*units[i])
		}
		if l.BackwardUnits != 0 || l.BackwardMACs != 0 {
			t.Errorf("layer %d counts a backward pass after an evaluation: %+v", i, l)
		}
		allEvents += events
		allUnits += l.Units
	}
	if got, want := counts.Activity(), float64(allEvents)/float64(allUnits); got != want {
		t.Errorf("activity is %v, want %v", got, want)
	}

	if len(counts.Products) != 1 || counts.Products[0].Name != "decoder" {
		t.Fatalf("products are %+v, want the decoder", counts.Products)
	}
	// Each event of the top layer meets a row of the decoder's matrix.
	decoder := counts.Products[0]
	if want := counts.Layers[1].Events * vocabulary; decoder.ForwardMACs != want {
		t.Errorf("the decoder did %d MACs, want %d", decoder.ForwardMACs, want)
	}
	if want := int64(steps * rows * embed * vocabulary); decoder.DenseForwardMACs != want {
		t.Errorf("a dense decoder would do %d MACs, want %d", decoder.DenseForwardMACs, want)
	}
	total := counts.Total()
	if want := counts.Layers[0].ForwardMACs + counts.Layers[1].ForwardMACs + decoder.ForwardMACs; total.ForwardMACs != want {
		t.Errorf("the model did %d MACs, want %d", total.ForwardMACs, want)
	}
}

func TestSinceAndResetTellRunsApart(t *testing.T) {
	r := newRunner(t)
	meters := probe.LanguageModel(r.model)
	r.evaluate()
	one := meters.Read()
	r.train()
	trained := since(t, meters.Read(), one)
	for i, l := range trained.Layers {
		if l.BackwardUnits != l.Units || l.BackwardMACs == 0 || l.Live < l.Events {
			t.Errorf("layer %d counts %+v in training", i, l)
		}
	}
	before := meters.Read()
	r.evaluate()
	if got := since(t, meters.Read(), before); !reflect.DeepEqual(got, one) {
		t.Errorf("the second evaluation counts %+v, want %+v as the first", got, one)
	}

	meters.Reset()
	if total := meters.Read().Total(); total != (ops.Counts{}) {
		t.Errorf("after the reset: %+v", total)
	}
	if _, err := meters.Read().Since(before); err == nil {
		t.Error("a reset in between goes unnoticed")
	}
	r.evaluate()
	if got := meters.Read(); !reflect.DeepEqual(got, one) {
		t.Errorf("after the reset an evaluation counts %+v, want %+v", got, one)
	}
}

func TestReportPerTokenOfALanguageModel(t *testing.T) {
	r := newRunner(t)
	r.evaluate()
	meters := probe.LanguageModel(r.model)
	once, err := meters.Read().Report(r.windows.Count())
	if err != nil {
		t.Fatal(err)
	}
	r.evaluate()
	twice, err := meters.Read().Report(2 * r.windows.Count())
	if err != nil {
		t.Fatal(err)
	}
	// The dense products of one step of one row: three gates of each layer
	// from its input and its state, and the decoder.
	const dense = 3*hidden*(embed+hidden) + 3*embed*(hidden+embed) + embed*vocabulary
	for _, report := range []probe.Report{once, twice} {
		if got := report.Total.Forward.DenseMACsPerToken; got != dense {
			t.Errorf("dense products take %v MACs a token, want %d", got, dense)
		}
		if f := report.Total.Forward; !(f.MACsPerToken > 0 && f.MACsPerToken < dense && f.Savings > 0 && f.Savings < 1) {
			t.Errorf("forward work is %+v", f)
		}
	}
	if a, b := once.Total.EventsPerToken, twice.Total.EventsPerToken; a != b {
		t.Errorf("events per token are %v after one run, %v after two", a, b)
	}
}

func TestARasterOfARunHasTheActivityOfItsCounts(t *testing.T) {
	r := newRunner(t)
	result := r.evaluate()
	counts := probe.LanguageModel(r.model).Read()
	for _, l := range counts.Layers {
		var mean float64
		for row := range rows {
			events, err := probe.Events(result.Outputs[l.Name], row)
			if err != nil {
				t.Fatal(err)
			}
			layer := probe.RasterLayer{Name: l.Name, Events: events}
			if _, err := (probe.Raster{Layers: []probe.RasterLayer{layer}}).Figure(); err != nil {
				t.Error(err)
			}
			mean += layer.Activity() / rows
		}
		if math.Abs(mean-l.Activity()) > 1e-12 {
			t.Errorf("%s: rasters have activity %v, counts %v", l.Name, mean, l.Activity())
		}
	}
}

func TestNilMetersArePassedOver(t *testing.T) {
	m := probe.Meters{Layers: []*ops.Meter{nil, ops.NewMeter("rnn.0")}, Products: []*ops.Meter{nil}}
	m.Reset()
	c := m.Read()
	if len(c.Layers) != 1 || c.Layers[0].Name != "rnn.0" || len(c.Products) != 0 {
		t.Errorf("counts are %+v", c)
	}
}
