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
	dst       Mat[float32] // (lists, n)
	rows      Mat[float32] // (_, n)
	spans, at []int32
	v         []float32
	array     []float32    // that dst lies in
	base      Mat[float32] // (lists, n), or one row for all of them; none if that is dst
	before    Mat[float32] // what rows start from
	next      []float32
}

// newGathering lists so many events of each row of dst; a negative number is a full
// row. Behind the last place stand gatherAhead more, of anything.
func newGathering(seed uint64, n, rows int, events []int, gap, offset int) gathering {
	r := rand.New(rand.NewPCG(seed, 2))
	var g gathering
	g.dst, g.array = guarded[float32](len(events), n, gap, offset)
	g.rows, _ = guarded[float32](rows, n, gap, offset+3) // canaries would show in dst
	fill(r, g.rows, 1)
	switch r.IntN(3) {
	case 0:
		fill(r, g.dst, 1)
		g.before = at(g.dst, 0)
	case 1:
		g.base, _ = guarded[float32](len(events), n, gap+1, offset+1)
		g.before = at(fill(r, g.base, 1), 0)
	case 2:
		g.base, _ = guarded[float32](1, n, 0, offset+1)
		fill(r, g.base, 1)
		g.base.Rows, g.base.Stride = len(events), 0
		g.before = rowByRow(g.base)
	}
	// Between the lists stand events that are in none.
	stray := func() {
		for range r.IntN(3) {
			g.at, g.v = append(g.at, int32(r.Uint32())), append(g.v, canary)
		}
	}
	for _, n := range events {
		stray()
		from := int32(len(g.at))
		for range n {
			g.at, g.v = append(g.at, int32(r.IntN(rows))), append(g.v, float32(r.NormFloat64()))
		}
		if n < 0 {
			from = -1
		}
		g.spans = append(g.spans, from, int32(len(g.at)))
	}
	for range gatherAhead {
		g.at = append(g.at, int32(r.Uint32()))
	}
	return g
}

func (g gathering) run(p instructions[float32]) {
	base := g.base
	if base.Data == nil {
		base = g.dst
	}
	p.gather(g.dst.Data, g.dst.Stride, g.dst.Cols, base.Data, base.Stride, g.rows.Data, g.rows.Stride, g.spans, g.at, g.v, g.next)
}

// again is the same call on a dst of its own.
func (g gathering) again() gathering {
	if g.base.Data == nil {
		g.dst, g.array = at(g.before, 0), nil
	} else {
		g.dst, g.array = guarded[float32](g.before.Rows, g.before.Cols, 1, 0)
	}
	return g
}

