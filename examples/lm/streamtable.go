package main

import (
	"fmt"
	"math"

	"github.com/egru/egru/graph/stream"
)

// streamRow is a line of -json of -mode stream: an engine. Work is that of the
// words of the test text; energies are estimates by stream.DefaultCosts.
type streamRow struct {
	Cell   string `json:"cell"`
	Engine string `json:"engine"`

	ValidWords   int `json:"valid_words"`
	TestWords    int `json:"test_words"`
	ProfileWords int `json:"profile_words"` // of the training text, read and not predicted

	// Null where they are beyond all numbers. Changes are shares of the first
	// engine's.
	ValidPPL    *float64 `json:"valid_ppl"`
	ValidChange *float64 `json:"valid_change"`
	TestPPL     *float64 `json:"test_ppl"`
	TestChange  *float64 `json:"test_change"`

	Units    []int   `json:"units"` // of each layer
	Activity float64 `json:"activity"`

	// Events that units which this engine lacks sent in the first one.
	MissingValidEvents int64 `json:"missing_valid_events"`
	MissingTestEvents  int64 `json:"missing_test_events"`

	WeightBytes        int64   `json:"weight_bytes"` // of the engine
	BytesPerToken      float64 `json:"bytes_per_token"`
	MACsPerToken       float64 `json:"macs_per_token"`
	PicojoulesPerToken float64 `json:"pj_per_token"`
	DenseBytesPerToken float64 `json:"dense_bytes_per_token"` // of a dense model with all units
	DenseMACsPerToken  float64 `json:"dense_macs_per_token"`
	DensePJPerToken    float64 `json:"dense_pj_per_token"`
	TokensPerSecond    float64 `json:"tokens_per_s"` // of a stream, with its softmax
}

// streamTable prints a row when there is one: large models take minutes for each.
type streamTable struct {
	*reporter
	cell     string
	profiled int     // words
	silent   [][]int // units, by layer

	whole       *stream.Engine // the first
	valid, test reading        // of it
	first       streamRow
}

const streamFormat = "%22s  %9s  %8s  %8s  %8s  %8s  %7s  %10s  %10s  %7s  %8s  %8s\n"

// add writes the row of an engine.
func (t *streamTable) add(l layout, e *stream.Engine, valid, test reading) error {
	row := streamRow{
		Cell: t.cell, Engine: l.name,
		ValidWords: valid.loss.Count, TestWords: test.loss.Count, ProfileWords: t.profiled,
		ValidPPL: valid.loss.perplexity(), TestPPL: test.loss.perplexity(),
		Activity:    test.work.Activity(),
		WeightBytes: e.WeightBytes(),
	}
	for i := range e.Layers() {
		row.Units = append(row.Units, e.Units(i))
	}
	words, costs := float64(max(1, test.work.Steps)), stream.DefaultCosts()
	row.BytesPerToken = float64(test.work.WeightBytes) / words
	row.MACsPerToken = float64(test.work.MACs) / words
	row.PicojoulesPerToken = test.work.Energy(costs) / words
	row.TokensPerSecond = float64(valid.loss.Count+test.loss.Count) / max(valid.seconds+test.seconds, 1e-9)
	if t.whole == nil {
		row.DenseBytesPerToken = float64(test.work.DenseWeightBytes) / words
		row.DenseMACsPerToken = float64(test.work.DenseMACs) / words
		row.DensePJPerToken = test.work.DenseEnergy(costs) / words
		t.whole, t.valid, t.test, t.first = e, valid, test, row
		t.head()
	} else {
		row.DenseBytesPerToken, row.DenseMACsPerToken, row.DensePJPerToken = t.first.DenseBytesPerToken, t.first.DenseMACsPerToken, t.first.DensePJPerToken
		row.ValidChange, row.TestChange = change(row.ValidPPL, t.first.ValidPPL), change(row.TestPPL, t.first.TestPPL)
		if l.less {
			row.MissingValidEvents, row.MissingTestEvents = eventsOf(t.silent, t.valid.profile), eventsOf(t.silent, t.test.profile)
		}
	}
	t.line(row)
	return t.write(row)
}

