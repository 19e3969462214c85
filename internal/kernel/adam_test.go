package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// stepping is one call of Adam. Each of its arrays lies among canaries, at an
// offset of its own.
type stepping[F Float] struct {
	p, g, m, v Mat[F]
	arrays     [][]F
	step       AdamStep[F]
}

func (s *stepping[F]) rows() []Mat[F] { return []Mat[F]{s.p, s.g, s.m, s.v} }

// run makes the step, and says whether it wrote where it should not.
func (s *stepping[F]) run() error {
	Adam(s.p.Row(0), s.g.Row(0), s.m.Row(0), s.v.Row(0), s.step)
	for i, x := range s.rows() {
		if err := intact(x, s.arrays[i]); err != nil {
			return err
		}
	}
	return nil
}

// newStepping draws n numbers of each kind; special ones may stand anywhere.
func newStepping[F Float](seed uint64, n, offset int, step AdamStep[F], special ...F) *stepping[F] {
	r := rand.New(rand.NewPCG(seed, 1))
	s := &stepping[F]{step: step}
	for i, x := range []*Mat[F]{&s.p, &s.g, &s.m, &s.v} {
		row, array := guarded[F](1, n, 0, (offset+3*i)%8)
		for j := range row.Row(0) {
			y := F(r.NormFloat64())
			if i == 3 {
				y *= y // a second moment
			}
			if len(special) > 0 && r.IntN(4) == 0 {
				y = special[r.IntN(len(special))]
			}
			row.Row(0)[j] = y
		}
		*x, s.arrays = row, append(s.arrays, array)
	}
	return s
}

// adamSteps are coefficients with and without decay of either kind, and without
// a rate.
func adamSteps[F Float]() []AdamStep[F] {
	plain := AdamStep[F]{Beta1: 0.9, Rest1: 0.1, Beta2: 0.999, Rest2: 0.001, Keep: 1, Rate: 0.01, Scale: 3, Epsilon: 1e-8}
	coupled, decoupled, still, halted := plain, plain, plain, plain
	coupled.L2, decoupled.Keep, still.Rate = 0.3, 0.99, 0
	halted.Rate, halted.L2 = F(math.Copysign(0, -1)), 0.3
	return []AdamStep[F]{plain, coupled, decoupled, still, halted}
}

func TestAdamFollowsItsDefinition(t *testing.T) {
	both(t, func(t *testing.T) {
		eachPath(t, func(t *testing.T, _ instructions[float32]) { adamFollows[float32](t) })
	}, adamFollows[float64])
}

func adamFollows[F Float](t *testing.T) {
	for k, c := range adamSteps[F]() {
		for n := range 131 {
			s := newStepping(uint64(n), n, n%8, c)
			before := newStepping(uint64(n), n, n%8, c)
			if err := s.run(); err != nil {
				t.Fatalf("step %d, n=%d: %v", k, n, err)
			}
			for i := range n {
				p, g := float64(before.p.Row(0)[i]), float64(before.g.Row(0)[i])
				m, v := float64(before.m.Row(0)[i]), float64(before.v.Row(0)[i])
				d := g + float64(c.L2)*p
				m = float64(c.Beta1)*m + float64(c.Rest1)*d
				v = float64(c.Beta2)*v + float64(c.Rest2)*d*d
				if c.Rate != 0 {
					p = float64(c.Keep)*p - float64(c.Rate)*m/(math.Sqrt(v)*float64(c.Scale)+float64(c.Epsilon))
				}
				for j, want := range []float64{p, 0, m, v} {
					got := float64(s.rows()[j].Row(0)[i])
					// Sizes are about 1; terms of m and p may cancel.
					if !(math.Abs(got-want) <= 16*roundoff[F]()*(1+math.Abs(want))) {
						t.Fatalf("step %d, n=%d: number %d of %q is %v, want %v", k, n, i, "pgmv"[j], got, want)
					}
				}
			}
		}
	}
}

