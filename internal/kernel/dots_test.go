package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"
)

// sampling is one call of dots.
type sampling struct {
	dst    Mat[float32] // (1, _)
	d      []float32    // (n), aligned
	rows   Mat[float32] // (_, n)
	at     []int32      // all different
	array  []float32    // that dst lies in
	before []float32    // what dst holds
}

func newSampling(seed uint64, n, rows, places, gap, offset int) sampling {
	r := rand.New(rand.NewPCG(seed, 3))
	s := sampling{d: aligned[float32](n)[:n]}
	s.dst, s.array = guarded[float32](1, rows, 0, offset)
	s.rows, _ = guarded[float32](rows, n, gap, offset+3) // canaries would show in dst
	fill(r, s.dst, 1)
	fill(r, s.rows, 1)
	fill(r, NewMat(s.d, 1, n), 1)
	for _, k := range r.Perm(rows) {
		s.at = append(s.at, int32(k))
	}
	s.at = s.at[:places] // behind it stand places that are not in the list
	s.before = append(s.before, s.dst.Row(0)...)
	return s
}

// check runs dots and compares it with its definition in float64.
func (s sampling) check(p instructions[float32]) error {
	p.dots(s.dst.Row(0), s.d, s.rows.Data, s.rows.Stride, s.at, nil)
	if err := intact(s.dst, s.array); err != nil {
		return err
	}
	live := map[int]bool{}
	for _, k := range s.at {
		live[int(k)] = true
	}
	for k, got := range s.dst.Row(0) {
		if !live[k] {
			if bits(got) != bits(s.before[k]) {
				return fmt.Errorf("dst[%d] is not in the list, but was changed from %v to %v", k, s.before[k], got)
			}
			continue
		}
		want := float64(s.before[k])
		size := math.Abs(want)
		for j, x := range s.rows.Row(k) {
			x := float64(x) * float64(s.d[j])
			want, size = want+x, size+math.Abs(x)
		}
		if err := math.Abs(float64(got) - want); !(err <= float64(len(s.d)+2)*roundoff[float32]()*size) {
			return fmt.Errorf("dst[%d] = %v, want %v", k, got, want)
		}
	}
	return nil
}

func TestDotsFollowTheirDefinition(t *testing.T) {
	eachPath(t, func(t *testing.T, p instructions[float32]) {
		for _, n := range borders() {
			for offset := range 8 {
				places := (n + offset) % 14
				if err := newSampling(uint64(n), n, 14, places, offset%3, offset).check(p); err != nil {
					t.Fatalf("n=%d offset=%d places=%d: %v", n, offset, places, err)
				}
			}
		}
	})
}

func TestDotsTakeAnyList(t *testing.T) {
	eachPath(t, func(t *testing.T, p instructions[float32]) {
		rapid.Check(t, func(t *rapid.T) {
			n, rows := rapid.IntRange(0, 5000).Draw(t, "n"), rapid.IntRange(1, 40).Draw(t, "rows")
			places := rapid.IntRange(0, rows).Draw(t, "places")
			gap, offset := rapid.IntRange(0, 20).Draw(t, "gap"), rapid.IntRange(0, 15).Draw(t, "offset")
			if err := newSampling(rapid.Uint64().Draw(t, "seed"), n, rows, places, gap, offset).check(p); err != nil {
				t.Fatal(err)
			}
		})
	})
}

func TestDotsKeepWithinTheirSlices(t *testing.T) {
	eachPath(t, func(t *testing.T, p instructions[float32]) {
		for _, n := range borders() {
			firstDst, lastDst := fenced(t, 6)
			firstRows, lastRows := fenced(t, 6*n)
			firstD, lastD := fenced(t, n)
			list := []int32{5, 0, 1, 2, 3, 4}
			p.dots(firstDst, firstD, firstRows, n, list, nil)
			if p.name != "generic" { // which needs d aligned
				p.dots(lastDst, lastD, lastRows, n, list, nil)
			}
		}
	})
}

// A product's bits must depend neither on the list it is made with nor on where
// the rows lie.
func TestDotsTreatRowsAlike(t *testing.T) {
	eachPath(t, func(t *testing.T, p instructions[float32]) {
		for _, n := range []int{1, 31, 32, 33, 100, 777} {
			s := newSampling(1, n, 11, 11, 0, 0)
			p.dots(s.dst.Row(0), s.d, s.rows.Data, s.rows.Stride, s.at, nil)
			for offset := range 16 {
				moved := at(s.rows, offset)
				for places := 1; places <= 11; places++ {
					dst := append([]float32(nil), s.before...)
					for first := 0; first < 11; first += places {
						p.dots(dst, s.d, moved.Data, moved.Stride, s.at[first:min(first+places, 11)], nil)
					}
					if err := sameBits(NewMat(dst, 1, 11), s.dst); err != nil {
						t.Fatalf("n=%d, %d at a time, offset %d: %v", n, places, offset, err)
					}
				}
			}
		}
	})
}

func TestDotsSpreadNaNAndInf(t *testing.T) {
	inf, nan := float32(math.Inf(1)), float32(math.NaN())
	eachPath(t, func(t *testing.T, p instructions[float32]) {
		for _, n := range []int{1, 15, 16, 17, 32, 70} {
			for j := range n {
				d := aligned[float32](n)[:n]
				for i := range d {
					d[i] = 1
				}
				rows := make([]float32, 6*n)
				rows[j], rows[n+j], rows[5*n+j] = inf, nan, -inf
				dst := make([]float32, 6)
				p.dots(dst, d, rows, n, []int32{0, 1, 2, 3, 4, 5}, nil)
				if dst[0] != inf || dst[1] == dst[1] || dst[2] != 0 || dst[3] != 0 || dst[4] != 0 || dst[5] != -inf {
					t.Fatalf("n=%d j=%d: %v, want [+Inf NaN 0 0 0 -Inf]", n, j, dst)
				}
			}
		}
	})
}

func FuzzDots(f *testing.F) {
	f.Add(uint64(1), uint16(770), uint8(9), uint8(7), uint8(3), uint8(5))
	f.Add(uint64(2), uint16(0), uint8(1), uint8(0), uint8(0), uint8(0))
	f.Add(uint64(3), uint16(33), uint8(5), uint8(4), uint8(1), uint8(15))
	f.Fuzz(func(t *testing.T, seed uint64, n uint16, rows, places, gap, offset uint8) {
		for _, p := range paths32() {
			s := newSampling(seed, int(n)%3000, int(rows)+1, int(places)%(int(rows)+2), int(gap), int(offset)%32)
			if err := s.check(p); err != nil {
				t.Fatalf("path=%s: %v", p.name, err)
			}
		}
	})
}
