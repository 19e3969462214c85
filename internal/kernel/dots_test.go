package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// sampling is one call of dots.
type sampling struct {
	dst       Mat[float32] // (rows, dotBlock)
	d         Mat[float32] // (rows, columns)
	block     Mat[float32] // (dotBlock, columns), rows dotWidth apart
	array     []float32    // that dst lies in
	before    Mat[float32] // what dst holds
	spans, at []int32      // all places of a row are different
	bitmap    []uint64     // in place of lists, if there is one
	sums      []float32    // memory for a number of each entry of at, or nil

	next  []float32
	share int
}

// newSampling lists so many places of each row. Rows of dst and d have gap numbers
// between them.
func newSampling(seed uint64, columns int, places []int, gap, offset int) sampling {
	r := rand.New(rand.NewPCG(seed, 3))
	rows := len(places)
	// Canaries besides the columns would show in dst.
	block := Mat[float32]{Rows: dotBlock, Cols: columns, Stride: dotWidth, Data: aligned[float32](dotBlock * dotWidth)}
	block.Data = block.Data[:dotBlock*dotWidth]
	for i := range block.Data {
		block.Data[i] = canary
	}
	s := sampling{block: fill(r, block, 1)}
	s.d, _ = guarded[float32](rows, columns, gap, offset)
	fill(r, s.d, 1)
	s.dst, s.array = guarded[float32](rows, dotBlock, gap, offset)
	fill(r, s.dst, 1)
	// Between the lists stand places that are in none.
	stray := func() {
		for range r.IntN(3) {
			s.at = append(s.at, int32(r.IntN(dotBlock)))
		}
	}
	for _, n := range places {
		stray()
		s.spans = append(s.spans, int32(len(s.at)), int32(len(s.at)+n))
		for _, k := range r.Perm(dotBlock)[:n] {
			s.at = append(s.at, int32(k))
		}
	}
	stray()
	s.before = at(s.dst, 0)
	return s
}

// run takes sums of lists from dst, and back to it.
func (s sampling) run(p instructions[float32]) {
	dots := func(dst []float32) {
		p.dots(dst, s.d.Data, s.block.Data, s.dst.Stride, s.d.Stride, s.d.Cols, s.spans, s.at, s.bitmap, s.next, s.share)
	}
	if len(s.bitmap) > 0 {
		dots(s.dst.Data)
		return
	}
	sums := s.sums
	if sums == nil {
		sums = make([]float32, len(s.at))
	}
	for e := range sums {
		sums[e] = canary
	}
	each := func(f func(sum, dst *float32)) {
		for i := range s.dst.Rows {
			for e := s.spans[2*i]; e < s.spans[2*i+1]; e++ {
				f(&sums[e], &s.dst.Row(i)[s.at[e]])
			}
		}
	}
	each(func(sum, dst *float32) { *sum = *dst })
	dots(sums)
	each(func(sum, dst *float32) { *dst, *sum = *sum, canary })
	for e, x := range sums {
		if x != canary {
			panic(fmt.Sprintf("entry %d of the list, of no row, was written to", e))
		}
	}
}

// again is the same call on numbers of its own.
func (s sampling) again() sampling {
	s.dst, s.array = at(s.before, 0), nil
	return s
}

// check runs dots and compares it with its definition in float64.
func (s sampling) check(p instructions[float32]) error {
	s.run(p)
	if err := intact(s.dst, s.array); err != nil {
		return err
	}
	for i := range s.dst.Rows {
		list := s.at[s.spans[2*i]:s.spans[2*i+1]]
		for k, got := range s.dst.Row(i) {
			if !slices.Contains(list, int32(k)) {
				if old := s.before.Row(i)[k]; bits(got) != bits(old) {
					return fmt.Errorf("dst[%d,%d] is not in the list, but was changed from %v to %v", i, k, old, got)
				}
				continue
			}
			want := float64(s.before.Row(i)[k])
			size := math.Abs(want)
			for j, x := range s.d.Row(i) {
				x := float64(x) * float64(s.block.Row(k)[j])
				want, size = want+x, size+math.Abs(x)
			}
			if err := math.Abs(float64(got) - want); !(err <= float64(s.d.Cols+2)*roundoff[float32]()*size) {
				return fmt.Errorf("dst[%d,%d] = %v, want %v", i, k, got, want)
			}
		}
	}
	return nil
}

