package kernel

import (
	word "math/bits"
	"sync"
	"sync/atomic"
)

//go:generate go run -C gen . -pkg kernel -out ../events_amd64.s -stubs ../events_amd64.go events

// events is the left-hand side of a product, (rows, cols), cut into blocks of
// height columns. Row i has in block b the events of span b*rows+i, or it is full: then
// all its numbers there count. Where events are many, blocks have up to bitmapRows columns,
// and places are the bits of word b*rows+i of bitmap; else they are in a list.
type events[F Float] struct {
	rows, cols, height int
	matrix             Mat[F] // (rows, cols), or if turned (cols, rows)
	turned             bool

	spans   []int32  // two numbers each
	bitmap  []uint64 // empty if there are lists
	lists   []blockEvents[F]
	places  store[int32] // memory of lists
	numbers store[F]     // the same
	total   atomic.Int64 // numbers that count
}

var (
	events32 = sync.Pool{New: func() any { return new(events[float32]) }}
	events64 = sync.Pool{New: func() any { return new(events[float64]) }}
)

func eventsPool[F Float]() *sync.Pool {
	if _, ok := any(F(0)).(float32); ok {
		return &events32
	}
	return &events64
}

func (e *events[F]) release() {
	e.matrix = Mat[F]{}
	eventsPool[F]().Put(e)
}

func newEvents[F Float](m Mat[F], turned bool, height int) *events[F] {
	m.mustHave(m.Rows, m.Cols)
	e := eventsPool[F]().Get().(*events[F])
	e.rows, e.cols, e.height, e.matrix, e.turned = m.Rows, m.Cols, height, m, turned
	if turned {
		e.rows, e.cols = m.Cols, m.Rows
	}
	e.spans = resize(e.spans, 2*e.rows*e.blocks())
	e.lists = resize(e.lists, e.blocks())
	clear(e.lists)
	e.bitmap = e.bitmap[:0]
	e.places.reset()
	e.numbers.reset()
	e.total.Store(0)
	return e
}

func (e *events[F]) blocks() int { return (e.cols + e.height - 1) / e.height }

// block is the first column of block b, and how many it has.
func (e *events[F]) block(b int) (first, depth int) {
	first = b * e.height
	return first, min(e.height, e.cols-first)
}

// in gives the spans and the bitmap of rows r0 to r1 in block b.
func (e *events[F]) in(b, r0, r1 int) (spans []int32, bitmap []uint64) {
	lo, hi := b*e.rows+r0, b*e.rows+r1
	if len(e.bitmap) > 0 {
		bitmap = e.bitmap[lo:hi]
	}
	return e.spans[2*lo : 2*hi], bitmap
}

// start is where row i of block b starts in the matrix, with the steps to the next
// row and to the next column. ahead is how far from a number the instruction block shall
// prefetch: a row after the fullRows that it makes at once, or where rows lie side by
// side, the next cache line of them.
func (e *events[F]) start(i, b int) (a []F, rowStep, columnStep, ahead int) {
	if e.turned {
		const line = alignment / 4 // float32 alone is prefetched
		return e.matrix.Data[b*e.height*e.matrix.Stride+i:], 1, e.matrix.Stride, line
	}
	return e.matrix.Data[i*e.matrix.Stride+b*e.height:], e.matrix.Stride, 1, fullRows * e.matrix.Stride
}

// listSlack is how far instructions that make lists write behind them.
const listSlack = 16

// listGrain numbers are worth a goroutine.
const listGrain = 1 << 17

// bitmapped finds the events of a matrix, or of its transpose, for bitmaps of height
// columns.
func bitmapped[F Float](m Mat[F], turned bool, height int) *events[F] {
	e := newEvents(m, turned, height)
	e.bitmap = resize(e.bitmap, e.rows*e.blocks())
	Parallel(e.blocks(), 1+listGrain/max(1, e.rows*e.height), func(lo, hi int) {
		memory := borrow[F]()
		defer memory.release()
		for b := lo; b < hi; b++ {
			e.fillBitmap(b, memory)
		}
	})
	return e
}

