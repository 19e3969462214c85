package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"unsafe"

	"pgregory.net/rapid"
)

// rowsCase are one matrix, laid out in every way, and a list of events.
type rowsCase struct {
	m        Mat[float32] // (K, N)
	at       []int32
	v        []float32
	n, start int
}

func newRowsCase(seed uint64, K, N, events, offset int, density float64) rowsCase {
	r := rand.New(rand.NewPCG(seed, 4))
	m, _ := guarded[float32](K, N, 3, offset)
	c := rowsCase{m: fill(r, m, density), n: N, start: offset}
	for range events {
		c.at, c.v = append(c.at, int32(r.IntN(K))), append(c.v, float32(r.NormFloat64()))
	}
	return c
}

// layouts are all kinds of rows, and the matrix that each stands for.
func (c rowsCase) layouts() map[string]struct {
	rows Rows
	m    Mat[float32]
} {
	scale := Int8Scales(c.m)
	rounded := NewMat(make([]float32, c.m.Rows*c.m.Cols), c.m.Rows, c.m.Cols)
	whole := NewMat(make([]float32, c.m.Rows*c.m.Cols), c.m.Rows, c.m.Cols)
	for i := range c.m.Rows {
		for j, w := range c.m.Row(i) {
			rounded.Row(i)[j] = scale[j] * float32(Quantised(w, scale[j]))
			whole.Row(i)[j] = float32(Quantised(w, 1))
		}
	}
	return map[string]struct {
		rows Rows
		m    Mat[float32]
	}{
		"dense":               {NewDenseRows(c.m), c.m},
		"packed":              {NewPackedRows(c.m), c.m},
		"packed columns":      {NewPackedColumns(c.m), c.m},
		"int8":                {NewInt8Rows(c.m, scale), rounded},
		"packed int8":         {NewPackedInt8Rows(c.m, scale), rounded},
		"packed int8 columns": {NewPackedInt8Columns(c.m, scale), rounded},
		"bare int8":           {NewInt8Rows(c.m, nil), whole},
	}
}

// check holds every layout against the definition in float64.
func (c rowsCase) check() error {
	for name, l := range c.layouts() {
		r := rand.New(rand.NewPCG(9, 9))
		dst, array := guarded[float32](1, c.n, 0, c.start)
		fill(r, dst, 1)
		before := append([]float32(nil), dst.Row(0)...)
		scratch, scratchArray := guarded[float32](1, l.rows.Scratch(), 0, c.start+1)
		fill(r, scratch, 1) // what it holds must not count
		l.rows.Add(dst.Row(0), c.at, c.v, scratch.Row(0))
		if err := intact(dst, array); err != nil {
			return fmt.Errorf("%s: dst: %w", name, err)
		}
		if err := intact(scratch, scratchArray); err != nil {
			return fmt.Errorf("%s: scratch: %w", name, err)
		}
		for j, got := range dst.Row(0) {
			want := float64(before[j])
			size := math.Abs(want)
			for i, k := range c.at {
				x := float64(c.v[i]) * float64(l.m.Row(int(k))[j])
				want, size = want+x, size+math.Abs(x)
			}
			if err := math.Abs(float64(got) - want); !(err <= float64(len(c.at)+3)*roundoff[float32]()*size) {
				return fmt.Errorf("%s: dst[%d] = %v, want %v", name, j, got, want)
			}
		}
	}
	return nil
}

func TestRowsFollowTheirDefinition(t *testing.T) {
	eachPath(t, func(t *testing.T, _ instructions[float32]) {
		for _, n := range borders() {
			for offset := range 8 {
				events := []int{0, 1, 2, 5, 30}[(n+offset)%5]
				density := []float64{1, 0.5, 0.2, 0}[(n/2+offset)%4]
				if err := newRowsCase(uint64(n), 9, n, events, offset, density).check(); err != nil {
					t.Fatalf("n=%d offset=%d events=%d density=%v: %v", n, offset, events, density, err)
				}
			}
		}
	})
}

func TestRowsTakeAnyList(t *testing.T) {
	eachPath(t, func(t *testing.T, _ instructions[float32]) {
		rapid.Check(t, func(t *rapid.T) {
			c := newRowsCase(rapid.Uint64().Draw(t, "seed"), rapid.IntRange(1, 100).Draw(t, "K"), rapid.IntRange(0, 600).Draw(t, "N"),
				rapid.IntRange(0, 60).Draw(t, "events"), rapid.IntRange(0, 15).Draw(t, "offset"), rapid.Float64Range(0, 1).Draw(t, "density"))
			if err := c.check(); err != nil {
				t.Fatal(err)
			}
		})
	})
}

func FuzzRows(f *testing.F) {
	f.Add(uint64(1), uint16(507), uint8(100), uint8(12), uint8(100), uint8(5))
	f.Add(uint64(2), uint16(0), uint8(1), uint8(0), uint8(0), uint8(0))
	f.Add(uint64(3), uint16(129), uint8(255), uint8(128), uint8(255), uint8(15))
	f.Fuzz(func(t *testing.T, seed uint64, n uint16, rows, events, density, offset uint8) {
		for _, p := range paths32() {
			takePath(t, p)
			if err := newRowsCase(seed, int(rows)+1, int(n)%1100, int(events), int(offset)%32, float64(density)/255).check(); err != nil {
				t.Fatalf("path=%s: %v", p.name, err)
			}
		}
	})
}

