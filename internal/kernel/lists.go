package kernel

import "slices"

// eventList holds the events of a block, row by row: their places in the block and
// their numbers. Behind the places are gatherAhead more, those that come next. A
// bitmap stands for the places if there is one. Full rows of a list have all their
// numbers in a, one row after the other.
type eventList[F Float] struct {
	at   []int32
	v    []F
	full []int32
	a    []F
}

// listed lists the events of a matrix, or of its transpose, in blocks of up to so many
// columns. Rows that are full in a block are told apart if there is a way for them.
func listed[F Float](m Mat[F], turned bool, height int, tellFull bool) *events[F] {
	cols := m.Cols
	if turned {
		cols = m.Rows
	}
	blocks := max(1, (cols+height-1)/height)
	e := newEvents(m, turned, max(1, (cols+blocks-1)/blocks))
	Parallel(e.blocks(), 1+listGrain/max(1, e.rows*e.height), func(lo, hi int) {
		memory := borrow[F]()
		defer memory.release()
		for b := lo; b < hi; b++ {
			e.list(b, tellFull, memory)
		}
	})
	for b, l := range e.lists {
		_, depth := e.block(b)
		goOn(l.at, e.lists[(b+1)%len(e.lists)].at, depth)
	}
	return e
}

// goOn lets a list of places in so many rows be followed by those that come next:
// those in the block behind, or in the next panel.
func goOn(at, next []int32, rows int) {
	behind := at[len(at) : len(at)+gatherAhead]
	clear(behind)
	for i := range min(len(behind), len(next)) {
		behind[i] = next[i] + int32(rows)
	}
}

// list makes the list of block b, some rows at a time.
func (e *events[F]) list(b int, tellFull bool, memory *memory[F]) {
	l := &memory.events
	l.at, l.v, l.full, l.a = l.at[:0], l.v[:0], l.full[:0], l.a[:0]
	markFull := 0
	if tellFull {
		markFull = 1
	}
	step := max(1, listGrain/e.height)
	for r := 0; r < e.rows; r += step {
		rows := e.part(r, min(r+step, e.rows), b, memory)
		spans := e.spans[2*(b*e.rows+r):][:2*rows.Rows]
		n, room := len(l.at), rows.Rows*rows.Cols+listSlack
		l.at, l.v = slices.Grow(l.at, room), slices.Grow(l.v, room)
		use[F]().list(spans, l.at[n:n+room], l.v[n:n+room], rows.Data, rows.Stride, rows.Cols, markFull)
		found := n + int(spans[len(spans)-1])
		l.at, l.v = l.at[:found], l.v[:found]
		for i := range rows.Rows {
			if spans[2*i] < 0 {
				l.full, l.a = append(l.full, int32(r+i)), append(l.a, rows.Row(i)...)
			} else {
				spans[2*i] += int32(n)
			}
			spans[2*i+1] += int32(n)
		}
	}
	at := e.places.take(len(l.at) + gatherAhead)[:len(l.at)]
	copy(at, l.at)
	e.lists[b] = eventList[F]{at: at, v: e.numbers.keep(l.v), full: e.places.keep(l.full), a: e.numbers.keep(l.a)}
	e.total.Add(int64(len(l.v) + len(l.a)))
}
