package kernel

import (
	"math"
	"math/rand/v2"
	"testing"
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
