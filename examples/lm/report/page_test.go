package report

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/egru/egru/graph/probe"
)

func TestAFullRunIsToldInFull(t *testing.T) {
	all := elements(t, document(t, exampleRun(t)))
	for _, c := range []struct {
		what      string
		got, want []string
	}{
		{"title", texts(all, "h1", ""), []string{"An EGRU and a GRU on ptb"}},
		{"sections", texts(all, "h2", ""), []string{"Results", "Training", "Activity", "Work", "Thresholds", "Events", "Settings"}},
		{"warnings", texts(all, "div", "warning"), []string{"Warning: The rate was still falling when the last epoch ended."}},
		{"names of facts", texts(all, "dt", ""), []string{"text", "to train on", "to validate", "to test", "vocabulary", "started", "finished", "took", "seed", "threads"}},
		{"facts", texts(all, "dd", ""), []string{"ptb", "929,589 tokens", "73,760 tokens", "82,430 tokens", "10,000 words", "2025-03-03 09:30 UTC", "2025-03-03 09:44 UTC", "14m21s", "1", "2"}},
		{"settings", texts(all, "pre", ""), []string{`{
  "hidden": 256,
  "embed": 256,
  "layers": 2,
  "batch": 20,
  "bptt": 35,
  "learn_rate": 0.002,
  "words": [
    "<unk>",
    "<eos>"
  ]
}`}},
	} {
		if !slices.Equal(c.got, c.want) {
			t.Errorf("%s: %q, want %q", c.what, c.got, c.want)
		}
	}
	for _, text := range texts(all, "td", "right") {
		if text == "this run" {
			t.Errorf("the text %q stands right, where numbers do", text)
		}
	}
	tables := rows(all)
	for caption, want := range map[string][]string{
		"Models": {
			"model|parameters|epochs|best valid perplexity|test perplexity|activity|backward activity|MACs/token|of dense|tokens/s",
			"egru|3,611,922|6|141.82|144.07|10.4 %|84.0 %|325 k|9.7 %|13,996",
			"gru|3,611,922|6|113.46|115.26|100.0 %|-|3.35 M|100.0 %|13,996",
		},
		"Perplexity beside others": {
			"model|source|valid|test|activity",
			"egru|this run|141.82|144.07|10.4 %",
			"gru|this run|113.46|115.26|100.0 %",
			"bigrams|baseline|193.20|186.60|-",
			"unigrams|baseline|731.40|701.10|-",
			"EGRU 1350|ICLR 2023, 1000 epochs|-|57.20|20.3 %",
			"AWD-LSTM|ICLR 2023|-|57.30|-",
		},
		"egru, counts per token": {
			"per token|events|forward MACs|dense|backward MACs|dense",
			"rnn.0|23.0|35.4 k|393 k|629 k|786 k",
			"rnn.1|38.4|59.0 k|393 k|629 k|786 k",
			"decoder|23.0|230 k|2.56 M|4.10 M|5.12 M",
			"total|61.4|325 k|3.35 M|5.35 M|6.69 M",
		},
	} {
		if !slices.Equal(tables[caption], want) {
			t.Errorf("table %q is\n%s\nwant\n%s", caption, strings.Join(tables[caption], "\n"), strings.Join(want, "\n"))
		}
	}
	for row, want := range map[int]string{
		0: "epoch|train perplexity|valid perplexity|activity|backward activity|learn rate|gradient norm|clipped|tokens/s|seconds",
		6: "6|99.35|141.82|12.0 %|84.0 %|0.0005|0.201|30.1 %|13,996|63.4",
	} {
		if got := tables["egru, epoch by epoch"]; len(got) != 7 || got[row] != want {
			t.Errorf("epochs are %q, want row %d to be %s", got, row, want)
		}
	}
	var begins []string
	for _, alt := range alts(all) {
		begin, _, _ := strings.Cut(alt, ":")
		begins = append(begins, begin)
	}
	if want := []string{
		"Perplexity, curves over epoch", "Loss of the windows, curves over epochs", "Steps of the solver, curves over epoch",
		"Activity, curves over epoch", "Activity of the windows, curves over epochs", "Layers of egru, curves over epoch",
		"Work of egru, bars of MACs a token", "Work of gru, bars of MACs a token",
		"Histograms of the thresholds of egru, a panel for each of 2 layers.", "Event raster of egru",
	}; !slices.Equal(begins, want) {
		t.Errorf("pictures are\n%q, want\n%q", begins, want)
	}
	if alt := alts(all)[0]; !strings.Contains(alt, "perplexity of egru validation from 189 to 142") {
		t.Errorf("the first picture is told as %q", alt)
	}
}

