package kernel

import "sync"

//go:generate go run -C gen . -pkg kernel -out ../events_amd64.s -stubs ../events_amd64.go events

// eventBlock columns make a block of a list of events.
const eventBlock = 64

// events are the numbers of a matrix that are not zero, row by row, and for
// each row block by block of columns. Row i's events of block b are those from
// start[i*(blocks+1)+b] to the next start; at holds their columns within the
// matrix, v the numbers.
type events[F Float] struct {
	blocks int
	start  []int32
	at     []int32
	v      []F
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

func (e *events[F]) release() { eventsPool[F]().Put(e) }

// in gives the events of row i in blocks b0 <= b < b1.
func (e *events[F]) in(i, b0, b1 int) (at []int32, v []F) {
	lo, hi := e.start[i*(e.blocks+1)+b0], e.start[i*(e.blocks+1)+b1]
	return e.at[lo:hi], e.v[lo:hi]
}

func newEvents[F Float](rows, cols int) *events[F] {
	e := eventsPool[F]().Get().(*events[F])
	e.blocks = (cols + eventBlock - 1) / eventBlock
	e.start = resize(e.start, rows*(e.blocks+1))
	return e
}

func resize[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n, n+n/4)
	}
	return s[:n]
}

// listRows lists the events of m.
func listRows[F Float](m Mat[F]) *events[F] {
	e := newEvents[F](m.Rows, m.Cols)
	count, list := use[F]().count, use[F]().list
	e.blocksOf(m.Rows, m.Cols, func(i, lo, hi int) int { return count(m.Row(i)[lo:hi]) })
	e.rows(m.Rows, m.Cols, func(i int) {
		at, v := e.in(i, 0, e.blocks)
		list(at, v, m.Row(i), 0)
	})
	return e
}

// listColumns lists the events of the transpose of m: row k of the list is
// column k of m, and its blocks are blocks of the rows of m.
func listColumns[F Float](m Mat[F]) *events[F] {
	e := newEvents[F](m.Cols, m.Rows)
	list := use[F]().list
	stride := e.blocks + 1
	clear(e.start)
	// Every goroutine has columns of its own, read row by row.
	each := func(f func(i, lo int, at []int32, v []F)) {
		Parallel(m.Cols, listColumnBlock, func(lo, hi int) {
			var at [listColumnBlock]int32
			var v [listColumnBlock]F
			for i := range m.Rows {
				n := list(at[:], v[:], m.Row(i)[lo:hi], lo)
				f(i, lo, at[:n], v[:n])
			}
		})
	}
	each(func(i, _ int, at []int32, _ []F) {
		b := i / eventBlock
		for _, k := range at {
			e.start[int(k)*stride+b]++
		}
	})
	e.sum(m.Cols)
	next := make([]int32, m.Cols) // where the next event of a column goes
	for k := range next {
		next[k] = e.start[k*stride]
	}
	each(func(i, _ int, at []int32, v []F) {
		for j, k := range at {
			p := next[k]
			e.at[p], e.v[p] = int32(i), v[j]
			next[k] = p + 1
		}
	})
	return e
}

// Lists are made in parallel over this many numbers, or this many columns.
const (
	listGrain       = 1 << 15
	listColumnBlock = 256
)

// rows calls f for every row of a matrix of that shape.
func (e *events[F]) rows(rows, cols int, f func(i int)) {
	Parallel(rows, listGrain/max(1, cols)+1, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			f(i)
		}
	})
}

// blocksOf sets the starts, where count tells the events of row i in columns lo
// to hi.
func (e *events[F]) blocksOf(rows, cols int, count func(i, lo, hi int) int) {
	e.rows(rows, cols, func(i int) {
		starts := e.start[i*(e.blocks+1):]
		for b := range e.blocks {
			starts[b] = int32(count(i, b*eventBlock, min((b+1)*eventBlock, cols)))
		}
	})
	e.sum(rows)
}

// sum turns counts of events in each block into starts, and makes room for as
// many.
func (e *events[F]) sum(rows int) {
	stride := e.blocks + 1
	at := int32(0)
	for i := range rows {
		row := e.start[i*stride : (i+1)*stride]
		for b, n := range row[:e.blocks] {
			row[b] = at
			at += n
		}
		row[e.blocks] = at
	}
	e.at, e.v = resize(e.at, int(at)), resize(e.v, int(at))
}

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
func list[F Float](at []int32, v, row []F, first int) (n int) {
	for i, x := range row {
		if x != 0 {
			at[n], v[n] = int32(first+i), x
			n++
		}
	}
	return n
}
