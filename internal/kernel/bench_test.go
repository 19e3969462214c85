package kernel

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// sparse is a matrix with numbers that are not zero in a fraction of places.
func sparse[F Float](r *rand.Rand, rows, cols int, activity float64) Mat[F] {
	return fill(r, NewMat(make([]F, rows*cols), rows, cols), activity)
}

// benchPaths runs a benchmark once on each path, one after the other so that
// they compare on a machine that does other work too.
func benchPaths(b *testing.B, f func(b *testing.B)) {
	for _, p := range paths32() {
		b.Run("path="+p.name, func(b *testing.B) {
			takePath(b, p)
			f(b)
		})
	}
}

type benchSize struct{ m, k, n int }

var benchSizes = []benchSize{{20, 256, 768}, {64, 1350, 4050}, {700, 256, 768}, {140, 256, 10000}}

func benchProduct(b *testing.B, f func(r *rand.Rand, s benchSize, activity float64) func() int64) {
	for _, s := range benchSizes {
		for _, activity := range []float64{1, 0.5, 0.3, 0.1, 0.02} {
			b.Run(fmt.Sprintf("M=%d/K=%d/N=%d/activity=%v", s.m, s.k, s.n, activity), func(b *testing.B) {
				run := f(rand.New(rand.NewPCG(1, 2)), s, activity)
				benchPaths(b, func(b *testing.B) {
					macs := run()
					for b.Loop() {
						run()
					}
					b.ReportMetric(2e-9*float64(macs)*float64(b.N)/b.Elapsed().Seconds(), "GFLOP/s")
					b.ReportMetric(activity, "activity")
				})
			})
		}
	}
}

func BenchmarkGated(b *testing.B) {
	benchProduct(b, func(r *rand.Rand, s benchSize, activity float64) func() int64 {
		y, w, out := sparse[float32](r, s.m, s.k, activity), NewWeights(sparse[float32](r, s.k, s.n, 1)), sparse[float32](r, s.m, s.n, 1)
		return func() int64 { return Gated(out, y, w) }
	})
}

func BenchmarkGatedT(b *testing.B) {
	benchProduct(b, func(r *rand.Rand, s benchSize, activity float64) func() int64 {
		y, d, out := sparse[float32](r, s.m, s.k, activity), sparse[float32](r, s.m, s.n, 1), sparse[float32](r, s.k, s.n, 1)
		return func() int64 { return GatedT(out, y, d) }
	})
}

func BenchmarkSampled(b *testing.B) {
	benchProduct(b, func(r *rand.Rand, s benchSize, activity float64) func() int64 {
		d, w, out := sparse[float32](r, s.m, s.n, 1), NewWeights(sparse[float32](r, s.k, s.n, 1)), sparse[float32](r, s.m, s.k, 1)
		live := make([]bool, s.m*s.k)
		for i := range live {
			live[i] = r.Float64() < activity
		}
		return func() int64 { return Sampled(out, live, d, w) }
	})
}

// What package math takes, one number at a time, stands beside each.
func BenchmarkActivations(b *testing.B) {
	x := sparse[float32](rand.New(rand.NewPCG(1, 2)), 1, 10000, 1).Data
	dst := make([]float32, len(x))
	bench := func(b *testing.B, f func(dst, src []float32)) {
		for b.Loop() {
			f(dst, x)
		}
		b.ReportMetric(1e-9*float64(len(x))*float64(b.N)/b.Elapsed().Seconds(), "Gnumbers/s")
	}
	for _, f := range single32 {
		b.Run(f.name, func(b *testing.B) {
			benchPaths(b, func(b *testing.B) { bench(b, f.run) })
			b.Run("path=math", func(b *testing.B) {
				bench(b, func(dst, src []float32) {
					for i, v := range src {
						dst[i] = float32(f.truth(float64(v)))
					}
				})
			})
		})
	}
	b.Run("LogSumExp", func(b *testing.B) {
		benchPaths(b, func(b *testing.B) {
			bench(b, func(dst, src []float32) { dst[0] = LogSumExp(src) })
		})
	})
}