// What a run lacks leaves no trace: no heading, column or empty figure.
func TestWhatIsMissingIsLeftOut(t *testing.T) {
	for _, c := range []struct {
		name     string
		run      func(*Run)
		sections []string
		pictures int
		says     []string
		silent   []string
	}{
		{"all but the title", func(r *Run) { *r = Run{Title: r.Title} }, []string{}, 0, nil, []string{"<nav", "<table", "<dl"}},
		{"all but the name of a model", func(r *Run) { r.Models = []Model{{Name: "egru"}}; r.Config = nil },
			[]string{"Results"}, 0, []string{">egru<"}, []string{"parameters", "tokens/s", "Training"}},
		{"the test", func(r *Run) { r.Models[0].Test, r.Models[1].Test = nil, nil; r.Baselines, r.Published = nil, nil },
			[]string{"Results", "Training", "Activity", "Work", "Thresholds", "Events", "Settings"}, 10, nil, []string{"test perplexity", "beside others"}},
		{"the EGRU", func(r *Run) { r.Models = r.Models[1:] },
			[]string{"Results", "Training", "Activity", "Work", "Settings"}, 6, nil, []string{"egru", "gradient could pass"}},
		{"all epochs but one", func(r *Run) {
			for i := range r.Models {
				r.Models[i].Epochs = r.Models[i].Epochs[:1]
			}
		}, []string{"Results", "Training", "Activity", "Work", "Thresholds", "Events", "Settings"}, 10, []string{"from 189 to 189"}, nil},
		{"the curve and the numbers of the solver", func(r *Run) {
			r.Models = r.Models[:1]
			m := &r.Models[0]
			m.Curve = Curve{}
			for i := range m.Epochs {
				m.Epochs[i].LearnRate, m.Epochs[i].GradientNorm, m.Epochs[i].Clipped = nil, nil, nil
			}
		}, []string{"Results", "Training", "Activity", "Work", "Thresholds", "Events", "Settings"}, 6, nil, []string{"window", "learn rate<", "solver"}},
		{"only the norm of the gradients", func(r *Run) {
			for i := range r.Models {
				for j := range r.Models[i].Epochs {
					r.Models[i].Epochs[j].GradientNorm = nil
				}
			}
		}, []string{"Results", "Training", "Activity", "Work", "Thresholds", "Events", "Settings"}, 10, []string{"The learn rate. The share of the steps"}, []string{"gradient norm<", "global norm"}},
		{"the end", func(r *Run) { r.Models, r.Finished = nil, time.Time{} },
			[]string{"Results", "Settings"}, 0, []string{"started"}, []string{"finished", "took"}},
		{"the second half", func(r *Run) { r.Models, r.Interrupted = nil, true },
			[]string{"Results", "Settings"}, 0, []string{"The run was interrupted."}, nil},
		{"counts of anything", func(r *Run) {
			for i := range r.Models {
				r.Models[i].Work = &probe.Report{}
			}
		}, []string{"Results", "Training", "Activity", "Thresholds", "Events", "Settings"}, 8, nil, []string{"MACs", "of dense"}},
		{"a source of what was published", func(r *Run) {
			r.Models, r.Baselines, r.Published = nil, nil, []Published{{Name: "AWD-LSTM", Test: ref(57.3)}}
		}, []string{"Results", "Settings"}, 0, []string{`<td class="right">57.30</td>`}, []string{"source", ">valid<", ">activity<"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := exampleRun(t)
			c.run(&r)
			made := document(t, r)
			all := elements(t, made)
			if got := texts(all, "h2", ""); !slices.Equal(got, c.sections) {
				t.Errorf("sections are %q, want %q", got, c.sections)
			}
			if got := alts(all); len(got) != c.pictures {
				t.Errorf("there are %d pictures, want %d: %q", len(got), c.pictures, got)
			}
			_, body, _ := strings.Cut(string(made), "</style>")
			for _, text := range c.says {
				if !strings.Contains(body, text) {
					t.Errorf("no %q", text)
				}
			}
			for _, text := range c.silent {
				if strings.Contains(body, text) {
					t.Errorf("there is %q", text)
				}
			}
		})
	}
}

func TestARunThatDivergedSaysSo(t *testing.T) {
	nan := math.NaN()
	r := Run{Title: "diverged", Models: []Model{{
		Name: "egru",
		Epochs: []Epoch{
			{Number: 1, TrainPerplexity: ref(400), ValidPerplexity: ref(nan), GradientNorm: ref(math.Inf(1)), TokensPerSecond: ref(math.Inf(1))},
			{Number: 2, TrainPerplexity: ref(1e30), ValidPerplexity: ref(nan), GradientNorm: ref(nan)},
		},
		Curve:      Curve{Epochs: []float64{1, 2}, Loss: []float64{5, nan}},
		Thresholds: []probe.Sample{{Name: "rnn.0", Values: []float64{nan}}},
		Work:       &probe.Report{Tokens: 1, Layers: []probe.Row{{Name: "rnn.0", Forward: probe.Work{MACsPerToken: nan, DenseMACsPerToken: nan}}}},
	}}}
	all := elements(t, document(t, r))
	want := []string{
		"Warning: Not drawn, since no value could be: perplexity of egru validation.",
		"Warning: Not drawn, since no value could be: gradient norm of egru.",
		"Warning: Not drawn, since no value could be: work of egru.",
		"Warning: Not drawn, since no value could be: thresholds of egru.",
	}
	if got := texts(all, "div", "warning"); !slices.Equal(got, want) {
		t.Errorf("warnings are %q, want %q", got, want)
	}
	if got, want := rows(all)["egru, epoch by epoch"][1:], []string{"1|400.00|NaN|+Inf|+Inf", "2|1e+30|NaN|NaN|-"}; !slices.Equal(got, want) {
		t.Errorf("epochs are %q, want %q", got, want)
	}
	if n := len(alts(all)); n != 2 {
		t.Errorf("there are %d pictures, want those of perplexity and loss", n)
	}
}

