package kernel

import (
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"
)

// single32 are the float32 kernels with the same functions of package math,
// which are exact to float32.
var single32 = []struct {
	name  string
	run   func(dst, src []float32)
	truth func(x float64) float64
}{
	{"Exp", Exp[float32], math.Exp},
	{"Sigmoid", Sigmoid[float32], sigmoidOf},
	{"Tanh", Tanh[float32], math.Tanh},
}

func sigmoidOf(x float64) float64 {
	e := math.Exp(-math.Abs(x))
	if x < 0 {
		return e / (1 + e)
	}
	return 1 / (1 + e)
}

// Over every 1021st float32 there is: both infinities, NaNs, denormals.
func TestFloat32ActivationsAreAccurateOverTheWholeRange(t *testing.T) {
	eachPath(t, func(t *testing.T, _ instructions[float32]) { float32ActivationsAreAccurate(t) })
}

func float32ActivationsAreAccurate(t *testing.T) {
	const (
		relative = 2.5e-7
		denormal = 0x1p-150 // half the distance of results below 2^-126
	)
	for _, f := range single32 {
		t.Run(f.name, func(t *testing.T) {
			x, y := make([]float32, 0, 1<<12), make([]float32, 1<<12)
			worst, failures := 0.0, 0
			for b := uint64(0); b < 1<<32; {
				x = x[:0]
				for ; len(x) < cap(x) && b < 1<<32; b += 1021 {
					x = append(x, math.Float32frombits(uint32(b)))
				}
				f.run(y[:len(x)], x)
				for i, v := range x {
					got, want := float64(y[i]), f.truth(float64(v))
					if float32(want) == y[i] || want != want && got != got {
						continue
					}
					err := math.Abs(got - want)
					if math.Abs(want) >= 0x1p-126 {
						worst = max(worst, err/math.Abs(want))
					}
					if !(err <= relative*math.Abs(want)+denormal) && failures < 5 {
						failures++
						t.Errorf("%s(%v) = %v, want %v", f.name, v, got, want)
					}
				}
			}
			t.Logf("worst relative error %.2g", worst)
		})
	}
}

// precise computes e^x to 200 bits.
func precise(x float64) *big.Float {
	const halvings = 40
	r := new(big.Float).SetPrec(300).SetFloat64(x)
	r.SetMantExp(r, -halvings)
	sum, term := big.NewFloat(1).SetPrec(300), big.NewFloat(1).SetPrec(300)
	for n := 1; n < 20; n++ {
		term.Quo(term.Mul(term, r), new(big.Float).SetInt64(int64(n)))
		sum.Add(sum, term)
	}
	for range halvings {
		sum.Mul(sum, sum)
	}
	return sum
}

func TestFloat64ActivationsAreAccurate(t *testing.T) {
	one := big.NewFloat(1).SetPrec(300)
	quo := func(a, b *big.Float) *big.Float { return new(big.Float).SetPrec(300).Quo(a, b) }
	add := func(a, b *big.Float) *big.Float { return new(big.Float).SetPrec(300).Add(a, b) }
	sub := func(a, b *big.Float) *big.Float { return new(big.Float).SetPrec(300).Sub(a, b) }
	xs := []float64{0, 1e-300, -1e-300, 5e-324, 0.1, -0.1, 0.6249, 0.6251, 19, -19, 36, -36, 44, 45, 300, -300,
		708, -708, 709.7, -709.8, -720, -744, 745, -745}
	r := rand.New(rand.NewPCG(1, 1))
	for range 500 {
		xs = append(xs, 8*r.NormFloat64(), 200*r.NormFloat64(), math.Exp(20*r.NormFloat64()-10))
	}
	for _, f := range []struct {
		name  string
		run   func(dst, src []float64)
		truth func(x float64) *big.Float
	}{
		{"Exp", Exp[float64], precise},
		{"Sigmoid", Sigmoid[float64], func(x float64) *big.Float { return quo(one, add(one, precise(-x))) }},
		{"Tanh", Tanh[float64], func(x float64) *big.Float {
			e := precise(2 * x)
			return quo(sub(e, one), add(e, one))
		}},
	} {
		for _, x := range xs {
			if math.Abs(x) > 1000 {
				continue
			}
			if f.name == "Tanh" && math.Abs(x) < 1e-30 { // beyond 300 bits, x itself
				continue
			}
			y := []float64{x}
			f.run(y, y)
			want, _ := f.truth(x).Float64()
			if err := math.Abs(y[0] - want); y[0] != want && !(err <= max(1e-14*math.Abs(want), 5e-324)) {
				t.Errorf("%s(%v) = %v, want %v", f.name, x, y[0], want)
			}
		}
	}
}