// dotColumnCounts are those that dots takes.
func dotColumnCounts() (counts []int) {
	for n := dotPadding; n <= dotWidth; n += dotPadding {
		counts = append(counts, n)
	}
	return counts
}

func TestDotsFollowTheirDefinition(t *testing.T) {
	eachPath(t, func(t *testing.T, p instructions[float32]) {
		for _, columns := range dotColumnCounts() {
			for n := range dotBlock + 1 {
				for _, places := range [][]int{{n}, {n, 0, dotBlock - n, 7}} {
					if err := newSampling(uint64(n), columns, places, n%3, n%8).check(p); err != nil {
						t.Fatalf("columns=%d places=%v: %v", columns, places, err)
					}
				}
			}
		}
	})
}

func TestDotsTakeAnyLists(t *testing.T) {
	eachPath(t, func(t *testing.T, p instructions[float32]) {
		rapid.Check(t, func(t *rapid.T) {
			columns := dotPadding * rapid.IntRange(1, dotWidth/dotPadding).Draw(t, "columns / dotPadding")
			places := rapid.SliceOfN(rapid.IntRange(0, dotBlock), 0, 12).Draw(t, "places")
			gap, offset := rapid.IntRange(0, 20).Draw(t, "gap"), rapid.IntRange(0, 15).Draw(t, "offset")
			if err := newSampling(rapid.Uint64().Draw(t, "seed"), columns, places, gap, offset).check(p); err != nil {
				t.Fatal(err)
			}
		})
	})
}

func TestDotsKeepWithinTheirSlices(t *testing.T) {
	eachPath(t, func(t *testing.T, p instructions[float32]) {
		for _, columns := range dotColumnCounts() {
			for n, places := range [][]int{{1}, {6, 3, 1}, {dotBlock, 0, 5}, {0, 11}} {
				s := newSampling(1, columns, places, n, 0)
				from, to := s.spans[0], s.spans[len(s.spans)-1]
				s.at, s.spans = s.at[from:to], slices.Clone(s.spans)
				for i := range s.spans {
					s.spans[i] -= from
				}
				matrix := func(m Mat[float32]) [2][]float32 {
					first, last := fenced(t, (m.Rows-1)*m.Stride+m.Cols)
					return [2][]float32{first, last}
				}
				list := func(x []int32) [2][]int32 {
					first, last := fencedPlaces(t, len(x))
					return [2][]int32{first, last}
				}
				dst, d, block, spans, at := matrix(s.dst), matrix(s.d), matrix(s.block), list(s.spans), list(s.at)
				firstSums, lastSums := fenced(t, len(s.at))
				for side := range 2 {
					f := s
					f.sums = [][]float32{firstSums, lastSums}[side]
					f.dst.Data, f.d.Data, f.block.Data, f.spans, f.at = dst[side], d[side], block[side], spans[side], at[side]
					copy(f.dst.Data, s.dst.Data)
					copy(f.d.Data, s.d.Data)
					copy(f.block.Data, s.block.Data)
					copy(f.spans, s.spans)
					copy(f.at, s.at)
					f.array = f.dst.Data
					f.next, f.share = f.block.Data, 2+side
					if err := f.check(p); err != nil {
						t.Fatalf("columns=%d places=%v: %v", columns, places, err)
					}
				}
			}
		}
	})
}

// A product's bits depend neither on the list it is made with nor on its place in
// it, and not on the rows besides.
func TestDotsTreatPlacesAlike(t *testing.T) {
	eachPath(t, func(t *testing.T, p instructions[float32]) {
		for _, columns := range dotColumnCounts() {
			whole := newSampling(1, columns, []int{dotBlock, dotBlock, dotBlock}, 1, 0)
			whole.run(p)
			for n := 1; n <= 14; n++ {
				part := whole.again()
				for i := range part.dst.Rows {
					list := part.at[part.spans[2*i]:part.spans[2*i+1]]
					for places := range slices.Chunk(list, n) {
						row := part
						row.dst, row.d = part.dst.RowRange(i, i+1), part.d.RowRange(i, i+1)
						row.at, row.spans = slices.Clone(places), []int32{0, int32(len(places))}
						slices.Reverse(row.at)
						row.run(p)
					}
				}
				if err := sameBits(part.dst, whole.dst); err != nil {
					t.Fatalf("columns=%d, %d at a time: %v", columns, n, err)
				}
			}
		}
	})
}