// Each operation rounds by itself, whatever makes it: all paths give the bits
// of Go.
func TestAdamGivesTheSameBitsOnEveryPath(t *testing.T) {
	paths := paths32()
	generic := paths[len(paths)-1]
	for k, c := range adamSteps[float32]() {
		for n := range 131 {
			for offset := range 8 {
				takePath(t, generic)
				want := newStepping(uint64(n), n, offset, c, telling...)
				if err := want.run(); err != nil {
					t.Fatal(err)
				}
				for _, p := range paths[:len(paths)-1] {
					takePath(t, p)
					got := newStepping(uint64(n), n, offset, c, telling...)
					if err := got.run(); err != nil {
						t.Fatalf("path=%s step %d, n=%d, offset %d: %v", p.name, k, n, offset, err)
					}
					for i, x := range got.rows() {
						if err := sameNumbers(want.rows()[i].Row(0), x.Row(0)); err != nil {
							t.Fatalf("path=%s step %d, n=%d, offset %d, %q: %v", p.name, k, n, offset, "pgmv"[i], err)
						}
					}
				}
			}
		}
	}
}

// sameNumbers compares bits, but for those of NaN.
func sameNumbers[F Float](a, b []F) error {
	for i := range a {
		if bits(a[i]) != bits(b[i]) && (a[i] == a[i] || b[i] == b[i]) {
			return fmt.Errorf("number %d is %v once and %v once", i, a[i], b[i])
		}
	}
	return nil
}

func TestAdamWithoutRateKeepsEveryBitOfTheParameters(t *testing.T) {
	eachPath(t, func(t *testing.T, _ instructions[float32]) {
		for k, c := range adamSteps[float32]() {
			if c.Rate != 0 {
				continue
			}
			s := newStepping(1, 101, 1, c, telling...)
			before := at(s.p, 0)
			if err := s.run(); err != nil {
				t.Fatal(err)
			}
			if err := sameBits(before, s.p); err != nil { // NaN too
				t.Errorf("step %d: %v", k, err)
			}
		}
	})
}

// Without decay the parameter has no part in the moments: Inf, times 0, must not
// make them NaN.
func TestAdamWithoutDecayKeepsInfiniteParametersOutOfTheMoments(t *testing.T) {
	eachPath(t, func(t *testing.T, _ instructions[float32]) {
		const n = 21
		s := newStepping(1, n, 0, adamSteps[float32]()[0])
		for i := range n {
			s.p.Row(0)[i] = float32(math.Inf(1))
		}
		if err := s.run(); err != nil {
			t.Fatal(err)
		}
		for i := range n {
			if p, m, v := s.p.Row(0)[i], s.m.Row(0)[i], s.v.Row(0)[i]; m != m || v != v || !math.IsInf(float64(p), 1) {
				t.Fatalf("number %d: p, m, v = %v, %v, %v", i, p, m, v)
			}
		}
	})
}

func TestAdamKeepsWithinItsSlices(t *testing.T) {
	eachPath(t, func(t *testing.T, _ instructions[float32]) {
		for n := range 131 {
			var first, last [4][]float32
			for i := range first {
				first[i], last[i] = fenced(t, n)
			}
			for _, c := range adamSteps[float32]() {
				Adam(first[0], first[1], first[2], first[3], c)
				Adam(last[0], last[1], last[2], last[3], c)
			}
		}
	})
}

func FuzzAdam(f *testing.F) {
	f.Add(uint64(1), uint8(19), uint8(2), uint32(0), uint32(0x3c23d70a), uint32(0x7fc00000))
	f.Fuzz(func(t *testing.T, seed uint64, n, offset uint8, l2, rate, special uint32) {
		c := adamSteps[float32]()[0]
		c.L2, c.Rate = math.Float32frombits(l2), math.Float32frombits(rate)
		var want *stepping[float32]
		for _, p := range paths32() {
			takePath(t, p)
			s := newStepping(seed, int(n), int(offset), c, math.Float32frombits(special))
			if err := s.run(); err != nil {
				t.Fatalf("path=%s: %v", p.name, err)
			}
			if want == nil {
				want = s
			}
			for i, x := range s.rows() {
				if err := sameNumbers(want.rows()[i].Row(0), x.Row(0)); err != nil {
					t.Fatalf("path=%s, %q: %v", p.name, "pgmv"[i], err)
				}
			}
		}
	})
}

// BenchmarkAdam steps within the L2 cache.
func BenchmarkAdam(b *testing.B) {
	s := newStepping(1, 1<<14, 0, adamSteps[float32]()[0])
	benchPaths(b, func(b *testing.B) {
		for b.Loop() {
			Adam(s.p.Row(0), s.g.Row(0), s.m.Row(0), s.v.Row(0), s.step)
		}
		b.ReportMetric(1e-9*float64(s.p.Cols)*float64(b.N)/b.Elapsed().Seconds(), "Gnumbers/s")
	})
}
