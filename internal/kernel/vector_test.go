package kernel

import (
	"math"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"
)

func TestAxpyAddsAndWritesNoFurther(t *testing.T) {
	both(t, axpyAdds[float32], axpyAdds[float64])
}

func axpyAdds[F Float](t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for n := range 70 {
		for offset := range 8 {
			x, _ := guarded[F](1, n, 0, offset+3)
			y, array := guarded[F](1, n, 0, offset)
			fill(r, x, 1)
			fill(r, y, 1)
			before := at(y, 0)
			alpha := F(r.NormFloat64())
			Axpy(alpha, x.Row(0), array[offset:]) // y may be longer than x
			for i, v := range y.Row(0) {
				// One rounding for the product and one for the sum.
				old, p := float64(before.Row(0)[i]), float64(alpha)*float64(x.Row(0)[i])
				if math.Abs(float64(v)-(old+p)) > 2*roundoff[F]()*(math.Abs(old)+2*math.Abs(p)) {
					t.Fatalf("n=%d offset=%d: y[%d] = %v, want %v", n, offset, i, v, old+p)
				}
			}
			if err := intact(y, array); err != nil {
				t.Fatalf("n=%d offset=%d: %v", n, offset, err)
			}
		}
	}
}

func TestAxpyWithZeroLeavesYAlone(t *testing.T) {
	y := []float32{1, 2}
	Axpy(0, []float32{float32(math.NaN()), float32(math.Inf(1))}, y)
	if y[0] != 1 || y[1] != 2 {
		t.Errorf("y = %v, want [1 2]", y)
	}
}

func TestDotIsTheSumOfProducts(t *testing.T) {
	both(t, dotIsTheSum[float32], dotIsTheSum[float64])
}

func dotIsTheSum[F Float](t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.OneOf(rapid.IntRange(0, 70), rapid.IntRange(1000, 3000)).Draw(t, "n")
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
		x, _ := guarded[F](1, n, 0, 0)
		y, _ := guarded[F](1, n, 0, 0)
		fill(r, x, 1)
		fill(r, y, 1)
		var want, size float64
		for i, v := range x.Row(0) {
			p := float64(v) * float64(y.Row(0)[i])
			want, size = want+p, size+math.Abs(p)
		}
		got := Dot(x.Row(0), y.Row(0))
		if math.Abs(float64(got)-want) > float64(n+1)*roundoff[F]()*size {
			t.Fatalf("dot = %v, want %v", got, want)
		}
		ox, oy := rapid.IntRange(0, 15).Draw(t, "offset of x"), rapid.IntRange(0, 15).Draw(t, "offset of y")
		if moved := Dot(at(x, ox).Row(0), at(y, oy).Row(0)); bits(moved) != bits(got) {
			t.Fatalf("dot = %v at offsets %d and %d, %v at 0", moved, ox, oy, got)
		}
	})
}

func TestDotDoesNotAllocate(t *testing.T) {
	array := make([]float32, 3000)
	for _, y := range [][]float32{array[1:2001], array[0:2000]} {
		Dot(array[3:2003], y)
		if n := testing.AllocsPerRun(50, func() { Dot(array[3:2003], y) }); n >= 1 {
			t.Errorf("%v allocations", n)
		}
	}
}