func (t *streamTable) head() {
	fmt.Fprintf(t.out, "\n%s, a word at a time: %d words of validation, %d of test\n\n", t.cell, t.first.ValidWords, t.first.TestWords)
	fmt.Fprintf(t.out, streamFormat, "", "valid ppl", "change", "test ppl", "change", "activity", "weights", "read/token", "MACs/token", "energy", "of dense", "tokens/s")
}

func (t *streamTable) line(r streamRow) {
	fmt.Fprintf(t.out, streamFormat, r.Engine, show(r.ValidPPL), percent(r.ValidChange), show(r.TestPPL), percent(r.TestChange),
		fmt.Sprintf("%.1f %%", 100*r.Activity), inBytes(float64(r.WeightBytes)), inBytes(r.BytesPerToken), inThousands(r.MACsPerToken),
		inJoules(r.PicojoulesPerToken), fmt.Sprintf("%.1f %%", 100*r.PicojoulesPerToken/max(1, r.DensePJPerToken)), fmt.Sprintf("%.0f", r.TokensPerSecond))
}

// finish prints the dense model that the engines are beside, and what became of
// silent units.
func (t *streamTable) finish() {
	d := t.first
	fmt.Fprintf(t.out, streamFormat, "a dense model", "", "", "", "", "", "", inBytes(d.DenseBytesPerToken), inThousands(d.DenseMACsPerToken), inJoules(d.DensePJPerToken), "100.0 %", "")
	fmt.Fprintf(t.out, "\n  profile: %d words of the training text, without labels\n", t.profiled)
	switch {
	case t.silent == nil:
		fmt.Fprintf(t.out, "  no units are removed: those of a %s always speak\n", t.cell)
	case units(t.silent) == 0:
		fmt.Fprintln(t.out, "  no units are removed: each sent events in the profile")
	default:
		fmt.Fprintf(t.out, "  removed: %s units of the layers, which sent no event in the profile; in float32 they sent %d on the words of validation, %d on those of test\n",
			inUnits(t.silent, t.whole.Units), eventsOf(t.silent, t.valid.profile), eventsOf(t.silent, t.test.profile))
	}
}

// eventsOf counts those of some units of each layer.
func eventsOf(silent [][]int, p *stream.Profile) int64 {
	var n int64
	for i, layer := range silent {
		for _, k := range layer {
			n += p.Layers[i].Events[k]
		}
	}
	return n
}

// change is a share of what was before; nil where either is beyond all numbers.
func change(now, before *float64) *float64 {
	if now == nil || before == nil {
		return nil
	}
	share := *now / *before - 1
	return &share
}

// percent writes a change, and tells none from one that rounds to none.
func percent(share *float64) string {
	switch {
	case share == nil:
		return ""
	case *share == 0:
		return "0 %"
	}
	return fmt.Sprintf("%+.2f %%", 100**share)
}

func inBytes(x float64) string     { return metric(x, " B", " kB", " MB", " GB") }
func inThousands(x float64) string { return metric(x, "", "k", "M", "G") }

// inJoules writes an energy in pJ.
func inJoules(x float64) string { return metric(x, " pJ", " nJ", " µJ", " mJ") }

// metric writes three digits of a number in the first unit, each a thousand of the
// one before, in which it is below a thousand.
func metric(x float64, units ...string) string {
	const step, digits = 1000, 3
	i := 0
	for ; i < len(units)-1 && math.Abs(x) >= step-0.5; i++ {
		x /= step
	}
	return fmt.Sprintf("%.*f", max(0, digits-len(fmt.Sprintf("%.0f", math.Abs(x)))), x) + units[i]
}
