package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// onPath are the functions of single32 on one path.
func onPath(p instructions[float32]) map[string]func(dst, src []float32) {
	return map[string]func(dst, src []float32){"Exp": p.exp, "Sigmoid": p.sigmoid, "Tanh": p.tanh}
}

// telling are numbers of every kind: ends, borders of ranges, denormals, zeros.
var telling = []float32{
	0, float32(math.Copysign(0, -1)), 1, -1, 0x1p-149, -0x1p-149, 0x1p-126, -0x1p-126, 1e-7, -1e-7, 0.0999, 0.1001, 0.3465, 0.3466, -0.3466,
	9, -9, 9.1, -17, 20, -20, 80, -80, 87.3, -87.4, 88.7, 88.72283, 88.7229, -88.8, -100, -103.9, -103.98, -104, -104.9, -105.1, 1e30, -1e30,
	math.MaxFloat32, -math.MaxFloat32, float32(math.Inf(1)), float32(math.Inf(-1)), float32(math.NaN()), -float32(math.NaN()),
}

// accurate says whether got is f(x) but for a relative error, and for the
// spacing of numbers below the normal ones.
func accurate(got, x float32, f func(float64) float64) error {
	want := f(float64(x))
	if want != want && got != got || math.IsInf(want, 0) && float64(got) == want {
		return nil
	}
	if err := math.Abs(float64(got) - want); float32(want) != got && !(err <= 2.5e-7*math.Abs(want)+0x1p-150) {
		return fmt.Errorf("f(%v) = %v, want %v", x, got, want)
	}
	if want == 0 && math.Signbit(want) != math.Signbit(float64(got)) {
		return fmt.Errorf("f(%v) = %v, want %v", x, got, want)
	}
	return nil
}

func TestActivationsTakeAnyLengthAndAlignment(t *testing.T) {
	eachPath(t, func(t *testing.T, p instructions[float32]) {
		r := rand.New(rand.NewPCG(1, 1))
		for _, f := range single32 {
			for _, n := range borders() {
				for offset := range 8 {
					src, _ := guarded[float32](1, n, 0, (offset*3+n)%8)
					dst, array := guarded[float32](1, n, 0, offset)
					for i := range src.Row(0) {
						src.Row(0)[i] = float32(8 * r.NormFloat64())
						if r.IntN(3) == 0 {
							src.Row(0)[i] = telling[r.IntN(len(telling))]
						}
					}
					onPath(p)[f.name](dst.Row(0), src.Row(0))
					for i, got := range dst.Row(0) {
						if err := accurate(got, src.Row(0)[i], f.truth); err != nil {
							t.Fatalf("%s, n=%d, offset %d, number %d: %v", f.name, n, offset, i, err)
						}
					}
					if err := intact(dst, array); err != nil {
						t.Fatalf("%s, n=%d, offset %d: %v", f.name, n, offset, err)
					}
				}
			}
		}
	})
}

// The same number must give the same bits wherever in a slice it stands,
// whatever stands beside it, and in place.
func TestActivationsTreatNumbersAlike(t *testing.T) {
	eachPath(t, func(t *testing.T, p instructions[float32]) {
		for name, f := range onPath(p) {
			for _, x := range telling {
				alone := make([]float32, 1)
				f(alone, []float32{x})
				for n := 1; n < 40; n++ {
					for i := range n {
						s := make([]float32, n)
						for j := range s {
							s[j] = telling[(i+j)%len(telling)]
						}
						s[i] = x
						f(s, s)
						if got := s[i]; bits(got) != bits(alone[0]) && (got == got || alone[0] == alone[0]) {
							t.Fatalf("%s(%v) is %v alone, %v as number %d of %d", name, x, alone[0], got, i, n)
						}
					}
				}
			}
		}
	})
}

func TestActivationsKeepWithinTheirSlices(t *testing.T) {
	eachPath(t, func(t *testing.T, p instructions[float32]) {
		for _, f := range onPath(p) {
			for n := range 131 {
				firstDst, lastDst := fenced(t, n)
				firstSrc, lastSrc := fenced(t, n)
				f(firstDst, firstSrc)
				f(lastDst, lastSrc)
			}
		}
	})
}

func TestActivationsGiveTheSameBitsOnPathsWithVectorCode(t *testing.T) {
	paths := vectorPaths()
	if len(paths) < 2 {
		t.Skip("fewer than two of them run here")
	}
	x, y, z := make([]float32, 1<<12), make([]float32, 1<<12), make([]float32, 1<<12)
	for b := uint64(0); b < 1<<32; {
		for i := range x {
			x[i] = math.Float32frombits(uint32(b))
			b += 1021
		}
		for name, f := range onPath(paths[0]) {
			f(y, x)
			onPath(paths[1])[name](z, x)
			for i := range x {
				if bits(y[i]) != bits(z[i]) && (y[i] == y[i] || z[i] == z[i]) {
					t.Fatalf("%s(%v) is %v and %v", name, x[i], y[i], z[i])
				}
			}
		}
	}
}

func FuzzActivations(f *testing.F) {
	for _, x := range telling {
		f.Add(math.Float32bits(x), uint8(7))
	}
	f.Fuzz(func(t *testing.T, number uint32, n uint8) {
		src, dst := make([]float32, n), make([]float32, n)
		for i := range src {
			src[i] = math.Float32frombits(number + uint32(i))
		}
		for _, p := range paths32() {
			for _, a := range single32 {
				onPath(p)[a.name](dst, src)
				for i, got := range dst {
					if err := accurate(got, src[i], a.truth); err != nil {
						t.Fatalf("path=%s %s: %v", p.name, a.name, err)
					}
				}
			}
		}
	})
}
