package kernel

// askWidth numbers, a piece of a row that is needed soon, are asked for at once. Small
// pieces spread over more rows of the block before.
const askWidth = 32

// shareOf is how many pieces each of n asks for, so that together they ask for all.
func shareOf(pieces, n int) int {
	n = max(n, 1)
	return (pieces + n - 1) / n
}

// tileRows rows make a tile of panelWidth columns, which stays in the second cache.
const tileRows = 1400

// target is where sums start from and go to.
type target[F Float] struct {
	out   Mat[F]
	start []F // what rows start from; nil for what stands in out

	// store takes a tile of sums to its place, if that is not just to replace what
	// stands in out.
	store func(tile Mat[F], r0, c0 int)
}

// begin writes what out would be without a term.
func (t target[F]) begin() {
	if t.start == nil || t.store != nil {
		return
	}
	Parallel(t.out.Rows, 1+startGrain/t.out.Cols, func(lo, hi int) {
		use[F]().move(t.out.Data[lo*t.out.Stride:], t.start, t.out.Stride, 0, hi-lo, t.out.Cols)
	})
}

// base is what rows of a tile start from: one row for all, without a stride, if there
// is one.
func (t target[F]) base(r0, r1, c0, c1 int) Mat[F] {
	if t.start == nil {
		return t.at(r0, r1, c0, c1)
	}
	return Mat[F]{Rows: r1 - r0, Cols: c1 - c0, Data: t.start[c0:]}
}

// at is where a tile lies in out.
func (t target[F]) at(r0, r1, c0, c1 int) Mat[F] { return t.out.RowRange(r0, r1).ColRange(c0, c1) }

// startGrain numbers are worth a goroutine.
const startGrain = 1 << 15

// accumulate adds the product of e with a matrix, given as rows and perhaps as panels,
// to what rows of a target start from. The bits depend neither on which, nor on how the
// work is cut: every number takes its terms one by one, in order.
func accumulate[F Float](e *events[F], rows Mat[F], p *panels[F], to target[F]) {
	path := use[F]()
	macs := e.total.Load() * int64(to.out.Cols)
	if macs == 0 {
		to.begin()
		return
	}
	tiles(e.rows, to.out.Cols, tileRows, panelWidth, macs, func(r0, r1, c0, c1 int) {
		memory := borrow[F]()
		defer memory.release()
		width := (c1 - c0 + padding - 1) / padding * padding
		tile := Mat[F]{Rows: r1 - r0, Cols: c1 - c0, Stride: panelWidth, Data: numbers(&memory.tile, (r1-r0)*panelWidth)}
		base := to.base(r0, r1, c0, c1)
		inPlace := tile.Cols == width // without numbers between the columns
		if !inPlace {
			path.move(tile.Data, base.Data, tile.Stride, base.Stride, tile.Rows, tile.Cols)
			base = tile
		}
		for b := range e.blocks() {
			first, depth := e.block(b)
			var block, next []F
			if p != nil {
				panel := p.panel(c0).Data
				block, next = panel[first*panelWidth:], panel[(first+depth)*panelWidth:]
				next = next[:min(len(next), e.height*panelWidth)]
			} else {
				// Rows that lie apart are asked for by move alone: while block does it too,
				// it takes 1.15 of the time.
				block = blockOf(&memory.block, rows.RowRange(first, first+depth).ColRange(c0, c1)).Data
			}
			l := &e.lists[b]
			a, rowStep, columnStep, aNext := e.start(r0, b)
			spans, bitmap := e.in(b, r0, r1)
			sums := tile
			if inPlace && to.store == nil && b == e.blocks()-1 {
				sums = to.at(r0, r1, c0, c1)
			}
			path.block(sums.Data, sums.Stride, base.Data, base.Stride, block, width, depth, spans, bitmap, l.v, a, rowStep, columnStep, aNext,
				next, shareOf(len(next)/askWidth, r1-r0))
			base = tile
		}
		switch {
		case to.store != nil:
			to.store(tile, r0, c0)
		case !inPlace:
			out := to.at(r0, r1, c0, c1)
			path.move(out.Data, tile.Data, out.Stride, tile.Stride, tile.Rows, tile.Cols)
		}
	})
}
