package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// adding is one call of block.
type adding struct {
	tile   Mat[float32] // (rows, width)
	panel  Mat[float32] // (depth, width), rows panelWidth apart
	array  []float32    // that tile lies in
	base   Mat[float32] // (rows, width), or one row for all of them; none if that is the tile
	before Mat[float32] // what rows start from
	spans  []int32
	bitmap []uint64 // those of full rows do not count
	v      []float32
	a      Mat[float32] // (rows, depth), or if turned (depth, rows)
	turned bool

	next         []float32
	aNext, share int
}

// newAdding makes a row of the tile for each letter of kinds: f is full, a has all
// events, s some, and e none.
func newAdding(seed uint64, kinds string, width, depth, gap, offset int, turned bool) adding {
	r := rand.New(rand.NewPCG(seed, 8))
	rows := len(kinds)
	c := adding{turned: turned}
	gapOfTile := []int{panelWidth - width, 3, 0}[r.IntN(3)]
	c.tile, c.array = guarded[float32](rows, width, gapOfTile, offset)
	c.panel, _ = guarded[float32](depth, width, panelWidth-width, offset+3) // canaries would show in tile
	fill(r, c.panel, 1)
	switch r.IntN(3) {
	case 0:
		fill(r, c.tile, 1)
		c.before = at(c.tile, 0)
	case 1:
		c.base, _ = guarded[float32](rows, width, gap+1, offset+1)
		c.before = at(fill(r, c.base, 1), 0)
	case 2:
		c.base, _ = guarded[float32](1, width, 0, offset+1)
		fill(r, c.base, 1)
		c.base.Rows, c.base.Stride = rows, 0
		c.before = rowByRow(c.base)
	}
	numbers, _ := guarded[float32](rows, depth, gap, offset+5)
	// Between those of the rows stand numbers that are of none.
	stray := func() {
		for range r.IntN(3) {
			c.v = append(c.v, canary)
		}
	}
	for i, kind := range kinds {
		stray()
		from, word := int32(len(c.v)), uint64(0)
		for k := range depth {
			x := float32(r.NormFloat64())
			switch {
			case kind == 'f':
				numbers.Row(i)[k] = x
			case kind == 'a', kind == 's' && r.IntN(3) == 0:
				word, c.v = word|1<<k, append(c.v, x)
			}
		}
		if kind == 'f' {
			from, word = -1, 0x5555
		}
		c.spans, c.bitmap = append(c.spans, from, int32(len(c.v))), append(c.bitmap, word)
	}
	stray()
	c.a = numbers
	if turned {
		c.a = flipped(numbers, offset+5)
	}
	return c
}

// rowByRow is a copy of m, whose rows may be one, with rows side by side.
func rowByRow(m Mat[float32]) Mat[float32] {
	c := NewMat(make([]float32, m.Rows*m.Cols), m.Rows, m.Cols)
	for i := range m.Rows {
		copy(c.Row(i), m.Row(i))
	}
	return c
}

// terms gives the places and numbers of row i.
func (c adding) terms(i int) (places []int, numbers []float32) {
	if from := c.spans[2*i]; from >= 0 {
		for n, k := range bitsOf(c.bitmap[i]) {
			places, numbers = append(places, int(k)), append(numbers, c.v[int(from)+n])
		}
		return places, numbers
	}
	for k := range c.panel.Rows {
		at := i*c.a.Stride + k
		if c.turned {
			at = k*c.a.Stride + i
		}
		places, numbers = append(places, k), append(numbers, c.a.Data[at])
	}
	return places, numbers
}

// run adds to the tile.
func (c adding) run(p instructions[float32]) {
	rowStep, columnStep := c.a.Stride, 1
	if c.turned {
		rowStep, columnStep = 1, c.a.Stride
	}
	base := c.base
	if base.Data == nil {
		base = c.tile
	}
	p.block(c.tile.Data, c.tile.Stride, base.Data, base.Stride, c.panel.Data, c.tile.Cols, c.panel.Rows, c.spans, c.bitmap, c.v,
		c.a.Data, rowStep, columnStep, c.aNext, c.next, c.share)
}

