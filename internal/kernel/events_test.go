package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// someRowsFull has rows without zeros, without events, and others.
func someRowsFull[F Float](seed uint64, rows, cols, gap, offset int) Mat[F] {
	r := rand.New(rand.NewPCG(seed, 6))
	m, _ := guarded[F](rows, cols, gap, offset)
	for i := range rows {
		fill(r, m.RowRange(i, i+1), []float64{0, 0.1, 0.9, 1, 1}[r.IntN(5)])
	}
	return m
}

// check holds what e has of m, or of its transpose, against a plain loop.
func (e *events[F]) check(m Mat[F], turned, tellFull bool) error {
	if turned {
		m = flipped(m, 0)
	}
	if e.rows != m.Rows || e.cols != m.Cols {
		return fmt.Errorf("lists of (%d, %d), want (%d, %d)", e.rows, e.cols, m.Rows, m.Cols)
	}
	var total int64
	for b := range (m.Cols + e.height - 1) / e.height {
		lo, hi := b*e.height, min((b+1)*e.height, m.Cols)
		if first, depth := e.block(b); first != lo || depth != hi-lo {
			return fmt.Errorf("block %d starts at %d with %d columns, want %d with %d", b, first, depth, lo, hi-lo)
		}
		for i := range m.Rows {
			row := m.Row(i)[lo:hi]
			var places []int32
			var numbers []F
			for k, x := range row {
				if x != 0 {
					places, numbers = append(places, int32(k)), append(numbers, x)
				}
			}
			total += int64(len(places))
			span, bitmap := e.in(b, i, i+1)
			if full := tellFull && len(places) == len(row); full != (span[0] < 0) {
				return fmt.Errorf("block %d, row %d with %d events of %d: span %v", b, i, len(places), len(row), span)
			} else if full {
				if err := e.checkFull(b, i, row); err != nil {
					return err
				}
				continue
			}
			var at []int32
			if bitmap == nil {
				at = e.lists[b].at[span[0]:span[1]]
			} else {
				at = bitsOf(bitmap[0])
			}
			v := e.lists[b].v[span[0]:span[1]]
			if !slices.Equal(at, places) || !slices.Equal(v, numbers) {
				return fmt.Errorf("block %d, row %d: %v, %v, want %v, %v", b, i, at, v, places, numbers)
			}
		}
	}
	if got := e.total.Load(); got != total {
		return fmt.Errorf("%d events in all, want %d", got, total)
	}
	return nil
}

// checkFull holds the numbers of a full row against those of the matrix.
func (e *events[F]) checkFull(b, i int, row []F) error {
	a, _, step, _ := e.start(i, b)
	if len(e.bitmap) == 0 {
		at, ok := slices.BinarySearch(e.lists[b].full, int32(i))
		if !ok {
			return fmt.Errorf("block %d, full row %d is not among %v", b, i, e.lists[b].full)
		}
		a, step = e.lists[b].a[at*len(row):], 1
	}
	for k, x := range row {
		if a[k*step] != x {
			return fmt.Errorf("block %d, full row %d: number %d is %v, want %v", b, i, k, a[k*step], x)
		}
	}
	return nil
}

// way is one to find the events of a matrix.
type way[F Float] struct {
	name     string
	events   *events[F]
	tellFull bool
}

// ways finds the events of m, or of its transpose, in every way.
func ways[F Float](m Mat[F], turned bool) []way[F] {
	var w []way[F]
	for _, height := range []int{1, fullHeight, bitmapRows} {
		w = append(w, way[F]{fmt.Sprintf("bitmaps of %d columns", height), bitmapped(m, turned, height), true})
	}
	for _, height := range []int{1, 50, bitmapRows, 100, listedRows} {
		for _, tellFull := range []bool{false, true} {
			name := fmt.Sprintf("lists of %d columns, tellFull=%v", height, tellFull)
			w = append(w, way[F]{name, listed(m, turned, height, tellFull), tellFull})
			if turned {
				w = append(w, way[F]{name + ", dealt", listedOrDealt(m, turned, height, tellFull, true), tellFull})
			}
		}
	}
	return w
}

func TestEventsAreFoundBlockByBlock(t *testing.T) {
	both(t, eventsAreFound[float32], eventsAreFound[float64])
}

func TestEventsAreFoundBlockByBlockOnEveryPath(t *testing.T) {
	eachPath(t, func(t *testing.T, _ instructions[float32]) { eventsAreFound[float32](t) })
}

