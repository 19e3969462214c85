package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// meeting is one call of dots.
type meeting struct {
	rows, block Mat[float32] // (_, columns), rows panelWidth apart
	bitmap      []uint64
	dst         []float32
	before      []float32 // what dst holds
	next        []float32
}

// meetable is a matrix for dots, with canaries beside the columns.
func meetable(r *rand.Rand, rows, columns int) Mat[float32] {
	m := Mat[float32]{Rows: rows, Cols: columns, Stride: panelWidth, Data: aligned[float32](rows * panelWidth)}
	m.Data = m.Data[:rows*panelWidth]
	for i := range m.Data {
		m.Data[i] = canary
	}
	return fill(r, m, 1)
}

// newMeeting lets each row meet so many of a block of a number of rows.
func newMeeting(seed uint64, columns, height int, counts []int) meeting {
	r := rand.New(rand.NewPCG(seed, 3))
	m := meeting{rows: meetable(r, len(counts), columns), block: meetable(r, height, columns), bitmap: make([]uint64, len(counts))}
	for k, n := range counts {
		for _, at := range r.Perm(height)[:n] {
			m.bitmap[k] |= 1 << at
			m.before = append(m.before, r.Float32())
		}
	}
	m.dst = slices.Clone(m.before)
	return m
}

// again is the same call on numbers of its own.
func (m meeting) again() meeting {
	m.dst = slices.Clone(m.before)
	return m
}

func (m meeting) run(p instructions[float32]) {
	p.dots(m.dst, m.rows.Data, m.block.Data, m.rows.Cols, m.bitmap, m.next)
}

// places calls f for the row and the row of the block that each place of dst is of.
func (m meeting) places(f func(e, k, at int)) {
	e := 0
	for k, w := range m.bitmap {
		for _, at := range bitsOf(w) {
			f(e, k, int(at))
			e++
		}
	}
}

// check runs dots and compares it with its definition in float64.
func (m meeting) check(p instructions[float32]) (err error) {
	m.run(p)
	m.places(func(e, k, at int) {
		want := float64(m.before[e])
		size := math.Abs(want)
		for j, x := range m.rows.Row(k) {
			x := float64(x) * float64(m.block.Row(at)[j])
			want, size = want+x, size+math.Abs(x)
		}
		if off := math.Abs(float64(m.dst[e]) - want); !(off <= float64(m.rows.Cols+2)*roundoff[float32]()*size) && err == nil {
			err = fmt.Errorf("dst[%d], of row %d and row %d of the block, is %v, want %v", e, k, at, m.dst[e], want)
		}
	})
	return err
}

// dotColumnCounts are those that dots takes.
func dotColumnCounts() (counts []int) {
	for n := dotPadding; n <= panelWidth; n += dotPadding {
		counts = append(counts, n)
	}
	return counts
}

func TestDotsFollowTheirDefinition(t *testing.T) {
	eachPath(t, func(t *testing.T, p instructions[float32]) {
		for _, columns := range dotColumnCounts() {
			for n := range bitmapRows + 1 {
				for _, counts := range [][]int{{n}, {n, 0, bitmapRows - n, 7}} {
					if err := newMeeting(uint64(n), columns, bitmapRows, counts).check(p); err != nil {
						t.Fatalf("columns=%d counts=%v: %v", columns, counts, err)
					}
				}
			}
		}
	})
}

func TestDotsTakeAnyBitmap(t *testing.T) {
	eachPath(t, func(t *testing.T, p instructions[float32]) {
		rapid.Check(t, func(t *rapid.T) {
			columns := dotPadding * rapid.IntRange(1, panelWidth/dotPadding).Draw(t, "columns / dotPadding")
			height := rapid.IntRange(1, bitmapRows).Draw(t, "height")
			counts := rapid.SliceOfN(rapid.IntRange(0, height), 0, 20).Draw(t, "counts")
			if err := newMeeting(rapid.Uint64().Draw(t, "seed"), columns, height, counts).check(p); err != nil {
				t.Fatal(err)
			}
		})
	})
}

func TestDotsKeepWithinTheirSlices(t *testing.T) {
	eachPath(t, func(t *testing.T, p instructions[float32]) {
		for _, columns := range dotColumnCounts() {
			long := []int{2, 0, 0, 0, 0, 1, 0, 3, 4, 5, 0, 7, 1}
			for _, counts := range [][]int{{1}, {6, 3, 1}, {12, 0, 5}, {0, 11}, long[:6], long[:7], long[:8], long} {
				const height = 12
				m := newMeeting(1, columns, height, counts)
				numbers := func(x []float32) [2][]float32 {
					first, last := fenced(t, len(x))
					return [2][]float32{first, last}
				}
				rows, block, dst := numbers(m.rows.Data), numbers(m.block.Data), numbers(m.dst)
				next := numbers(m.rows.Data) // one with every row
				firstWords, lastWords := fencedWords(t, len(m.bitmap))
				for side := range 2 { // the two may overlap
					f := m
					f.rows.Data, f.block.Data, f.dst = rows[side], block[side], dst[side]
					f.bitmap = [][]uint64{firstWords, lastWords}[side]
					copy(f.rows.Data, m.rows.Data)
					copy(f.block.Data, m.block.Data)
					copy(f.dst, m.dst)
					copy(f.bitmap, m.bitmap)
					f.next = next[side]
					if err := f.check(p); err != nil {
						t.Fatalf("columns=%d counts=%v: %v", columns, counts, err)
					}
					if sameNumbers(rows[side], m.rows.Data) != nil || sameNumbers(block[side], m.block.Data) != nil || !slices.Equal(f.bitmap, m.bitmap) {
						t.Fatalf("columns=%d counts=%v: an input was written to", columns, counts)
					}
				}
			}
		}
	})
}

