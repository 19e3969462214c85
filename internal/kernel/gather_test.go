package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"
)

// gathering is one call of gather.
type gathering struct {
	dst    Mat[float32] // (1, n)
	rows   Mat[float32] // (_, n)
	at     []int32
	v      []float32
	array  []float32 // that dst lies in
	before []float32 // what dst holds
}

func newGathering(seed uint64, n, rows, events, gap, offset int) gathering {
	r := rand.New(rand.NewPCG(seed, 2))
	// Behind the list stand events that are not in it.
	g := gathering{at: make([]int32, events, events+4), v: make([]float32, events, events+4)}
	for i := range cap(g.v) {
		g.v[:cap(g.v)][i] = canary
	}
	g.dst, g.array = guarded[float32](1, n, 0, offset)
	g.rows, _ = guarded[float32](rows, n, gap, offset+3) // canaries would show in dst
	fill(r, g.dst, 1)
	fill(r, g.rows, 1)
	for i := range events {
		g.at[i], g.v[i] = int32(r.IntN(rows)), float32(r.NormFloat64())
	}
	g.before = append(g.before, g.dst.Row(0)...)
	return g
}

// check runs gather and compares it with its definition in float64.
func (g gathering) check(p instructions[float32]) error {
	p.gather(g.dst.Row(0), g.rows.Data, g.rows.Stride, g.at, g.v)
	if err := intact(g.dst, g.array); err != nil {
		return err
	}
	for j, got := range g.dst.Row(0) {
		want := float64(g.before[j])
		size := math.Abs(want)
		for i, k := range g.at {
			x := float64(g.v[i]) * float64(g.rows.Row(int(k))[j])
			want, size = want+x, size+math.Abs(x)
		}
		if err := math.Abs(float64(got) - want); !(err <= float64(len(g.at)+1)*roundoff[float32]()*size) {
			return fmt.Errorf("dst[%d] = %v, want %v", j, got, want)
		}
	}
	return nil
}

// borders are the lengths around which vector code changes its ways: those of
// registers, of whole tiles of them, and of what the loops hand over.
func borders() (lengths []int) {
	for n := range 131 {
		lengths = append(lengths, n)
	}
	for _, n := range []int{192, 256, 384, 448, 507, placeWidth} {
		lengths = append(lengths, n-1, n, n+1)
	}
	return lengths
}

func TestGatherFollowsItsDefinition(t *testing.T) {
	eachPath(t, func(t *testing.T, p instructions[float32]) {
		for _, n := range borders() {
			for offset := range 8 {
				events := []int{0, 1, 2, 5, blockRows}[(n+offset)%5]
				g := newGathering(uint64(n), n, 9, events, offset%3, offset)
				if err := g.check(p); err != nil {
					t.Fatalf("n=%d offset=%d events=%d: %v", n, offset, events, err)
				}
			}
		}
	})
}

func TestGatherTakesAnyList(t *testing.T) {
	eachPath(t, func(t *testing.T, p instructions[float32]) {
		rapid.Check(t, func(t *rapid.T) {
			n := rapid.IntRange(0, placeWidth).Draw(t, "n")
			rows, events := rapid.IntRange(1, 2*blockRows).Draw(t, "rows"), rapid.IntRange(0, blockRows).Draw(t, "events")
			gap, offset := rapid.IntRange(0, 20).Draw(t, "gap"), rapid.IntRange(0, 15).Draw(t, "offset")
			if err := newGathering(rapid.Uint64().Draw(t, "seed"), n, rows, events, gap, offset).check(p); err != nil {
				t.Fatal(err)
			}
		})
	})
}

func TestGatherKeepsWithinItsSlices(t *testing.T) {
	eachPath(t, func(t *testing.T, p instructions[float32]) {
		for _, n := range borders() {
			firstDst, lastDst := fenced(t, n)
			firstRows, lastRows := fenced(t, 3*n)
			firstV, lastV := fenced(t, 3)
			p.gather(firstDst, firstRows, n, []int32{2, 0, 1}, firstV)
			p.gather(lastDst, lastRows, n, []int32{2, 0, 1}, lastV)
		}
	})
}

// A column's bits must not depend on which columns stand beside it.
func TestGatherTreatsColumnsAlike(t *testing.T) {
	eachPath(t, func(t *testing.T, p instructions[float32]) {
		g := newGathering(1, 300, 5, 20, 0, 0)
		p.gather(g.dst.Row(0), g.rows.Data, g.rows.Stride, g.at, g.v)
		for lo := 0; lo < 300; lo += 7 {
			for _, n := range []int{1, 5, 16, 33, 100} {
				hi := min(lo+n, 300)
				part := append([]float32(nil), g.before[lo:hi]...)
				p.gather(part, g.rows.Data[lo:], g.rows.Stride, g.at, g.v)
				if err := sameBits(NewMat(part, 1, hi-lo), g.dst.ColRange(lo, hi)); err != nil {
					t.Fatalf("columns %d to %d: %v", lo, hi, err)
				}
			}
		}
	})
}

func TestGatherSpreadsNaNAndInf(t *testing.T) {
	inf, nan := float32(math.Inf(1)), float32(math.NaN())
	eachPath(t, func(t *testing.T, p instructions[float32]) {
		for _, n := range []int{1, 15, 16, 17, 127, 128, 130} {
			for j := range n {
				dst, rows := make([]float32, n), make([]float32, 2*n)
				rows[j], rows[n+j] = inf, 1
				p.gather(dst, rows, n, []int32{0, 1}, []float32{2, 3})
				for i, got := range dst {
					if want := i == j; want != (got == inf) || !want && got != 0 {
						t.Fatalf("n=%d: Inf at %d makes dst[%d] = %v", n, j, i, got)
					}
				}
			}
			dst := make([]float32, n)
			p.gather(dst, make([]float32, n), n, []int32{0}, []float32{nan})
			for i, got := range dst {
				if got == got {
					t.Fatalf("n=%d: v = NaN makes dst[%d] = %v", n, i, got)
				}
			}
		}
	})
}

func FuzzGather(f *testing.F) {
	f.Add(uint64(1), uint16(507), uint8(100), uint8(12), uint8(3), uint8(5))
	f.Add(uint64(2), uint16(0), uint8(1), uint8(0), uint8(0), uint8(0))
	f.Add(uint64(3), uint16(129), uint8(255), uint8(128), uint8(1), uint8(15))
	f.Fuzz(func(t *testing.T, seed uint64, n uint16, rows, events, gap, offset uint8) {
		for _, p := range paths32() {
			g := newGathering(seed, int(n)%1100, int(rows)+1, int(events), int(gap), int(offset)%32)
			if err := g.check(p); err != nil {
				t.Fatalf("path=%s: %v", p.name, err)
			}
		}
	})
}
