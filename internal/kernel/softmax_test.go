package kernel

import (
	"math"
	"math/rand/v2"
	"testing"
)

func TestSoftmaxIsThatOfItsDefinition(t *testing.T) {
	both(t, func(t *testing.T) {
		eachPath(t, func(t *testing.T, _ instructions[float32]) { softmaxIsDefined[float32](t, 4e-7) })
	},
		func(t *testing.T) { softmaxIsDefined[float64](t, 1e-15) })
}

func softmaxIsDefined[F Float](t *testing.T, tolerance float64) {
	r := rand.New(rand.NewPCG(1, 1))
	for n := range 131 {
		for offset := range 8 {
			src, _ := guarded[F](1, n, 0, (offset*3+n)%8)
			dst, array := guarded[F](1, n, 0, offset)
			fill(r, src, 1)
			lse, factor := LogSumExp(src.Row(0)), F(r.NormFloat64())
			Softmax(dst.Row(0), src.Row(0), lse, factor)
			if err := intact(dst, array); err != nil {
				t.Fatalf("n=%d offset=%d: %v", n, offset, err)
			}
			for i, got := range dst.Row(0) {
				want := float64(factor) * math.Exp(float64(src.Row(0)[i]-lse))
				if !(math.Abs(float64(got)-want) <= tolerance*math.Abs(want)) {
					t.Fatalf("n=%d offset=%d: number %d is %v, want %v", n, offset, i, got, want)
				}
			}
			Softmax(src.Row(0), src.Row(0), lse, factor)
			if err := sameBits(dst, src); err != nil {
				t.Fatalf("n=%d offset=%d, in place: %v", n, offset, err)
			}
		}
	}
}

// It is Exp between a subtraction and a product, to the bit.
func TestSoftmaxIsExpOfTheDifference(t *testing.T) {
	eachPath(t, func(t *testing.T, _ instructions[float32]) {
		inf := float32(math.Inf(1))
		for _, lse := range []float32{0, 3, -80, inf, -inf, float32(math.NaN())} {
			for _, factor := range []float32{1, -0.25, 0, inf} {
				got, want := make([]float32, len(telling)), make([]float32, len(telling))
				for i, x := range telling {
					want[i] = x - lse
				}
				Exp(want, want)
				for i := range want {
					want[i] *= factor
				}
				Softmax(got, telling, lse, factor)
				if err := sameNumbers(want, got); err != nil {
					t.Fatalf("lse %v, factor %v: %v", lse, factor, err)
				}
			}
		}
	})
}

func TestSoftmaxGivesTheSameBitsOnPathsWithVectorCode(t *testing.T) {
	paths := vectorPaths()
	if len(paths) < 2 {
		t.Skip("fewer than two of them run here")
	}
	r := rand.New(rand.NewPCG(2, 1))
	for n := range 131 {
		x, a, b := make([]float32, n), make([]float32, n), make([]float32, n)
		for i := range x {
			x[i] = float32(30 * r.NormFloat64())
		}
		paths[0].softmax(a, x, 9, 0.3)
		paths[1].softmax(b, x, 9, 0.3)
		if err := sameNumbers(a, b); err != nil {
			t.Fatalf("n=%d: %v", n, err)
		}
	}
}

func TestSoftmaxKeepsWithinItsSlices(t *testing.T) {
	eachPath(t, func(t *testing.T, _ instructions[float32]) {
		for n := range 131 {
			firstDst, lastDst := fenced(t, n)
			firstSrc, lastSrc := fenced(t, n)
			Softmax(firstDst, firstSrc, 1, 2)
			Softmax(lastDst, lastSrc, 1, 2)
		}
	})
}

// Beside the one pass stand the three it takes the place of.
func BenchmarkSoftmax(b *testing.B) {
	x := sparse[float32](rand.New(rand.NewPCG(1, 2)), 1, 10000, 1).Data
	dst := make([]float32, len(x))
	bench := func(b *testing.B, f func()) {
		for b.Loop() {
			f()
		}
		b.ReportMetric(1e-9*float64(len(x))*float64(b.N)/b.Elapsed().Seconds(), "Gnumbers/s")
	}
	benchPaths(b, func(b *testing.B) {
		b.Run("passes=1", func(b *testing.B) { bench(b, func() { Softmax(dst, x, 9, 0.5) }) })
		b.Run("passes=3", func(b *testing.B) {
			bench(b, func() {
				for j, v := range x {
					dst[j] = v - 9
				}
				Exp(dst, dst)
				for j := range dst {
					dst[j] *= 0.5
				}
			})
		})
	})
}