func TestActivationsAtTheEnds(t *testing.T) {
	both(t, activationsAtTheEnds[float32], activationsAtTheEnds[float64])
}

func activationsAtTheEnds[F Float](t *testing.T) {
	inf, nan := F(math.Inf(1)), F(math.NaN())
	tiny := F(math.SmallestNonzeroFloat32)
	src := []F{-inf, -1e30, -tiny, 0, tiny, 1e30, inf, nan}
	for _, f := range []struct {
		name string
		run  func(dst, src []F)
		want []F
	}{
		{"Exp", Exp[F], []F{0, 0, 1, 1, 1, inf, inf, nan}},
		{"Sigmoid", Sigmoid[F], []F{0, 0, 0.5, 0.5, 0.5, 1, 1, nan}},
		{"Tanh", Tanh[F], []F{-1, -1, -tiny, 0, tiny, 1, 1, nan}},
	} {
		dst := make([]F, len(src))
		f.run(dst, src)
		for i, want := range f.want {
			if dst[i] != want && (want == want || dst[i] == dst[i]) {
				t.Errorf("%s(%v) = %v, want %v", f.name, src[i], dst[i], want)
			}
		}
	}
}

func TestActivationsMayWorkInPlaceAndWriteNoFurther(t *testing.T) {
	both(t, activationsInPlace[float32], activationsInPlace[float64])
}

func activationsInPlace[F Float](t *testing.T) {
	for _, f := range []func(dst, src []F){Exp[F], Sigmoid[F], Tanh[F]} {
		for n := range 40 {
			src, _ := guarded[F](1, n, 0, n%5)
			fill(rand.New(rand.NewPCG(1, 1)), src, 1)
			dst, array := guarded[F](1, n, 0, 1)
			f(dst.Row(0), src.Row(0))
			f(src.Row(0), src.Row(0))
			if !slices.Equal(dst.Row(0), src.Row(0)) {
				t.Errorf("n=%d: %v in place, %v elsewhere", n, src.Row(0), dst.Row(0))
			}
			if err := intact(dst, array); err != nil {
				t.Errorf("n=%d: %v", n, err)
			}
		}
	}
}

func TestLogSumExpAtTheEnds(t *testing.T) {
	both(t, logSumExpAtTheEnds[float32], logSumExpAtTheEnds[float64])
}

func logSumExpAtTheEnds[F Float](t *testing.T) {
	inf, nan := F(math.Inf(1)), F(math.NaN())
	for _, c := range []struct {
		x    []F
		want F
	}{
		{nil, -inf},
		{[]F{-inf}, -inf},
		{[]F{-inf, -inf, -inf}, -inf},
		{[]F{3}, 3},
		{[]F{-inf, 3}, 3},
		{[]F{1, inf, 2}, inf},
		{[]F{inf, inf}, inf},
		{[]F{inf, -inf}, inf},
		{[]F{nan}, nan},
		{[]F{1, nan, 2}, nan},
		{[]F{inf, nan}, nan},
		{[]F{nan, inf}, nan},
		{[]F{-inf, nan}, nan},
		{[]F{nan, -inf}, nan},
		{[]F{1e30, 1e30}, 1e30},    // e^x overflows, its logarithm does not
		{[]F{-1e30, -2e30}, -1e30}, // and underflows
	} {
		if got := LogSumExp(c.x); got != c.want && (c.want == c.want || got == got) {
			t.Errorf("LogSumExp(%v) = %v, want %v", c.x, got, c.want)
		}
	}
}

func TestLogSumExpIsAccurate(t *testing.T) {
	both(t, logSumExpIsAccurate[float32], logSumExpIsAccurate[float64])
}

func logSumExpIsAccurate[F Float](t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for _, n := range []int{1, 2, 255, 256, 257, 513, 10000} {
		for _, scale := range []float64{0, 1, 20} {
			t.Run(fmt.Sprintf("n=%d/scale=%v", n, scale), func(t *testing.T) {
				x := make([]F, n)
				top := math.Inf(-1)
				for i := range x {
					x[i] = F(5 + scale*r.NormFloat64())
					top = max(top, float64(x[i]))
				}
				var sum float64
				for _, v := range x {
					sum += math.Exp(float64(v) - top)
				}
				want := top + math.Log(sum)
				// Roundings of the terms average out; those of the result do not.
				if got := float64(LogSumExp(x)); math.Abs(got-want) > 8*roundoff[F]()*max(1, math.Abs(want)) {
					t.Errorf("%v, want %v", got, want)
				}
			})
		}
	}
}
