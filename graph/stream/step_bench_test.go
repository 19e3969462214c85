package stream

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"gorgonia.org/tensor"

	"github.com/egru/egru/layers"
)

// The papers' model, 750-1350-1350-750 with 10,000 words, whose thresholds are set
// so that an EGRU's activity is about 0.15, and a layer of a dense GRU, 512-1024.
func BenchmarkStep(b *testing.B) {
	for _, model := range []struct {
		cell              string
		threshold, pruned float64
	}{{evnn, 0.65, 0}, {evnn, 0.25, 0.8}, {gru, 0, 0}} {
		c := settings{cell: model.cell, V: 10000, embed: 750, H: 1350, n: 3, tied: true, gain: 5, dtype: tensor.Float32, seed: 1}
		m := c.model()
		for _, p := range m.Params() {
			if strings.HasSuffix(p.Name(), ".threshold") {
				for i := range p.Value().Float32s() {
					p.Value().Float32s()[i] = float32(model.threshold)
				}
			}
		}
		prune(m.Params(), model.pruned)
		for _, precision := range []Precision{Float32, Int8} {
			config := DefaultConfig()
			config.Precision = precision
			benchmark(b, fmt.Sprintf("lm/%s/%v/pruned=%v", model.cell, precision, model.pruned), must(New(Of(m), config)))
		}
	}
	for _, pruned := range []float64{0, 0.8} {
		l := must(layers.NewGRU("rnn", layers.DefaultGRU(512, 1024)))
		prune(l.Params(), pruned)
		for _, precision := range []Precision{Float32, Int8} {
			config := DefaultConfig()
			config.Precision = precision
			benchmark(b, fmt.Sprintf("layer/%s/%v/pruned=%v", gru, precision, pruned), must(New(Model{Layers: []layers.Recurrent{l}}, config)))
		}
	}
}

func benchmark(b *testing.B, name string, e *Engine) {
	b.Run(name, func(b *testing.B) {
		s := e.NewStream()
		x := make([]float32, e.Inputs())
		for i := range x {
			x[i] = float32(math.Sin(float64(i)))
		}
		step := func(i int) {
			if e.Vocabulary() > 0 {
				must(s.Step(i * 7919 % e.Vocabulary()))
			} else {
				x[i%len(x)] *= -1
				must(s.StepVector(x))
			}
		}
		for i := range 20 {
			step(i)
		}
		before := s.Counters()
		b.ReportAllocs()
		b.ResetTimer()
		for i := range b.N {
			step(i)
		}
		b.StopTimer()
		n := s.Counters()
		n.WeightBytes, n.MACs, n.Units, n.Events = n.WeightBytes-before.WeightBytes, n.MACs-before.MACs, n.Units-before.Units, n.Events-before.Events
		b.SetBytes(n.WeightBytes / int64(b.N))
		b.ReportMetric(n.Activity(), "activity")
		b.ReportMetric(float64(n.MACs)/float64(b.N), "MACs/step")
	})
}
