package report

import (
	"bytes"
	"encoding/json"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"github.com/egru/egru/graph/probe"
	"github.com/egru/egru/ops"
)

func ref(x float64) *float64 { return &x }

// document is the page of a run.
func document(t testing.TB, r Run) []byte {
	t.Helper()
	page, err := Page(r)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if _, err := page.WriteTo(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// elements are those of a page, as a browser reads it.
func elements(t testing.TB, document []byte) []*html.Node {
	t.Helper()
	root, err := html.Parse(bytes.NewReader(document))
	if err != nil {
		t.Fatal(err)
	}
	var all []*html.Node
	for n := range root.Descendants() {
		if n.Type == html.ElementNode {
			all = append(all, n)
		}
	}
	return all
}

// texts are the texts of the elements of a name and, if not empty, a class.
func texts(all []*html.Node, name, class string) []string {
	found := []string{}
	for _, n := range all {
		if n.Data == name && (class == "" || attr(n, "class") == class) {
			found = append(found, textOf(n))
		}
	}
	return found
}

func textOf(n *html.Node) string {
	var s strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			s.WriteString(d.Data)
		}
	}
	return s.String()
}

func attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

// rows are the tables under their captions, a line for each row, with | between
// its cells.
func rows(all []*html.Node) map[string][]string {
	tables, caption := map[string][]string{}, ""
	for _, n := range all {
		switch {
		case attr(n, "class") == "caption":
			caption = textOf(n)
		case n.Data == "tr":
			var cells []string
			for c := range n.ChildNodes() {
				cells = append(cells, textOf(c))
			}
			tables[caption] = append(tables[caption], strings.Join(cells, "|"))
		}
	}
	return tables
}

// alts are what stands in for the pictures.
func alts(all []*html.Node) []string {
	var found []string
	for _, n := range all {
		if n.Data == "img" {
			found = append(found, attr(n, "alt"))
		}
	}
	return found
}

// exampleRun is as full as a run can be: an EGRU of two layers beside a GRU,
// six epochs.
func exampleRun(t testing.TB) Run {
	t.Helper()
	started := time.Date(2025, time.March, 3, 9, 30, 0, 0, time.UTC)
	return Run{
		Title:    "An EGRU and a GRU on ptb",
		Started:  started,
		Finished: started.Add(14*time.Minute + 21*time.Second),
		Facts:    probe.Facts{{Name: "seed", Value: "1"}, {Name: "threads", Value: "2"}},
		Corpus:   &Corpus{Name: "ptb", Train: 929_589, Valid: 73_760, Test: 82_430, Vocabulary: 10_000},
		Models:   []Model{exampleModel(t, "egru"), exampleModel(t, "gru")},
		Baselines: []Baseline{
			{Name: "bigrams", Valid: ref(193.2), Test: ref(186.6)},
			{Name: "unigrams", Valid: ref(731.4), Test: ref(701.1)},
		},
		Published: []Published{
			{Name: "EGRU 1350", Source: "ICLR 2023, 1000 epochs", Test: ref(57.2), Activity: ref(0.203)},
			{Name: "AWD-LSTM", Source: "ICLR 2023", Test: ref(57.3)},
		},
		Warnings: []string{"The rate was still falling when the last epoch ended."},
		Config:   json.RawMessage(`{"hidden":256,"embed":256,"layers":2,"batch":20,"bptt":35,"learn_rate":0.002,"words":["<unk>","<eos>"]}`),
	}
}