func eventsAreFound[F Float](t *testing.T) {
	sizes := []int{0, 1, 7, 16, 63, 64, 65, 128, 200, 257}
	for n, rows := range sizes {
		for m, cols := range sizes {
			for _, turned := range []bool{false, true} {
				y := someRowsFull[F](uint64(n), rows, cols, m%3, n%5)
				for _, w := range ways(y, turned) {
					if err := w.events.check(y, turned, w.tellFull); err != nil {
						t.Fatalf("(%d, %d) turned=%v, %s: %v", rows, cols, turned, w.name, err)
					}
					w.events.release()
				}
			}
		}
	}
}

// Lists are made some rows at a time, and hold those of all.
func TestLongListsAreMadeInParts(t *testing.T) {
	y := someRowsFull[float32](3, 3*listGrain/listedRows, listedRows+10, 1, 3)
	for _, turned := range []bool{false, true} {
		m := y
		if turned {
			m = flipped(y, 1)
		}
		checkListed(t, m, turned)
	}
}

func checkListed(t *testing.T, m Mat[float32], turned bool) {
	t.Helper()
	for _, tellFull := range []bool{false, true} {
		e := listed(m, turned, 2*listedRows, tellFull)
		if err := e.check(m, turned, tellFull); err != nil {
			t.Errorf("turned=%v tellFull=%v: %v", turned, tellFull, err)
		}
		e.release()
	}
}

func TestListsOfLargeMatricesAreTheSame(t *testing.T) {
	m := sparse[float32](rand.New(rand.NewPCG(3, 3)), 3000, farNumbers/3000+1, 0.02)
	for i := range m.Rows {
		m.Row(i)[7] = 1 // of the transpose a full row
	}
	if !far(m) {
		t.Fatalf("%d numbers are few", m.Rows*m.Cols)
	}
	for _, turned := range []bool{false, true} {
		checkListed(t, m, turned)
	}
}

func TestBlocksAreLowerWhereAllRowsAreFull(t *testing.T) {
	for _, c := range []struct {
		columns  int
		activity float64
		want     int
	}{{300, 1, fullHeight}, {bitmapRows + 1, 1, fullHeight}, {bitmapRows, 1, bitmapRows}, {300, 0.99, bitmapRows}} {
		if got := blockHeight(c.columns, c.activity); got != c.want {
			t.Errorf("%d columns at an activity of %v: blocks of %d, want %d", c.columns, c.activity, got, c.want)
		}
	}
}

// Full columns are rows of the transpose that take all of a block.
func TestFullRowsOfATransposeAreReadFromTheMatrix(t *testing.T) {
	y := fill(rand.New(rand.NewPCG(1, 1)), NewMat(make([]float32, 150*40), 150, 40), 1)
	for j := range 40 {
		if j%3 == 0 {
			y.Row(70)[j] = 0 // in the second block
		}
	}
	e := bitmapped(y, true, bitmapRows)
	defer e.release()
	if err := e.check(y, true, true); err != nil {
		t.Fatal(err)
	}
	for b := range 3 {
		for j := range 40 {
			span, _ := e.in(b, j, j+1)
			if full := b != 1 || j%3 != 0; full != (span[0] < 0) {
				t.Errorf("block %d, column %d: span %v", b, j, span)
			}
		}
	}
}

func TestListsAreTheSameAfterOthers(t *testing.T) {
	both(t, listsAreTheSameAfterOthers[float32], listsAreTheSameAfterOthers[float64])
}

func listsAreTheSameAfterOthers[F Float](t *testing.T) {
	big, small := someRowsFull[F](1, 300, 200, 1, 0), someRowsFull[F](2, 3, 5, 0, 1)
	for range 5 {
		for _, m := range []Mat[F]{big, small, big, {}, small} {
			for i := range 4 {
				turned, e := i%2 == 1, (*events[F])(nil)
				if i < 2 {
					e = bitmapped(m, turned, bitmapRows)
				} else {
					e = listed(m, turned, 100, true)
				}
				if err := e.check(m, turned, true); err != nil {
					t.Fatalf("(%d, %d) turned=%v bitmaps=%v: %v", m.Rows, m.Cols, turned, i < 2, err)
				}
				// Three pieces of memory are enough for the big one.
				if e.places.piece > 2 || e.numbers.piece > 2 {
					t.Fatalf("the lists are in pieces %d and %d of memory that others have left", e.places.piece, e.numbers.piece)
				}
				e.release()
			}
		}
	}
}

// Two lists at a time must not share memory.
func TestListsLastWhileOthersAreMade(t *testing.T) {
	y, other := someRowsFull[float32](1, 100, 200, 0, 0), someRowsFull[float32](2, 200, 100, 0, 0)
	first, alike := bitmapped(y, false, bitmapRows), listed(y, false, 70, true)
	for range 3 {
		for _, w := range ways(other, true) {
			if err := w.events.check(other, true, w.tellFull); err != nil {
				t.Fatalf("%s: %v", w.name, err)
			}
			w.events.release()
		}
	}
	for _, e := range []*events[float32]{first, alike} {
		if err := e.check(y, false, true); err != nil {
			t.Fatal(err)
		}
		e.release()
	}
}

