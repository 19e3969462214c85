package ops

import (
	"fmt"
	"math/rand/v2"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// BenchmarkEmbeddingGradient adds the gradients of words drawn by Zipf's law, as
// those of a text come, to one that is there, and as the op does to one that it
// makes.
func BenchmarkEmbeddingGradient(b *testing.B) {
	const V = 10000
	for _, s := range []struct{ words, E int }{{4480, 750}, {700, 256}} {
		zipf := rand.NewZipf(rand.New(rand.NewPCG(1, 2)), 1.1, 1, V-1)
		w, ids := tensor.Shape{V, s.E}, make([]int, s.words)
		for i := range ids {
			ids[i] = int(zipf.Uint64())
		}
		in := []array[float32]{{shape: w, floats: make([]float32, V*s.E)}, {shape: tensor.Shape{s.words}, index: ids}}
		dx, dw := make([]float32, s.words*s.E), make([]float32, V*s.E)
		report := func(b *testing.B, run func() error) {
			for b.Loop() {
				if err := run(); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(1e-9*float64(len(dx))*float64(b.N)/b.Elapsed().Seconds(), "Gnumbers/s")
		}
		name := fmt.Sprintf("words=%d/E=%d", s.words, s.E)
		b.Run(name+"/added", func(b *testing.B) {
			report(b, func() error { return embedding[float32]{}.backward(in, nil, dx, [][]float32{dw, nil}) })
		})
		out := tensor.Shape{s.words, s.E}
		op := backwardOp[float32]{forwardOp[float32]{embedding[float32]{}, []tensor.Shape{w, {s.words}}, out}}
		grad := valueOf(out, dx)
		values := []G.Value{valueOf(w, in[0].floats), tensor.New(tensor.WithShape(s.words), tensor.WithBacking(ids)), grad, grad}
		b.Run(name+"/made", func(b *testing.B) {
			report(b, func() error { _, err := op.Do(values...); return err })
		})
	}
}