func exampleModel(t testing.TB, name string) Model {
	m := Model{Name: name, Parameters: 3_611_922, WorkOf: "the test text"}
	random := rand.New(rand.NewPCG(1, uint64(len(name))))
	events := name == "egru"
	activity := func(layer int, at float64) float64 {
		if !events {
			return 1
		}
		return 0.09 + 0.06*float64(layer) + 0.15*math.Exp(-1.5*at)
	}
	better := 1.0
	if !events {
		better = 0.8
	}
	const epochs, windows = 6, 60
	for i := range epochs * windows {
		at := float64(i+1) / windows
		m.Curve.Epochs = append(m.Curve.Epochs, at)
		m.Curve.Loss = append(m.Curve.Loss, 4.7+math.Log(better)+2.2*math.Exp(-1.2*at)+0.12*random.NormFloat64())
		m.Curve.Activity = append(m.Curve.Activity, (activity(0, at)+activity(1, at))/2)
	}
	for i := range epochs {
		at := float64(i + 1)
		e := Epoch{
			Number:           i + 1,
			TrainPerplexity:  ref(better * (98 + 300*math.Exp(-0.9*at))),
			ValidPerplexity:  ref(better * (141.5 + 130*math.Exp(-at))),
			Activity:         ref((activity(0, at) + activity(1, at)) / 2),
			BackwardActivity: ref(0.84),
			LearnRate:        ref(2e-3 * math.Pow(0.5, math.Max(0, at-4))),
			GradientNorm:     ref(better * (0.2 + 0.5*math.Exp(-at))),
			Clipped:          ref(0.3 + 0.6*math.Exp(-at)),
			Seconds:          ref(69.4 - at),
			TokensPerSecond:  ref(13_396 + 100*at),
		}
		if events {
			e.Layers = []Layer{{"rnn.0", ref(activity(0, at)), ref(0.8)}, {"rnn.1", ref(activity(1, at)), ref(0.88)}}
		} else {
			e.BackwardActivity = nil
		}
		m.Epochs = append(m.Epochs, e)
	}
	m.Test = &Test{Perplexity: ref(144.07 * better), Activity: ref(0.104)}
	work := probe.Counts{}
	if !events {
		m.Test.Activity = ref(1)
	} else {
		m.Thresholds = []probe.Sample{{Name: "rnn.0", Values: numbers(random, 256)}, {Name: "rnn.1", Values: numbers(random, 256)}}
		m.Raster = exampleRaster(random)
	}
	for i, c := range []probe.Count{
		{Name: "rnn.0", Counts: ops.Counts{DenseForwardMACs: 393_216_000, DenseBackwardMACs: 786_432_000}},
		{Name: "rnn.1", Counts: ops.Counts{DenseForwardMACs: 393_216_000, DenseBackwardMACs: 786_432_000}},
		{Name: "decoder", Counts: ops.Counts{DenseForwardMACs: 2_560_000_000, DenseBackwardMACs: 5_120_000_000}},
	} {
		c.Units, c.BackwardUnits, c.Live = 256_000, 256_000, 215_040
		c.Events = int64(activity(i%2, 6) * float64(c.Units))
		c.ForwardMACs = int64(activity(i%2, 6) * float64(c.DenseForwardMACs))
		c.BackwardMACs = c.DenseBackwardMACs / 5 * 4
		if c.Name == "decoder" {
			work.Products = append(work.Products, c)
		} else {
			work.Layers = append(work.Layers, c)
		}
	}
	counted, err := work.Report(1000)
	if err != nil {
		t.Fatal(err)
	}
	m.Work = &counted
	return m
}

// numbers are about those of thresholds.
func numbers(random *rand.Rand, n int) []float64 {
	xs := make([]float64, n)
	for i := range xs {
		xs[i] = 0.3 * random.Float64() * random.Float64()
	}
	return xs
}

func exampleRaster(random *rand.Rand) *probe.Raster {
	words := strings.Fields("mr. <unk> said the company 's shares fell N % after a report that sales of <script>alert(1)</script> would slow this year <eos>")
	r := &probe.Raster{Tokens: words, XLabel: "word read"}
	for i, units := range []int{256, 256} {
		l := probe.RasterLayer{Name: []string{"rnn.0", "rnn.1"}[i]}
		for range words {
			step := make([]bool, units)
			for u := range step {
				step[u] = random.Float64() < 0.3*float64(u%7)/7
			}
			l.Events = append(l.Events, step)
		}
		r.Layers = append(r.Layers, l)
	}
	return r
}