// Zeros fill rows up: they must not show, nor must the sign of a zero.
func TestDotsOfZerosAreZero(t *testing.T) {
	eachPath(t, func(t *testing.T, p instructions[float32]) {
		s := newSampling(1, dotWidth, []int{dotBlock}, 0, 0)
		clear(s.d.Row(0)[1:])
		s.run(p)
		for k, got := range s.dst.Row(0) {
			if want := s.before.Row(0)[k] + s.d.Row(0)[0]*s.block.Row(k)[0]; math.Abs(float64(got-want)) > 1e-6 {
				t.Errorf("dst[0,%d] = %v, want %v", k, got, want)
			}
		}
	})
}

func TestDotsGiveTheSameBitsOnPathsWithVectorCode(t *testing.T) {
	eachPair(t, func(t *testing.T, p, q instructions[float32]) {
		for _, columns := range dotColumnCounts() {
			for n := range dotBlock + 1 {
				s := newSampling(uint64(n), columns, []int{n, dotBlock - n, 5}, n%3, n%8)
				other := s.again()
				s.run(p)
				other.run(q)
				if err := sameBits(s.dst, other.dst); err != nil {
					t.Fatalf("columns=%d places=%d: %v", columns, n, err)
				}
			}
		}
	})
}

func TestDotsSpreadNaNAndInfToTheirPlacesOnly(t *testing.T) {
	inf, nan := float32(math.Inf(1)), float32(math.NaN())
	eachPath(t, func(t *testing.T, p instructions[float32]) {
		for _, columns := range dotColumnCounts() {
			for j := range columns {
				s := newSampling(uint64(j), columns, []int{10, 20, dotBlock}, 0, 0)
				s.block.Row(4)[j], s.block.Row(9)[j] = inf, nan
				s.d.Row(1)[j] = nan
				s.run(p)
				for i := range s.dst.Rows {
					list := s.at[s.spans[2*i]:s.spans[2*i+1]]
					for k, got := range s.dst.Row(i) {
						listed := slices.Contains(list, int32(k))
						wantNaN := listed && (i == 1 || k == 9)
						wantInf := listed && i != 1 && k == 4
						if wantNaN != (got != got) || wantInf != math.IsInf(float64(got), 0) {
							t.Fatalf("columns=%d j=%d: dst[%d,%d] = %v", columns, j, i, k, got)
						}
					}
				}
			}
		}
	})
}

func TestWhatIsNeededSoonDoesNotMatterToDots(t *testing.T) {
	eachPath(t, func(t *testing.T, p instructions[float32]) {
		s := newSampling(1, 3*dotPadding, []int{5, 0, dotBlock, 8}, 1, 1)
		want := s.again()
		want.run(p)
		first, last := fenced(t, 3*dotWidth)
		for _, next := range [][]float32{nil, first[:askWidth], first, last} {
			for _, share := range []int{1, 2, 7, 9, 100} {
				s := s.again()
				s.next, s.share = next, share
				s.run(p)
				if err := sameBits(want.dst, s.dst); err != nil {
					t.Fatalf("%d of next, %d each: %v", len(next), share, err)
				}
			}
			for _, x := range next {
				if x != 0 {
					t.Fatal("next was written to")
				}
			}
		}
	})
}

func FuzzDots(f *testing.F) {
	f.Add(uint64(1), uint8(7), []byte{32, 0, 7, 6, 5}, uint8(3), uint8(5))
	f.Add(uint64(2), uint8(0), []byte{}, uint8(0), uint8(0))
	f.Add(uint64(3), uint8(2), []byte{1, 2, 3}, uint8(1), uint8(15))
	f.Fuzz(func(t *testing.T, seed uint64, columns uint8, counts []byte, gap, offset uint8) {
		var places []int
		for _, n := range counts[:min(len(counts), 20)] {
			places = append(places, int(n)%(dotBlock+1))
		}
		for _, p := range paths32() {
			s := newSampling(seed, dotPadding*(1+int(columns)%(dotWidth/dotPadding)), places, int(gap)%40, int(offset)%32)
			if err := s.check(p); err != nil {
				t.Fatalf("path=%s: %v", p.name, err)
			}
		}
	})
}