// Zeros that are left out are terms that would change nothing.
func TestPackedRowsGiveTheBitsOfDenseOnes(t *testing.T) {
	eachPath(t, func(t *testing.T, _ instructions[float32]) {
		for _, n := range []int{1, 15, 64, 200, 507} {
			c := newRowsCase(uint64(n), 40, n, 35, 0, 0.3)
			dense, sparse := make([]float32, n), make([]float32, n)
			NewDenseRows(c.m).Add(dense, c.at, c.v, nil)
			NewPackedRows(c.m).Add(sparse, c.at, c.v, nil)
			for j := range dense {
				if dense[j] != sparse[j] {
					t.Fatalf("n=%d: number %d is %v of dense rows, %v of packed ones", n, j, dense[j], sparse[j])
				}
			}
		}
	})
}

func TestRowsOnPathsWithVectorCodeGiveTheSameBits(t *testing.T) {
	c := newRowsCase(5, 50, 507, 40, 0, 0.4)
	run := func(t *testing.T, p instructions[float32]) map[string][]float32 {
		takePath(t, p)
		got := map[string][]float32{}
		for name, l := range c.layouts() {
			got[name] = make([]float32, c.n)
			l.rows.Add(got[name], c.at, c.v, make([]float32, l.rows.Scratch()))
		}
		return got
	}
	eachPair(t, func(t *testing.T, a, b instructions[float32]) {
		want, got := run(t, a), run(t, b)
		for name := range want {
			if err := sameBits(NewMat(want[name], 1, c.n), NewMat(got[name], 1, c.n)); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}

func TestRowInstructionsKeepWithinTheirSlices(t *testing.T) {
	eachPath(t, func(t *testing.T, p instructions[float32]) {
		for _, n := range borders() {
			stride := (n + padding - 1) / padding * padding
			for _, at := range [][]int32{{2, 0, 1}, {1, 2}, {0}} {
				firstDst, lastDst := fenced(t, n)
				firstV, lastV := fenced(t, len(at))
				firstRows, lastRows := fenced(t, 3*stride)
				for i, dst := range [][]float32{firstDst, lastDst} {
					v := [][]float32{firstV, lastV}[i]
					p.addRows(dst, [][]float32{firstRows, lastRows}[i], stride, at, v)
					p.addRows8(dst, fencedBytes(t, 3*stride)[i], stride, at, v)
					// Three rows, the last of which is full, up to the end of what
					// there is room for.
					steps := stride / padding
					masks := make([]uint16, 3*steps)
					for j := range n {
						masks[2*steps+j/maskBits] |= 1 << (j % maskBits)
					}
					starts := []int64{0, 0, 0, int64(n)}
					first, last := fenced(t, n+padding)
					p.spread(dst, masks, steps, [][]float32{first, last}[i], starts, at, v)
					p.spread8(dst, masks, steps, fencedBytes(t, n+padding)[i], starts, at, v)
				}
			}
		}
	})
}

// fencedBytes is fenced for numbers of 8 bits.
func fencedBytes(t testing.TB, n int) [2][]int8 {
	a, b := fenced(t, (n+3)/4)
	view := func(x []float32) []int8 {
		return unsafe.Slice((*int8)(unsafe.Pointer(unsafe.SliceData(x))), 4*len(x))
	}
	first, last := view(a), view(b)
	return [2][]int8{first[:n], last[len(last)-n:]}
}

// The largest number of a column is 127, and no weight is off by more than half of
// the scale.
func TestEightBitsRoundToTheNearest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := newRowsCase(rapid.Uint64().Draw(t, "seed"), rapid.IntRange(1, 30).Draw(t, "K"), rapid.IntRange(1, 20).Draw(t, "N"), 0, 0, 0.7)
		scale := Int8Scales(c.m)
		for j, s := range scale {
			top := 0
			for k := range c.m.Rows {
				w := c.m.Row(k)[j]
				q := Quantised(w, s)
				top = max(top, int(q), -int(q))
				if off := math.Abs(float64(w) - float64(s)*float64(q)); off > float64(s)/2*(1+1e-6) {
					t.Fatalf("column %d: %v is %d of %v, %v off", j, w, q, s, off)
				}
			}
			if s != 0 && top != int8Most {
				t.Fatalf("column %d: the largest number is %d, want %d", j, top, int8Most)
			}
		}
	})
}

func TestRowsCountTheirCost(t *testing.T) {
	m := NewMat([]float32{
		1, 0, 2,
		0, 0, 0,
		0, 3, 0,
	}, 3, 3)
	scale := Int8Scales(m)
	for name, c := range map[string]struct {
		rows        Rows
		macs, bytes int64
	}{
		"dense":       {NewDenseRows(m), 6, 24},
		"packed":      {NewPackedRows(m), 2, 2*4 + 2*2},
		"int8":        {NewInt8Rows(m, scale), 6, 6 + 12},
		"packed int8": {NewPackedInt8Rows(m, scale), 2, 2 + 2*2 + 12},
		"bare int8":   {NewInt8Rows(m, nil), 6, 6},

		// All weights, in one step of a strip of columns.
		"packed columns":      {NewPackedColumns(m), 3, 64*(4+1) + 1},
		"packed int8 columns": {NewPackedInt8Columns(m, scale), 3, 64*(1+1) + 1 + 12},
	} {
		if macs, bytes := c.rows.Cost([]int32{0, 1}); macs != c.macs || bytes != c.bytes {
			t.Errorf("%s: %d multiply-accumulates and %d bytes, want %d and %d", name, macs, bytes, c.macs, c.bytes)
		}
		if macs, bytes := c.rows.Cost(nil); macs != 0 || bytes != 0 {
			t.Errorf("%s: %d multiply-accumulates and %d bytes for no events", name, macs, bytes)
		}
		if rows, cols := c.rows.Shape(); rows != 3 || cols != 3 {
			t.Errorf("%s: shape (%d, %d), want (3, 3)", name, rows, cols)
		}
	}
}
