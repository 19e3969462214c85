package kernel

import (
	"math"
	"math/rand/v2"
	"testing"
)

func TestTopIsTheLargestNumber(t *testing.T) {
	eachPath(t, func(t *testing.T, p instructions[float32]) {
		inf, nan := float32(math.Inf(1)), float32(math.NaN())
		if got := p.top(nil); got != -inf {
			t.Errorf("the top of nothing is %v, want -Inf", got)
		}
		for n := 1; n < 131; n++ {
			for i := range n {
				x, array := guarded[float32](1, n, 0, n%9) // canaries are larger
				for j := range x.Row(0) {
					x.Row(0)[j] = -3 - float32(j%5)
				}
				x.Row(0)[i] = -2
				if got := p.top(x.Row(0)); got != -2 {
					t.Fatalf("n=%d: top = %v, want -2 from number %d", n, got, i)
				}
				x.Row(0)[(i+1)%n] = nan
				want := float32(-2)
				if n == 1 {
					want = -inf
				}
				if got := p.top(x.Row(0)); got != want {
					t.Fatalf("n=%d: top = %v, want %v from number %d beside NaN", n, got, want, i)
				}
				x.Row(0)[i] = inf
				if got := p.top(x.Row(0)); got != inf {
					t.Fatalf("n=%d: top = %v, want +Inf from number %d", n, got, i)
				}
				if err := intact(x, array); err != nil {
					t.Fatal(err)
				}
			}
		}
	})
}

func TestExpSumIsTheSumOfExponentials(t *testing.T) {
	eachPath(t, func(t *testing.T, p instructions[float32]) {
		r := rand.New(rand.NewPCG(1, 1))
		if got := p.expSum(nil, 1); got != 0 {
			t.Errorf("the sum of nothing is %v", got)
		}
		for _, n := range append(borders(), 10000) {
			for offset := range 8 {
				x, _ := guarded[float32](1, n, 0, offset) // canaries would make it +Inf
				for i := range x.Row(0) {
					x.Row(0)[i] = 2 - 30*r.Float32()
				}
				want := 0.0
				for _, v := range x.Row(0) {
					want += math.Exp(float64(v - 2))
				}
				if got := p.expSum(x.Row(0), 2); !(math.Abs(got-want) <= 3e-7*want) {
					t.Fatalf("n=%d offset=%d: %v, want %v", n, offset, got, want)
				}
			}
		}
	})
}

func TestExpSumSpreadsNaNFromEverywhere(t *testing.T) {
	eachPath(t, func(t *testing.T, p instructions[float32]) {
		for n := 1; n < 70; n++ {
			for i := range n {
				x := make([]float32, n)
				x[i] = float32(math.NaN())
				if got := p.expSum(x, 0); got == got {
					t.Fatalf("n=%d: %v with NaN as number %d", n, got, i)
				}
				x[i] = float32(math.Inf(-1))
				if got := p.expSum(x, 0); got != float64(n-1) {
					t.Fatalf("n=%d: %v with -Inf as number %d, want %d", n, got, i, n-1)
				}
			}
		}
	})
}

func TestTopAndExpSumKeepWithinTheirSlices(t *testing.T) {
	eachPath(t, func(t *testing.T, p instructions[float32]) {
		for n := range 131 {
			first, last := fenced(t, n)
			p.top(first)
			p.top(last)
			p.expSum(first, 0)
			p.expSum(last, 0)
		}
	})
}

func TestLogSumExpOnEveryPath(t *testing.T) {
	eachPath(t, func(t *testing.T, _ instructions[float32]) {
		logSumExpAtTheEnds[float32](t)
		logSumExpIsAccurate[float32](t)
	})
}

func TestExpSumGivesTheSameBitsOnPathsWithVectorCode(t *testing.T) {
	paths := vectorPaths()
	if len(paths) < 2 {
		t.Skip("fewer than two of them run here")
	}
	r := rand.New(rand.NewPCG(2, 1))
	for _, n := range borders() {
		x := make([]float32, n)
		for i := range x {
			x[i] = float32(5 * r.NormFloat64())
		}
		if a, b := paths[0].expSum(x, 9), paths[1].expSum(x, 9); bits(a) != bits(b) {
			t.Fatalf("n=%d: %v and %v", n, a, b)
		}
	}
}