// again is the same call on a tile of its own.
func (c adding) again() adding {
	c.tile, c.array = guarded[float32](c.tile.Rows, c.tile.Cols, c.tile.Stride-c.tile.Cols, 0)
	if c.base.Data == nil {
		for i := range c.tile.Rows {
			copy(c.tile.Row(i), c.before.Row(i))
		}
	}
	return c
}

// rows is the same call for rows lo <= i < hi alone.
func (c adding) rows(lo, hi int) adding {
	c = c.again()
	c.tile, c.before = c.tile.RowRange(lo, hi), c.before.RowRange(lo, hi)
	if c.base.Data != nil {
		c.base = c.base.RowRange(lo, hi)
	}
	c.spans, c.bitmap = c.spans[2*lo:2*hi], c.bitmap[lo:hi]
	if c.turned {
		c.a = c.a.ColRange(lo, hi)
	} else {
		c.a = c.a.RowRange(lo, hi)
	}
	return c
}

// marked is the same call with bits for the full rows too.
func (c adding) marked() adding {
	c = c.again()
	c.spans, c.bitmap, c.v = slices.Clone(c.spans), slices.Clone(c.bitmap), slices.Clone(c.v)
	for i := range c.tile.Rows {
		if c.spans[2*i] >= 0 {
			continue
		}
		_, numbers := c.terms(i)
		c.bitmap[i] = 1<<len(numbers) - 1
		c.spans[2*i] = int32(len(c.v))
		c.v = append(c.v, numbers...)
		c.spans[2*i+1] = int32(len(c.v))
	}
	return c
}

// check runs block and compares it with its definition in float64.
func (c adding) check(p instructions[float32]) error {
	c.run(p)
	if err := intact(c.tile, c.array); err != nil {
		return err
	}
	for i := range c.tile.Rows {
		places, numbers := c.terms(i)
		for j, got := range c.tile.Row(i) {
			want := float64(c.before.Row(i)[j])
			size := math.Abs(want)
			for e, k := range places {
				x := float64(numbers[e]) * float64(c.panel.Row(k)[j])
				want, size = want+x, size+math.Abs(x)
			}
			if err := math.Abs(float64(got) - want); !(err <= float64(len(places)+1)*roundoff[float32]()*size) {
				return fmt.Errorf("tile[%d,%d] = %v, want %v", i, j, got, want)
			}
		}
	}
	return nil
}

// widths are those that block takes.
func widths() (widths []int) {
	for w := padding; w <= panelWidth; w += padding {
		widths = append(widths, w)
	}
	return widths
}

// mixtures have runs of full rows, and of others, of many lengths, at the ends and
// between others.
var mixtures = []string{
	"", "e", "s", "a", "f", "ff", "fff", "ffff", "fffff", "ffffff", "ffffffff",
	"sff", "fffs", "sfffs", "ffsfff", "ffffeaffs", "sfeffsfffeffffs",
	"ss", "sss", "as", "sa", "es", "se", "ee", "ees", "ssss", "sfs", "sffss", "esasse",
}

func TestBlockFollowsItsDefinition(t *testing.T) {
	eachPath(t, func(t *testing.T, p instructions[float32]) {
		n := 0
		for _, width := range widths() {
			for depth := 1; depth <= bitmapRows; depth++ {
				kinds := mixtures[n%len(mixtures)]
				turned, offset := n/len(mixtures)%2 == 1, n%8
				n++
				if err := newAdding(uint64(n), kinds, width, depth, n%3, offset, turned).check(p); err != nil {
					t.Fatalf("width=%d depth=%d rows=%s turned=%v offset=%d: %v", width, depth, kinds, turned, offset, err)
				}
			}
		}
	})
}

// Rows that are all full may come from higher blocks.
func TestBlockTakesFullRowsOfAnyDepth(t *testing.T) {
	eachPath(t, func(t *testing.T, p instructions[float32]) {
		for n, depth := range []int{bitmapRows + 1, 130, listedRows} {
			for rows := 1; rows < 8; rows++ {
				if err := newAdding(uint64(n), strings.Repeat("f", rows), panelWidth, depth, n, n, n == 1).check(p); err != nil {
					t.Fatalf("depth=%d, %d rows: %v", depth, rows, err)
				}
			}
		}
	})
}