// check runs gather and compares it with its definition in float64.
func (g gathering) check(p instructions[float32]) error {
	g.run(p)
	if err := intact(g.dst, g.array); err != nil {
		return err
	}
	for i := range g.dst.Rows {
		from, to := g.spans[2*i], g.spans[2*i+1]
		if from < 0 {
			from = to
		}
		for j, got := range g.dst.Row(i) {
			want := float64(g.before.Row(i)[j])
			size := math.Abs(want)
			for e := from; e < to; e++ {
				x := float64(g.v[e]) * float64(g.rows.Row(int(g.at[e]))[j])
				want, size = want+x, size+math.Abs(x)
			}
			if err := math.Abs(float64(got) - want); !(err <= float64(to-from+1)*roundoff[float32]()*size) {
				return fmt.Errorf("dst[%d,%d] = %v, want %v", i, j, got, want)
			}
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
	for _, n := range []int{192, 256, 384, 448, 507, lyingWidth} {
		lengths = append(lengths, n-1, n, n+1)
	}
	return lengths
}

func TestGatherFollowsItsDefinition(t *testing.T) {
	lists := [][]int{{}, {0}, {1}, {bitmapRows}, {2, 0, 5}, {-1, 3, -1}, {0, 0, 1, 2, 3, 4, -1, -1, 30}}
	eachPath(t, func(t *testing.T, p instructions[float32]) {
		for _, n := range borders() {
			for offset := range 8 {
				events := lists[(n+offset)%len(lists)]
				if err := newGathering(uint64(n), n, 9, events, offset%3, offset).check(p); err != nil {
					t.Fatalf("n=%d offset=%d events=%d: %v", n, offset, events, err)
				}
			}
		}
	})
}

func TestGatherTakesAnyLists(t *testing.T) {
	eachPath(t, func(t *testing.T, p instructions[float32]) {
		rapid.Check(t, func(t *rapid.T) {
			n := rapid.IntRange(0, lyingWidth).Draw(t, "n")
			rows, events := rapid.IntRange(1, 2*bitmapRows).Draw(t, "rows"), rapid.SliceOfN(rapid.IntRange(-1, bitmapRows), 0, 9).Draw(t, "events")
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
			for _, lists := range [][]int32{{0, 3}, {0, 1, 1, 3}, {0, 0, 0, 3}, {0, 3, -1, 3}} {
				dst, base, rows, v := [2][]float32{}, [2][]float32{}, [2][]float32{}, [2][]float32{}
				spans, at := [2][]int32{}, [2][]int32{}
				dst[0], dst[1] = fenced(t, len(lists)/2*n)
				base[0], base[1] = fenced(t, n)
				rows[0], rows[1] = fenced(t, 3*n)
				v[0], v[1] = fenced(t, 3)
				spans[0], spans[1] = fencedPlaces(t, len(lists))
				at[0], at[1] = fencedPlaces(t, 3+gatherAhead)
				for side := range 2 {
					copy(spans[side], lists)
					copy(at[side], []int32{2, 0, 1, 1 << 30, -1 << 30})
					p.gather(dst[side], n, n, dst[side], n, rows[side], n, spans[side], at[side], v[side], nil)
					p.gather(dst[side], n, n, base[side], 0, rows[side], n, spans[side], at[side], v[side], rows[side])
				}
			}
		}
	})
}

// Bits depend neither on the columns nor on the rows besides.
func TestGatherTreatsColumnsAndRowsAlike(t *testing.T) {
	eachPath(t, func(t *testing.T, p instructions[float32]) {
		for seed := range uint64(6) { // with each kind of base
			g := newGathering(seed, 300, 5, []int{20, 0, 7, 1}, 0, 0)
			whole := g.again()
			whole.run(p)
			for lo := 0; lo < 300; lo += 7 {
				for _, n := range []int{1, 5, 16, 33, 100} {
					hi := min(lo+n, 300)
					part := g.again()
					part.dst, part.rows = part.dst.ColRange(lo, hi), part.rows.ColRange(lo, hi)
					if part.base.Data != nil {
						part.base.Data, part.base.Cols = part.base.Data[lo:], hi-lo
					}
					part.run(p)
					if err := sameBits(part.dst, whole.dst.ColRange(lo, hi)); err != nil {
						t.Fatalf("seed %d, columns %d to %d: %v", seed, lo, hi, err)
					}
				}
			}
			for i := range g.dst.Rows {
				part := g.again()
				part.dst, part.spans = part.dst.RowRange(i, i+1), part.spans[2*i:2*i+2]
				if part.base.Data != nil {
					part.base = part.base.RowRange(i, i+1)
				}
				part.run(p)
				if err := sameBits(part.dst, whole.dst.RowRange(i, i+1)); err != nil {
					t.Fatalf("seed %d, row %d: %v", seed, i, err)
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
				g := gathering{dst: NewMat(make([]float32, 2*n), 2, n), rows: NewMat(make([]float32, 2*n), 2, n),
					spans: []int32{0, 1, 1, 2}, at: append([]int32{1, 0}, make([]int32, gatherAhead)...), v: []float32{3, 2}}
				g.rows.Row(0)[j] = inf // of the second list alone
				g.rows.Row(1)[j] = 1
				g.run(p)
				for k, got := range g.dst.Data {
					if want := k == n+j; want != (got == inf) || !want && k != j && got != 0 {
						t.Fatalf("n=%d: Inf at %d makes number %d %v", n, j, k, got)
					}
				}
				g.v[0] = nan
				g.run(p)
				for k, got := range g.dst.Row(0) {
					if got == got {
						t.Fatalf("n=%d: v = NaN makes dst[0,%d] = %v", n, k, got)
					}
				}
				if x := g.dst.Row(1)[(j+1)%n]; n > 1 && x != 0 {
					t.Fatalf("n=%d: v = NaN in the first list makes a number of the second row %v", n, x)
				}
			}
		}
	})
}

// A row of a block gives the same bits by a list as by a bitmap or if it is full.
func TestBitsDoNotDependOnWhetherRowsAreListedOrMarkedOrFull(t *testing.T) {
	eachPath(t, func(t *testing.T, p instructions[float32]) {
		for _, width := range widths() {
			for n, kinds := range mixtures {
				for _, depth := range []int{1, 2, 31, 33, 63, bitmapRows} {
					c := newAdding(uint64(n), kinds, width, depth, n%3, n, n%2 == 1)
					g := gathering{dst: at(c.before, 1), rows: c.panel}
					for i := range c.tile.Rows {
						places, numbers := c.terms(i)
						g.spans = append(g.spans, int32(len(g.at)), int32(len(g.at)+len(places)))
						for _, k := range places {
							g.at = append(g.at, int32(k))
						}
						g.v = append(g.v, numbers...)
					}
					g.at = append(g.at, make([]int32, gatherAhead)...)
					g.run(p)
					c.run(p)
					if err := sameBits(g.dst, c.tile); err != nil {
						t.Fatalf("width=%d depth=%d rows=%s: %v", width, depth, kinds, err)
					}
				}
			}
		}
	})
}

func TestWhatIsNeededSoonDoesNotMatterToGather(t *testing.T) {
	eachPath(t, func(t *testing.T, p instructions[float32]) {
		first, last := fenced(t, 3*panelWidth)
		for seed := range uint64(6) {
			g := newGathering(seed, 150, 9, []int{20, -1, 0, 7, 1}, 3, 0)
			want := g.again()
			want.run(p)
			for _, next := range [][]float32{first, last, last[:1], last[:0]} {
				other := g.again()
				other.next = next
				other.run(p)
				if err := sameBits(want.dst, other.dst); err != nil {
					t.Fatalf("seed %d, %d numbers of next: %v", seed, len(next), err)
				}
				for _, x := range next {
					if x != 0 {
						t.Fatal("next was written to")
					}
				}
			}
		}
	})
}

func FuzzGather(f *testing.F) {
	f.Add(uint64(1), uint16(507), uint8(100), []byte{12, 0, 3}, uint8(3), uint8(5))
	f.Add(uint64(2), uint16(0), uint8(1), []byte{}, uint8(0), uint8(0))
	f.Add(uint64(3), uint16(129), uint8(255), []byte{128, 200}, uint8(1), uint8(15))
	f.Fuzz(func(t *testing.T, seed uint64, n uint16, rows uint8, lists []byte, gap, offset uint8) {
		var events []int
		for _, b := range lists[:min(len(lists), 20)] {
			events = append(events, int(b)-1)
		}
		for _, p := range paths32() {
			g := newGathering(seed, int(n)%1100, int(rows)+1, events, int(gap), int(offset)%32)
			if err := g.check(p); err != nil {
				t.Fatalf("path=%s: %v", p.name, err)
			}
		}
	})
}
