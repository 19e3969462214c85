package kernel

// askWidth numbers, a piece of a row that is needed soon, are asked for at once. Small
// pieces spread over more rows of the block before: two cache lines instead of 8 or
// 16 take 7 to 12 % off a product at live places of 64 rows.
const askWidth = 32

// shareOf is how many pieces each of n asks for, so that together they ask for all.
func shareOf(pieces, n int) int {
	n = max(n, 1)
	return (pieces + n - 1) / n
}

// tileRows rows make a tile of panelWidth columns, which stays in the second cache.
const tileRows = 1400

// target is where tiles come from and go to.
type target[F Float] interface {
	begin() // writes what all tiles would be without a term
	load(tile Mat[F], r0, c0 int)
	store(tile Mat[F], r0, c0 int)
}

// everywhere adds products to all of out.
type everywhere[F Float] struct{ out Mat[F] }

func (t everywhere[F]) begin() {}

func (t everywhere[F]) load(tile Mat[F], r0, c0 int) {
	use[F]().move(tile.Data, t.out.Data[r0*t.out.Stride+c0:], tile.Stride, t.out.Stride, tile.Rows, tile.Cols)
}

func (t everywhere[F]) store(tile Mat[F], r0, c0 int) {
	use[F]().move(t.out.Data[r0*t.out.Stride+c0:], tile.Data, t.out.Stride, tile.Stride, tile.Rows, tile.Cols)
}

// from starts with a row, rather than with what is in out.
type from[F Float] struct {
	everywhere[F]
	start []F
}

func (t from[F]) begin() {
	Parallel(t.out.Rows, 1+startGrain/t.out.Cols, func(lo, hi int) {
		t.load(t.out.RowRange(lo, hi), lo, 0)
	})
}

func (t from[F]) load(tile Mat[F], _, c0 int) {
	use[F]().move(tile.Data, t.start[c0:], tile.Stride, 0, tile.Rows, tile.Cols)
}

// startGrain numbers are worth a goroutine.
const startGrain = 1 << 15

// accumulate adds the product of e with cols columns of a matrix, given as rows and
// perhaps as panels. The bits depend neither on which, nor on how the work is
// cut: every number takes its terms one by one, in order.
func accumulate[F Float](e *events[F], cols int, rows Mat[F], p *panels[F], to target[F]) {
	path := use[F]()
	macs := e.total.Load() * int64(cols)
	if macs == 0 {
		to.begin()
		return
	}
	tiles(e.rows, cols, tileRows, panelWidth, macs, func(r0, r1, c0, c1 int) {
		memory := borrow[F]()
		defer memory.release()
		width := (c1 - c0 + padding - 1) / padding * padding
		tile := Mat[F]{Rows: r1 - r0, Cols: c1 - c0, Stride: panelWidth, Data: numbers(&memory.tile, (r1-r0)*panelWidth)}
		to.load(tile, r0, c0)
		for b := range e.blocks() {
			first, depth := e.block(b)
			pieces := min(e.height, e.cols-first-depth) * panelWidth / askWidth // of the next block
			var block, next []F
			nextStep := panelWidth
			if p != nil {
				panel := p.panel(c0)
				block, next = panel.Data[first*panelWidth:], panel.Data[(first+depth)*panelWidth:]
			} else {
				block = numbers(&memory.block, depth*panelWidth)
				path.move(block, rows.Data[first*rows.Stride+c0:], panelWidth, rows.Stride, depth, c1-c0)
				next, nextStep = rows.Data[min((first+depth)*rows.Stride+c0, len(rows.Data)):], rows.Stride
			}
			l := &e.lists[b]
			a, rowStep, columnStep, aNext := e.start(r0, b)
			spans, bitmap := e.in(b, r0, r1)
			path.block(tile.Data, block, width, depth, spans, bitmap, l.v, a, rowStep, columnStep, aNext,
				next, nextStep, pieces, shareOf(pieces, r1-r0))
		}
		to.store(tile, r0, c0)
	})
}