func TestFullRowsAndOthersOfATileComeInAnyOrder(t *testing.T) {
	eachPath(t, func(t *testing.T, p instructions[float32]) {
		all := []string{""}
		for n := 0; n < len(all); n++ {
			if len(all[n]) < 5 {
				all = append(all, all[n]+"f", all[n]+"s", all[n]+"e")
			}
			for _, turned := range []bool{false, true} {
				if err := newAdding(uint64(n), all[n], 3*padding, 5, n%3, n%8, turned).check(p); err != nil {
					t.Fatalf("rows=%s turned=%v: %v", all[n], turned, err)
				}
			}
		}
	})
}

func TestBlockTakesAnyBitmap(t *testing.T) {
	eachPath(t, func(t *testing.T, p instructions[float32]) {
		rapid.Check(t, func(t *rapid.T) {
			kinds := string(rapid.SliceOfN(rapid.SampledFrom([]byte("fsae")), 0, 20).Draw(t, "rows"))
			width := padding * rapid.IntRange(1, panelWidth/padding).Draw(t, "width / padding")
			depth := rapid.IntRange(1, bitmapRows).Draw(t, "depth")
			gap, offset := rapid.IntRange(0, 20).Draw(t, "gap"), rapid.IntRange(0, 15).Draw(t, "offset")
			turned := rapid.Bool().Draw(t, "turned")
			if err := newAdding(rapid.Uint64().Draw(t, "seed"), kinds, width, depth, gap, offset, turned).check(p); err != nil {
				t.Fatal(err)
			}
		})
	})
}

// trim drops the numbers before those of the first row and behind those of the last.
func (c adding) trim() adding {
	ends := slices.DeleteFunc(slices.Clone(c.spans), func(e int32) bool { return e < 0 })
	from, to := slices.Min(ends), slices.Max(ends)
	c.v, c.spans = c.v[from:to], slices.Clone(c.spans)
	for s := range c.spans {
		if c.spans[s] >= 0 {
			c.spans[s] -= from
		}
	}
	return c
}

func TestBlockKeepsWithinItsSlices(t *testing.T) {
	eachPath(t, func(t *testing.T, p instructions[float32]) {
		for _, width := range widths() {
			for i, depth := range []int{1, 2, 7, bitmapRows} {
				for _, kinds := range []string{"f", "fff", "sfffffsa", "ase", "s", "a", "aa", "fas", "sfa", "asasa"} {
					c := newAdding(uint64(width+i), kinds, width, depth, i, 0, i%2 == 1).trim()
					matrix := func(m Mat[float32]) [2][]float32 {
						first, last := fenced(t, (m.Rows-1)*m.Stride+m.Cols)
						return [2][]float32{first, last}
					}
					tile, panel, a, v := matrix(c.tile), matrix(c.panel), matrix(c.a), matrix(NewMat(c.v, 1, len(c.v)))
					base := [2][]float32{}
					if c.base.Data != nil {
						base = matrix(c.base)
					}
					firstWords, lastWords := fencedWords(t, len(c.bitmap))
					firstSpans, lastSpans := fencedPlaces(t, len(c.spans))
					for side := range 2 {
						f := c
						f.tile.Data, f.panel.Data, f.a.Data, f.v = tile[side], panel[side], a[side], v[side]
						if c.base.Data != nil {
							f.base.Data = base[side]
							copy(f.base.Data, c.base.Data)
						}
						f.spans, f.bitmap = [][]int32{firstSpans, lastSpans}[side], [][]uint64{firstWords, lastWords}[side]
						copy(f.tile.Data, c.tile.Data)
						copy(f.panel.Data, c.panel.Data)
						copy(f.a.Data, c.a.Data)
						copy(f.v, c.v)
						copy(f.spans, c.spans)
						copy(f.bitmap, c.bitmap)
						f.array = f.tile.Data
						// What is asked for may lie beyond the fence.
						f.next, f.share, f.aNext = f.panel.Data, 3, 3*f.a.Stride
						if err := f.check(p); err != nil {
							t.Fatalf("width=%d depth=%d rows=%s: %v", width, depth, kinds, err)
						}
					}
				}
			}
		}
	})
}