func TestTheBestOfTheEpochsIsTold(t *testing.T) {
	for _, c := range []struct {
		valid []*float64
		want  string
	}{
		{[]*float64{ref(9), ref(7), ref(8)}, "7.00"},
		{[]*float64{ref(math.NaN()), ref(7), nil}, "7.00"},
		{[]*float64{ref(7), ref(math.NaN())}, "7.00"},
		{[]*float64{ref(math.NaN())}, "NaN"},
		{[]*float64{nil}, ""},
		{nil, ""},
	} {
		var m Model
		for i, v := range c.valid {
			m.Epochs = append(m.Epochs, Epoch{Number: i + 1, ValidPerplexity: v})
		}
		if got := written(m.best(), perplexity); got != c.want {
			t.Errorf("best of %v is %q, want %q", c.valid, got, c.want)
		}
	}
}

func TestBaselinesFarOffDoNotSqueezeTheCurves(t *testing.T) {
	valid := func(x float64) Baseline { return Baseline{Name: fmt.Sprint(x), Valid: ref(x)} }
	r := Run{
		Models:    []Model{{Name: "egru", Epochs: []Epoch{{Number: 1, ValidPerplexity: ref(300)}, {Number: 2, ValidPerplexity: ref(100)}}}},
		Baselines: []Baseline{valid(49), valid(50), valid(200), valid(600), valid(601), valid(math.NaN()), {Name: "none"}},
	}
	var got []string
	for _, ref := range r.perplexities().panels[0].References {
		got = append(got, ref.Label)
	}
	if want := []string{"50", "200", "600"}; !slices.Equal(got, want) {
		t.Errorf("references are %q, want %q", got, want)
	}
	r.Models = nil
	if refs := r.perplexities().panels[0].References; len(refs) != 0 {
		t.Errorf("without curves references are %v, want none", refs)
	}
}

func TestARasterThatCannotBeDrawnIsNamed(t *testing.T) {
	r := exampleRun(t)
	r.Models[0].Raster.Tokens = []string{"one"}
	if _, err := Page(r); !errors.Is(err, probe.ErrFigure) || !strings.HasPrefix(err.Error(), `Events: model "egru": raster: there are 1 tokens, want 22`) {
		t.Errorf("error %v, want that of the raster", err)
	}
}

func TestTheRunStaysAsItWas(t *testing.T) {
	r, again := exampleRun(t), exampleRun(t)
	if !bytes.Equal(document(t, r), document(t, again)) {
		t.Error("the same run gives other bytes")
	}
	if !reflect.DeepEqual(r, again) {
		t.Error("the run changed")
	}
}

// FuzzAnyNumbersMakeAPage gives all numbers of a small run.
func FuzzAnyNumbersMakeAPage(f *testing.F) {
	f.Add(1.0, 0.5, 100.0, 90.0, 1, 10)
	f.Add(math.NaN(), math.Inf(1), 1e308, -1.0, -5, 0)
	f.Add(0.0, 1e-320, 1e300, 1e-300, math.MaxInt, -1<<63)
	f.Fuzz(func(t *testing.T, a, b, c, d float64, n, m int) {
		epoch := func(number int, x, y *float64) Epoch {
			return Epoch{
				Number: number, TrainPerplexity: x, ValidPerplexity: y, Activity: x, BackwardActivity: y, LearnRate: x, GradientNorm: y,
				Clipped: x, Seconds: y, TokensPerSecond: x, Layers: []Layer{{"rnn.0", x, y}},
			}
		}
		r := Run{
			Title:     "run",
			Corpus:    &Corpus{Train: n, Valid: m},
			Baselines: []Baseline{{"bigrams", &c, &d}},
			Models: []Model{{
				Name: "egru", Parameters: n,
				Epochs:     []Epoch{epoch(n, &a, &b), epoch(m, &c, &d)},
				Curve:      Curve{Epochs: []float64{a, b}, Loss: []float64{c, d}, Activity: []float64{b, c}},
				Thresholds: []probe.Sample{{Name: "rnn.0", Values: []float64{a, b, c, d}}},
				Test:       &Test{&a, &b},
				Work:       &probe.Report{Tokens: n, Layers: []probe.Row{{Name: "rnn.0", Forward: probe.Work{MACs: int64(m), DenseMACs: int64(n), MACsPerToken: a, DenseMACsPerToken: b}}}},
			}},
		}
		page, err := Page(r)
		switch {
		case err == nil:
			var out bytes.Buffer
			if _, err := page.WriteTo(&out); err != nil {
				t.Error(err)
			}
		case r.Validate() == nil:
			t.Errorf("error %v of a valid run", err)
		}
	})
}