// The bits of a product depend neither on those besides nor on how many there are.
func TestDotsTreatPlacesAlike(t *testing.T) {
	eachPath(t, func(t *testing.T, p instructions[float32]) {
		for _, columns := range dotColumnCounts() {
			whole := newMeeting(1, columns, bitmapRows, []int{bitmapRows, bitmapRows, bitmapRows})
			whole.run(p)
			for n := 1; n <= 14; n++ {
				whole.places(func(e, k, at int) {
					if at+n > bitmapRows {
						return
					}
					part := whole
					part.rows, part.bitmap = whole.rows.RowRange(k, k+1), []uint64{(1<<n - 1) << at}
					part.dst = slices.Clone(whole.before[e:][:n])
					part.run(p)
					if err := sameNumbers(part.dst, whole.dst[e:][:n]); err != nil {
						t.Fatalf("columns=%d, row %d with %d rows from %d on, and among all: %v", columns, k, n, at, err)
					}
				})
			}
		}
	})
}

// Zeros fill rows up: they must not show, nor must the sign of a zero.
func TestDotsOfZerosAreZero(t *testing.T) {
	eachPath(t, func(t *testing.T, p instructions[float32]) {
		m := newMeeting(1, panelWidth, bitmapRows, []int{bitmapRows})
		clear(m.rows.Row(0)[1:])
		m.run(p)
		m.places(func(e, k, at int) {
			if want := m.before[e] + m.rows.Row(0)[0]*m.block.Row(at)[0]; math.Abs(float64(m.dst[e]-want)) > 1e-6 {
				t.Errorf("dst[%d] = %v, want %v", e, m.dst[e], want)
			}
		})
	})
}

func TestDotsGiveTheSameBitsOnPathsWithVectorCode(t *testing.T) {
	eachPair(t, func(t *testing.T, p, q instructions[float32]) {
		for _, columns := range dotColumnCounts() {
			for n := range bitmapRows + 1 {
				m := newMeeting(uint64(n), columns, bitmapRows, []int{n, bitmapRows - n, 5})
				other := m.again()
				m.run(p)
				other.run(q)
				if err := sameNumbers(m.dst, other.dst); err != nil {
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
				m := newMeeting(uint64(j), columns, bitmapRows, []int{10, 20, bitmapRows})
				m.block.Row(4)[j], m.block.Row(9)[j] = inf, nan
				m.rows.Row(1)[j] = nan
				m.run(p)
				m.places(func(e, k, at int) {
					wantNaN := k == 1 || at == 9
					wantInf := k != 1 && at == 4
					if got := m.dst[e]; wantNaN != (got != got) || wantInf != math.IsInf(float64(got), 0) {
						t.Fatalf("columns=%d j=%d: row %d and row %d of the block give %v", columns, j, k, at, got)
					}
				})
			}
		}
	})
}

func TestWhatIsNeededSoonDoesNotMatterToDots(t *testing.T) {
	eachPath(t, func(t *testing.T, p instructions[float32]) {
		m := newMeeting(1, 3*dotPadding, bitmapRows, []int{5, 0, 32, 8, 0, 1, 2, 3, 4})
		want := m.again()
		want.run(p)
		first, last := fenced(t, 3*panelWidth)
		for _, next := range [][]float32{nil, first[:panelWidth], first, last} {
			m := m.again()
			m.next = next
			m.run(p)
			if err := sameNumbers(want.dst, m.dst); err != nil {
				t.Fatalf("%d of next: %v", len(next), err)
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
	f.Add(uint64(1), uint8(7), []byte{32, 0, 7, 6, 5}, uint8(63))
	f.Add(uint64(2), uint8(0), []byte{}, uint8(0))
	f.Add(uint64(3), uint8(2), []byte{1, 2, 3, 0, 0, 0, 4, 0}, uint8(15))
	f.Fuzz(func(t *testing.T, seed uint64, columns uint8, bytes []byte, height uint8) {
		var counts []int
		high := 1 + int(height)%bitmapRows
		for _, n := range bytes[:min(len(bytes), 20)] {
			counts = append(counts, int(n)%(high+1))
		}
		for _, p := range paths32() {
			m := newMeeting(seed, dotPadding*(1+int(columns)%(panelWidth/dotPadding)), high, counts)
			if err := m.check(p); err != nil {
				t.Fatalf("path=%s: %v", p.name, err)
			}
		}
	})
}