func TestBlockSpreadsInfOnlyToRowsWithAnEventThere(t *testing.T) {
	inf := float32(math.Inf(1))
	eachPath(t, func(t *testing.T, p instructions[float32]) {
		for _, width := range widths() {
			const depth = 9
			for j := range width {
				k := j % depth
				c := newAdding(uint64(j), "sffsfffes", width, depth, 0, 0, j%2 == 1)
				c.panel.Row(k)[j] = inf
				c.run(p)
				for i := range c.tile.Rows {
					places, _ := c.terms(i)
					for column, got := range c.tile.Row(i) {
						want := column == j && slices.Contains(places, k)
						if want != math.IsInf(float64(got), 0) || got != got {
							t.Fatalf("width=%d: Inf at [%d,%d] makes tile[%d,%d] = %v", width, k, j, i, column, got)
						}
					}
				}
			}
		}
	})
}

func TestBlockSpreadsNaNOverTheRowThatHasIt(t *testing.T) {
	nan := float32(math.NaN())
	eachPath(t, func(t *testing.T, p instructions[float32]) {
		for _, width := range widths() {
			for i := range 8 {
				kinds := "affffafa"
				c := newAdding(uint64(i), kinds, width, 6, 0, 0, i%2 == 1)
				switch {
				case kinds[i] == 'a':
					c.v[c.spans[2*i]+3] = nan
				case c.turned:
					c.a.Row(3)[i] = nan
				default:
					c.a.Row(i)[3] = nan
				}
				c.run(p)
				for row := range c.tile.Rows {
					for column, got := range c.tile.Row(row) {
						if want := row == i; want != (got != got) {
							t.Fatalf("width=%d: NaN in row %d makes tile[%d,%d] = %v", width, i, row, column, got)
						}
					}
				}
			}
		}
	})
}

func TestWhatIsNeededSoonDoesNotMatterToBlock(t *testing.T) {
	eachPath(t, func(t *testing.T, p instructions[float32]) {
		for n, kinds := range mixtures {
			c := newAdding(uint64(n), kinds, 5*padding, 20, 1, n, n%2 == 1)
			want := c.again()
			want.run(p)
			first, last := fenced(t, 3*panelWidth)
			for _, next := range [][]float32{nil, first, last} {
				for _, aNext := range []int{0, 1, panelWidth, 1 << 20} {
					for _, share := range []int{1, 2, 7, 100} {
						c := c.again()
						c.next, c.share, c.aNext = next, share, aNext
						c.run(p)
						if err := sameBits(want.tile, c.tile); err != nil {
							t.Fatalf("rows=%s, %d of next, %d each, %d ahead: %v", kinds, len(next), share, aNext, err)
						}
					}
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

func FuzzBlock(f *testing.F) {
	f.Add(uint64(1), []byte{0, 1, 2, 3, 0, 0, 0, 0}, uint8(3), uint8(64), uint8(3), uint8(5), false)
	f.Add(uint64(2), []byte{}, uint8(0), uint8(0), uint8(0), uint8(0), true)
	f.Add(uint64(3), []byte{1, 0, 0, 2}, uint8(7), uint8(129), uint8(1), uint8(15), true)
	f.Fuzz(func(t *testing.T, seed uint64, rows []byte, width, depth, gap, offset uint8, turned bool) {
		var kinds strings.Builder
		for _, b := range rows[:min(len(rows), 40)] {
			kinds.WriteByte("fsae"[b%4])
		}
		for _, p := range paths32() {
			c := newAdding(seed, kinds.String(), padding*(1+int(width)%(panelWidth/padding)), int(depth)%bitmapRows+1, int(gap), int(offset)%32, turned)
			if err := c.check(p); err != nil {
				t.Fatalf("path=%s: %v", p.name, err)
			}
		}
	})
}
