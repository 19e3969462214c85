package kernel

// prefetchWidth numbers, a piece of a row, are prefetched at once. Small pieces spread
// over more rows of the block before.
const prefetchWidth = 32

// shareOf is how many pieces each of n prefetches, so that together they prefetch all.
func shareOf(pieces, n int) int {
	n = max(n, 1)
	return (pieces + n - 1) / n
}

// tileRows rows make a tile of panelWidth columns, which stays in the L2 cache.
const tileRows = 1400

// byBitmap adds the product of events in bitmaps with a matrix, given as rows and perhaps
// as panels, to what rows of a target start from. The bits depend neither on which, nor on
// how the work is cut: every number takes its terms one by one, in order.
func (e *events[F]) byBitmap(to target[F], rows Mat[F], p *panels[F]) (macs int64) {
	path := use[F]()
	macs = e.total.Load() * int64(to.out.Cols)
	if macs == 0 {
		to.begin()
		return 0
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
				block, next = p.block(c0, first, depth, e.height)
			} else {
				// Rows that lie apart are prefetched by move alone: while block does it too,
				// it takes 1.15 of the time.
				block = blockOf(&memory.block, rows.RowRange(first, first+depth).ColRange(c0, c1)).Data
			}
			l := &e.lists[b]
			a, rowStep, columnStep, ahead := e.start(r0, b)
			spans, bitmap := e.in(b, r0, r1)
			sums := tile
			if inPlace && to.store == nil && b == e.blocks()-1 {
				sums = to.at(r0, r1, c0, c1)
			}
			path.block(sums.Data, sums.Stride, base.Data, base.Stride, block, width, depth, spans, bitmap, l.v, a, rowStep, columnStep, ahead,
				next, shareOf(len(next)/prefetchWidth, r1-r0))
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
	return macs
}
