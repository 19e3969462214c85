package random

import (
	"math"
	"testing"
)

func TestNormalNumbersAreNormal(t *testing.T) {
	const n = 1 << 16
	s := NewStream(5, 0, "normal")
	var sums [4]float64
	below := 0.0 // the first quartile, which a wrong shape of the same moments would move
	for i := range uint64(n) {
		w0, w1, _, _ := s.Bits(i)
		x := Normal(w0, w1)
		for k := range sums {
			sums[k] += math.Pow(x, float64(k+1))
		}
		if x < -0.6744897501960817 {
			below++
		}
	}
	for k, want := range []struct{ mean, variance float64 }{{0, 1}, {1, 2}, {0, 15}, {3, 96}} {
		if dev := math.Abs(sums[k]/n-want.mean) / math.Sqrt(want.variance/n); dev > sigmas {
			t.Errorf("moment %d is %v, want %v: %.1f standard deviations off", k+1, sums[k]/n, want.mean, dev)
		}
	}
	if dev := math.Abs(below/n-0.25) / math.Sqrt(0.1875/n); dev > sigmas {
		t.Errorf("a share of %v is in the first quartile: %.1f standard deviations off", below/n, dev)
	}
}

func TestNormalNumbersAreBounded(t *testing.T) {
	const last = math.MaxUint32
	if x := Normal(0, 0); !(x > 6.6 && x < MaxNormal) {
		t.Errorf("the largest is %v, want a little below %v", x, MaxNormal)
	}
	if x := Normal(0, 1<<31); !(x < -6.6 && x > -MaxNormal) {
		t.Errorf("the smallest is %v, want a little above %v", x, -MaxNormal)
	}
	for _, w := range []uint32{0, 1, 1 << 31, last} {
		if x := Normal(last, w); x != 0 {
			t.Errorf("Normal(%d, %d) = %v, want 0", uint32(last), w, x)
		}
	}
}
