package main

import (
	"slices"
	"testing"

	"github.com/egru/egru/graph/stream"
	"github.com/egru/egru/ops/surrogate"
)

func newTestModels(t *testing.T, vectors bool) (config, []step, [2]*streamModel) {
	t.Helper()
	c := config{sizes: sizes{T: 40, I: 12, H: 64, V: 50, layers: 2}, seed: 5, density: 0.25, streams: 1, vectors: vectors}
	c.surrogate = surrogate.Triangle{Dampening: defaultDampening, Support: defaultSupport}
	inputs := c.steps()
	return c, inputs, must(c.newStreamModels(true, inputs))
}

// What the graphs that thresholds are set by count is what streams do.
func TestCalibrationReachesTheActivityOfStreams(t *testing.T) {
	for _, vectors := range []bool{false, true} {
		c, inputs, models := newTestModels(t, vectors)
		for _, wanted := range []float64{1, 0.3, 0.1} {
			for i, m := range models {
				if err := m.setActivity(t.Context(), wanted, &reporter{out: t.Output()}); err != nil {
					t.Fatal(err)
				}
				r := newReaders(c, must(m.engine(variants[i])), inputs)
				if err := r.run(); err != nil {
					t.Fatal(err)
				}
				if got := r.streams[0].Counters().Activity(); !isReached(got, wanted) {
					t.Errorf("vectors %v, density %v: activity %v, want %v", vectors, m.density, got, wanted)
				}
			}
		}
	}
}

// Both sparsities multiply.
func TestWorkFallsByActivityTimesDensity(t *testing.T) {
	c, inputs, models := newTestModels(t, true)
	macs := func(m *streamModel, v variant) float64 {
		if err := m.setActivity(t.Context(), 0.2, &reporter{out: t.Output()}); err != nil {
			t.Fatal(err)
		}
		r := newReaders(c, must(m.engine(v)), inputs)
		if err := r.run(); err != nil {
			t.Fatal(err)
		}
		n := r.streams[0].Counters()
		return float64(n.MACs)
	}
	for _, precision := range []stream.Precision{stream.Float32, stream.Int8} {
		all := macs(models[0], variant{precision: precision})
		pruned := macs(models[1], variant{pruned: true, precision: precision})
		if share := pruned / all; share < 0.2 || share > 0.3 {
			t.Errorf("%v: a quarter of the weights does %v of the work", precision, share)
		}
	}
}

func TestPruningKeepsTheLargest(t *testing.T) {
	x := []float32{3, -1, 0.5, -4, 1, 2, -2}
	keepLargest(x, 0.5)
	if want := []float32{3, 0, 0, -4, 0, 2, -2}; !slices.Equal(x, want) {
		t.Errorf("kept %v, want %v", x, want)
	}
}
