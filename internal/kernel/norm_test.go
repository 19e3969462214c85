package kernel

import (
	"math"
	"math/rand/v2"
	"testing"
)

func TestSquareSumIsTheSumOfSquares(t *testing.T) {
	both(t, func(t *testing.T) {
		eachPath(t, func(t *testing.T, _ instructions[float32]) { squareSumIsTheSum[float32](t) })
	}, squareSumIsTheSum[float64])
}

func squareSumIsTheSum[F Float](t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for _, n := range append(borders(), 10000) {
		for offset := range 8 {
			x, _ := guarded[F](1, n, 0, offset) // canaries would show
			fill(r, x, 1)
			want := 0.0
			for _, v := range x.Row(0) {
				want += float64(v) * float64(v)
			}
			if got := SquareSum(x.Row(0)); !(math.Abs(got-want) <= float64(n)*0x1p-53*want) {
				t.Fatalf("n=%d offset=%d: %v, want %v", n, offset, got, want)
			}
		}
	}
}

// Every number counts once, those whose squares leave the range of float32 too,
// and what is not finite shows.
func TestSquareSumTakesEveryNumber(t *testing.T) {
	eachPath(t, func(t *testing.T, _ instructions[float32]) {
		for n := 1; n < 131; n++ {
			for i := range n {
				x := make([]float32, n)
				for _, v := range []float32{3, -0x1p-149, math.MaxFloat32, float32(math.Inf(-1))} {
					x[i] = v
					if got, want := SquareSum(x), float64(v)*float64(v); got != want {
						t.Fatalf("n=%d, %v as number %d: %v, want %v", n, v, i, got, want)
					}
				}
				x[i] = float32(math.NaN())
				if got := SquareSum(x); got == got {
					t.Fatalf("n=%d, NaN as number %d: %v", n, i, got)
				}
			}
		}
	})
}

func TestSquareSumGivesTheSameBitsOnPathsWithVectorCode(t *testing.T) {
	paths := vectorPaths()
	if len(paths) < 2 {
		t.Skip("fewer than two of them run here")
	}
	r := rand.New(rand.NewPCG(2, 1))
	for n := range 300 {
		x := fill(r, NewMat(make([]float32, n), 1, n), 1).Data
		if a, b := paths[0].squareSum(x), paths[1].squareSum(x); bits(a) != bits(b) {
			t.Fatalf("n=%d: %v and %v", n, a, b)
		}
	}
}

func TestScaleMultipliesAndWritesNoFurther(t *testing.T) {
	eachPath(t, func(t *testing.T, _ instructions[float32]) {
		for n := range 131 {
			for offset := range 8 {
				src, _ := guarded[float32](1, n, 0, (offset*3+n)%8)
				dst, array := guarded[float32](1, n, 0, offset)
				for i := range src.Row(0) {
					src.Row(0)[i] = telling[(i+n)%len(telling)]
				}
				Scale(dst.Row(0), src.Row(0), 0.3)
				if err := intact(dst, array); err != nil {
					t.Fatalf("n=%d offset=%d: %v", n, offset, err)
				}
				want := make([]float32, n)
				for i, x := range src.Row(0) {
					want[i] = 0.3 * x
				}
				if err := sameNumbers(want, dst.Row(0)); err != nil {
					t.Fatalf("n=%d offset=%d: %v", n, offset, err)
				}
				Scale(src.Row(0), src.Row(0), 0.3)
				if err := sameNumbers(want, src.Row(0)); err != nil {
					t.Fatalf("n=%d offset=%d, in place: %v", n, offset, err)
				}
			}
		}
	})
}

func TestSquareSumAndScaleKeepWithinTheirSlices(t *testing.T) {
	eachPath(t, func(t *testing.T, _ instructions[float32]) {
		for n := range 131 {
			first, last := fenced(t, n)
			for _, x := range [][]float32{first, last} {
				SquareSum(x)
				Scale(x, x, 2)
			}
		}
	})
}

// BenchmarkNorm works within the L2 cache.
func BenchmarkNorm(b *testing.B) {
	x := sparse[float32](rand.New(rand.NewPCG(1, 2)), 1, 1<<14, 1).Data
	for name, f := range map[string]func(){
		"SquareSum": func() { SquareSum(x) },
		"Scale":     func() { Scale(x, x, 1) },
	} {
		b.Run(name, func(b *testing.B) {
			benchPaths(b, func(b *testing.B) {
				for b.Loop() {
					f()
				}
				b.ReportMetric(1e-9*float64(len(x))*float64(b.N)/b.Elapsed().Seconds(), "Gnumbers/s")
			})
		})
	}
}