// Whose places come next is asked for: those of the block behind, and of the first
// block in the next panel.
func TestListsGoOnWithWhatComesNext(t *testing.T) {
	for _, events := range []int{0, 3, gatherAhead, 50} { // of the first row in each block
		y := NewMat(make([]float32, 2*250), 2, 250)
		for k := range y.Cols {
			if k%100 < events {
				y.Row(0)[k] = 1
			}
		}
		e := listed(y, false, 100, true)
		for b, l := range e.lists {
			next, _ := e.block((b + 1) % e.blocks())
			if b == e.blocks()-1 {
				next = y.Cols
			}
			first, _ := e.block(b)
			behind := l.at[len(l.at) : len(l.at)+gatherAhead]
			for i, k := range e.lists[(b+1)%e.blocks()].at[:min(gatherAhead, len(e.lists[(b+1)%e.blocks()].at))] {
				if want := int32(next-first) + k; behind[i] != want {
					t.Errorf("%d events: place %d behind block %d is %d, want %d", events, i, b, behind[i], want)
				}
			}
		}
		e.release()
	}
}

func TestWholeTakesEveryNumber(t *testing.T) {
	both(t, wholeTakesEveryNumber[float32], wholeTakesEveryNumber[float64])
}

func wholeTakesEveryNumber[F Float](t *testing.T) {
	for _, s := range [][2]int{{0, 0}, {0, 5}, {5, 0}, {1, 1}, {7, 64}, {9, 65}, {3, 300}} {
		m := someRowsFull[F](1, s[0], s[1], 2, 3) // zeros count too
		bitmapped(m, false, bitmapRows).release() // leaves spans behind
		e := everything(m)
		if got, want := e.total.Load(), int64(s[0]*s[1]); got != want {
			t.Errorf("%v: %d events, want %d", s, got, want)
		}
		for b := range e.blocks() {
			first, depth := e.block(b)
			for i := range m.Rows {
				if span, _ := e.in(b, i, i+1); span[0] >= 0 {
					t.Fatalf("%v: row %d of block %d is listed from %d on", s, i, b, span[0])
				}
				a, _, step, _ := e.start(i, b)
				for k, x := range m.Row(i)[first : first+depth] {
					if bits(a[k*step]) != bits(x) {
						t.Fatalf("%v: number %d of row %d of block %d is %v, want %v", s, k, i, b, a[k*step], x)
					}
				}
			}
		}
		e.release()
	}
}

// Sequences are rows of a batch in turn, of which one may be silent or padding.
func TestDensityIsThatOfAllRowsOfABatch(t *testing.T) {
	for _, c := range []struct{ T, B int }{{63, 20}, {64, 20}, {128, 20}, {70, 64}, {35, 20}, {100, 2}, {33, 128}} {
		for dense := range c.B {
			m := NewMat(make([]float32, c.T*c.B*3), c.T*c.B, 3)
			for i := range m.Rows {
				if i%c.B == dense {
					copy(m.Row(i), []float32{1, 1, 1})
				}
			}
			want := 1 / float64(c.B)
			if got := Density(m); math.Abs(got-want) > max(0.1, want/4) {
				t.Errorf("T=%d B=%d, row %d dense: density %v, want about %v", c.T, c.B, dense, got, want)
			}
		}
	}
}

func TestDensityIsTheFractionOfEvents(t *testing.T) {
	eachPath(t, func(t *testing.T, _ instructions[float32]) {
		rapid.Check(t, func(t *rapid.T) {
			dim := rapid.IntRange(0, 200)
			rows, cols := dim.Draw(t, "rows"), dim.Draw(t, "cols")
			m := someRowsFull[float32](rapid.Uint64().Draw(t, "seed"), rows, cols, 2, 1)
			got := Density(m)
			if !(got >= 0 && got <= 1) {
				t.Fatalf("density %v, want 0 to 1", got)
			}
			n := operands[float32]{y: m}.events()
			if want := float64(n) / float64(max(1, rows*cols)); rows <= 64 && got != want {
				t.Fatalf("density %v of %d rows, want %v", got, rows, want)
			}
			if n == int64(rows*cols) && n > 0 && got != 1 || n == 0 && got != 0 {
				t.Fatalf("density %v of %d events in (%d, %d)", got, n, rows, cols)
			}
		})
	})
}
