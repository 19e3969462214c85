package kernel

import "sync"

// events are the numbers of a matrix that are not zero, row by row, and for
// each row block by block of columns. Row i's events of block b are those from
// start[i*(blocks+1)+b] to the next start; at holds their columns within the
// matrix, v the numbers.
type events[F Float] struct {
	blocks int
	block  int // columns a block
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

// in gives the events of row i in block b.
func (e *events[F]) in(i, b int) (at []int32, v []F) {
	lo, hi := e.start[i*(e.blocks+1)+b], e.start[i*(e.blocks+1)+b+1]
	return e.at[lo:hi], e.v[lo:hi]
}

func newEvents[F Float](rows, cols, block int) *events[F] {
	e := eventsPool[F]().Get().(*events[F])
	e.block, e.blocks = block, (cols+block-1)/block
	e.start = resize(e.start, rows*(e.blocks+1))
	return e
}

func resize[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n, n+n/4)
	}
	return s[:n]
}

// listRows lists the events of m with the blocks of its columns.
func listRows[F Float](m Mat[F], block int) *events[F] {
	e := newEvents[F](m.Rows, m.Cols, block)
	first := e.count(m.Rows, func(i int, counts []int32) {
		row := m.Row(i)
		for b := range counts {
			n := int32(0)
			for _, v := range row[b*block : min((b+1)*block, len(row))] {
				if v != 0 {
					n++
				}
			}
			counts[b] = n
		}
	})
	e.at, e.v = resize(e.at, int(first)), resize(e.v, int(first))
	Parallel(m.Rows, listGrain/max(1, m.Cols)+1, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			p := e.start[i*(e.blocks+1)]
			for k, v := range m.Row(i) {
				if v != 0 {
					e.at[p], e.v[p] = int32(k), v
					p++
				}
			}
		}
	})
	return e
}

// listColumns lists the events of the transpose of m: row k of the list is
// column k of m, and its blocks are blocks of the rows of m.
func listColumns[F Float](m Mat[F], block int) *events[F] {
	e := newEvents[F](m.Cols, m.Rows, block)
	stride := e.blocks + 1
	clear(e.start)
	// Every goroutine has columns of its own, read row by row.
	columns := func(f func(lo, hi int)) { Parallel(m.Cols, listColumnBlock, f) }
	columns(func(lo, hi int) {
		for i := range m.Rows {
			b := i / block
			for k, v := range m.Row(i)[lo:hi] {
				if v != 0 {
					e.start[(lo+k)*stride+b]++
				}
			}
		}
	})
	total := e.count(m.Cols, nil)
	e.at, e.v = resize(e.at, int(total)), resize(e.v, int(total))
	columns(func(lo, hi int) {
		var next [listColumnBlock]int32
		for k := lo; k < hi; k++ {
			next[k-lo] = e.start[k*stride]
		}
		for i := range m.Rows {
			for k, v := range m.Row(i)[lo:hi] {
				if v != 0 {
					p := next[k]
					e.at[p], e.v[p] = int32(i), v
					next[k] = p + 1
				}
			}
		}
	})
	return e
}

// Lists are made in parallel over this many numbers, or this many columns.
const (
	listGrain       = 1 << 15
	listColumnBlock = 256
)

// count turns counts of events in each block, which f writes if given, into
// starts, and returns their sum.
func (e *events[F]) count(rows int, f func(i int, counts []int32)) int32 {
	stride := e.blocks + 1
	if f != nil {
		Parallel(rows, listGrain/max(1, e.blocks*e.block)+1, func(lo, hi int) {
			for i := lo; i < hi; i++ {
				f(i, e.start[i*stride:i*stride+e.blocks])
			}
		})
	}
	at := int32(0)
	for i := range rows {
		for b := range e.blocks {
			n := e.start[i*stride+b]
			e.start[i*stride+b] = at
			at += n
		}
		e.start[i*stride+e.blocks] = at
	}
	return at
}
