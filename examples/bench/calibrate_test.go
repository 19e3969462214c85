package main

import (
	G "gorgonia.org/gorgonia"
	"io"
	"strings"
	"testing"

	"github.com/egru/egru/graph"
	"github.com/egru/egru/layers"
	"github.com/egru/egru/ops/surrogate"
)

func TestCalibrationReachesTheActivity(t *testing.T) {
	c := config{sizes: sizes{T: 10, B: 8, I: 16, H: 32}, seed: 3}
	c.surrogate = surrogate.Triangle{Dampening: defaultDampening, Support: defaultSupport}
	l := must(layers.NewEGRU("rnn", c.egru()))
	d := newLayerData(c)
	graphs := must(newLayerGraphs(c, l, d))
	for _, sparse := range []bool{false, true} {
		for _, wanted := range []float64{1, 0.9, 0.5, 0.2, 0.1, 0.05, 0.02} {
			c.sparse = sparse
			c.input(d.x, wanted)
			if err := setActivity(l, wanted, runOf(graphs.forward), &reporter{out: io.Discard}); err != nil {
				t.Fatal(err)
			}
			l.Meter().Reset()
			if err := runOf(graphs.both)(); err != nil {
				t.Fatal(err)
			}
			if got := l.Meter().Counts().Activity(); !isReached(got, wanted) {
				t.Errorf("sparse input %v: activity %v, want %v", sparse, got, wanted)
			}
		}
	}
}

// Each layer of a language model reaches the activity, in the training step.
func TestCalibrationReachesTheActivityOfEachLayer(t *testing.T) {
	c := config{sizes: sizes{T: 10, B: 8, I: 24, H: 32, V: 50, layers: 2}, seed: 3}
	c.surrogate = surrogate.Triangle{Dampening: defaultDampening, Support: defaultSupport}
	m := must(layers.NewLanguageModel(c.languageModel(layers.CellEGRU)))
	window := c.window()
	stacks := must(newPartialRuns(c.layers, window[graph.Tokens], func(tokens *G.Node) (*layers.StackOutput, error) {
		return m.Run(tokens, nil, layers.Run{})
	}))
	tr := must(newSessionTrainer(c, m, window))
	for _, wanted := range []float64{1, 0.3, 0.1} {
		for i, l := range m.Stack().Layers() {
			if err := setActivity(l.(*layers.EGRU), wanted, runOf(stacks[i]), &reporter{out: io.Discard}); err != nil {
				t.Fatal(err)
			}
		}
		for step := range 3 { // steps move nothing
			for _, l := range m.Stack().Layers() {
				l.Meter().Reset()
			}
			if _, err := tr.work(); err != nil {
				t.Fatal(err)
			}
			for _, l := range m.Stack().Layers() {
				if got := l.Meter().Counts().Activity(); !isReached(got, wanted) {
					t.Errorf("step %d, %s: activity %v, want %v", step, l.Name(), got, wanted)
				}
			}
		}
	}
}

func TestAnActivityOutOfReachLeavesTheNearestAndSaysSo(t *testing.T) {
	c := config{sizes: sizes{T: 1, B: 1, I: 2, H: 3}, seed: 3}
	c.surrogate = surrogate.Triangle{Dampening: defaultDampening, Support: defaultSupport}
	l := must(layers.NewEGRU("rnn", c.egru()))
	d := newLayerData(c)
	c.input(d.x, 1)
	var out strings.Builder
	graphs := must(newLayerGraphs(c, l, d))
	if err := setActivity(l, 0.3, runOf(graphs.forward), &reporter{out: &out}); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out.String(), "no threshold gives activity 30 %, the nearest is 33.3 %") {
		t.Errorf("%q", out.String())
	}
}
