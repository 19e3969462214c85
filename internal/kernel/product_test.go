package kernel

import (
	"math/rand/v2"
	"testing"
)

// Over numbers of every kind, at every length and alignment, to the bit.
func TestAddProductAddsProducts(t *testing.T) {
	eachPath(t, func(t *testing.T, _ instructions[float32]) {
		r := rand.New(rand.NewPCG(1, 1))
		for n := range 131 {
			for offset := range 8 {
				dst, array := guarded[float32](1, n, 0, offset)
				a, _ := guarded[float32](1, n, 0, (offset*3+n)%8)
				b, _ := guarded[float32](1, n, 0, (offset*5+n)%8)
				want := make([]float32, n)
				for i := range n {
					for _, x := range []Mat[float32]{dst, a, b} {
						x.Row(0)[i] = float32(r.NormFloat64())
						if r.IntN(4) == 0 {
							x.Row(0)[i] = telling[r.IntN(len(telling))]
						}
					}
					want[i] = dst.Row(0)[i] + float32(a.Row(0)[i]*b.Row(0)[i]) // not fused
				}
				AddProduct(dst.Row(0), a.Row(0), b.Row(0))
				if err := sameNumbers(want, dst.Row(0)); err != nil {
					t.Fatalf("n=%d offset=%d: %v", n, offset, err)
				}
				if err := intact(dst, array); err != nil {
					t.Fatalf("n=%d offset=%d: %v", n, offset, err)
				}
			}
		}
	})
}

func TestAddProductKeepsWithinItsSlices(t *testing.T) {
	eachPath(t, func(t *testing.T, _ instructions[float32]) {
		for n := range 131 {
			firstDst, lastDst := fenced(t, n)
			firstA, lastA := fenced(t, n)
			firstB, lastB := fenced(t, n)
			AddProduct(firstDst, firstA, firstB)
			AddProduct(lastDst, lastA, lastB)
		}
	})
}

// BenchmarkAddProduct works within the first cache.
func BenchmarkAddProduct(b *testing.B) {
	const n = 1 << 10
	r := rand.New(rand.NewPCG(1, 2))
	dst, x, y := sparse[float32](r, 1, n, 1).Data, sparse[float32](r, 1, n, 1).Data, sparse[float32](r, 1, n, 1).Data
	benchPaths(b, func(b *testing.B) {
		for b.Loop() {
			AddProduct(dst, x, y)
		}
		b.ReportMetric(1e-9*float64(n)*float64(b.N)/b.Elapsed().Seconds(), "Gnumbers/s")
	})
}