// fillBitmap makes the bitmap of block b.
func (e *events[F]) fillBitmap(b int, memory *memory[F]) {
	if e.rows == 0 {
		return
	}
	rows := e.part(0, e.rows, b, memory)
	v, spans := numbers(&memory.v, e.rows*rows.Cols+listSlack), e.spans[2*b*e.rows:2*(b+1)*e.rows]
	use[F]().listBitmap(spans, e.bitmap[b*e.rows:][:e.rows], v, rows.Data, rows.Stride, rows.Cols)
	n, full := int(spans[len(spans)-1]), 0
	for i := 0; i < len(spans); i += 2 {
		if spans[i] < 0 {
			full++
		}
	}
	e.total.Add(int64(n + full*rows.Cols))
	e.lists[b].v = e.numbers.keep(v[:n])
}

// part is what block b has of rows r0 to r1. If it must be turned, it lasts to the
// next call.
func (e *events[F]) part(r0, r1, b int, memory *memory[F]) Mat[F] {
	first, depth := e.block(b)
	if !e.turned {
		return e.matrix.RowRange(r0, r1).ColRange(first, first+depth)
	}
	rows := Mat[F]{Rows: r1 - r0, Cols: depth, Stride: e.height, Data: numbers(&memory.turned, (r1-r0)*e.height)}
	m := e.matrix.RowRange(first, first+depth).ColRange(r0, r1)
	if r1-r0 == e.rows && far(e.matrix) {
		// Whole rows come from memory far sooner in the order in which they lie than in
		// that in which they are turned, so they are read once before: 4480 rows of 1350
		// numbers take 3.3 ms on an AMD EPYC 9004, 5.5 without.
		for i := range m.Rows {
			use[F]().count(m.Row(i))
		}
	}
	turnInto(rows, m)
	return rows
}

// farNumbers numbers do not fit an L2 cache.
const farNumbers = 1 << 20

// far says whether a matrix comes from further away.
func far[F Float](m Mat[F]) bool { return m.Rows*m.Cols >= farNumbers }

// everything takes every number of a matrix for an event.
func everything[F Float](m Mat[F]) *events[F] {
	e := newEvents(m, false, blockHeight(m.Cols, 1))
	for i := range e.spans {
		e.spans[i] = -1
	}
	e.total.Store(int64(m.Rows) * int64(m.Cols))
	return e
}

// densityRows rows tell how dense a matrix is.
const densityRows = 64

// Density is the fraction, 0 to 1, of the numbers of m (M, K) that are not zero, NaN
// among them, going by 64 of its rows; 0 if it has none. Of more rows it takes some by
// the golden ratio, which have no period: with one of the batch size they would all be
// of one row of the batch.
func Density[F Float](m Mat[F]) float64 {
	const golden = 0x9E3779B97F4A7C15 // of 2^64
	count, n, rows := use[F]().count, 0, min(m.Rows, densityRows)
	for i := range rows {
		if m.Rows > densityRows {
			at, _ := word.Mul64(uint64(i)*golden, uint64(m.Rows))
			i = int(at)
		}
		n += count(m.Row(i))
	}
	return float64(n) / float64(max(1, rows*m.Cols))
}

// Count is how many numbers of x are not 0, NaN among them.
func Count[F Float](x []F) int { return use[F]().count(x) }

// count is the instruction in Go.
func count[F Float](row []F) (n int) {
	for _, x := range row {
		if x != 0 {
			n++
		}
	}
	return n
}

// list is the instruction in Go.
func list[F Float](spans, at []int32, v, rows []F, rowStep, columns, tellFull int) {
	n := 0
	for i := range len(spans) / 2 {
		from := n
		for k, x := range rows[i*rowStep:][:columns] {
			if x != 0 {
				at[n], v[n] = int32(k), x
				n++
			}
		}
		spans[2*i] = int32(from)
		if n-from == columns && tellFull != 0 {
			spans[2*i], n = -1, from
		}
		spans[2*i+1] = int32(n)
	}
}
