package kernel

const (
	// A block has blockRows rows, which in panels are 32 KB and stay in the first
	// cache while all rows of a tile use them. A row of a tile, which is read and
	// written once for each, should have markedEvents there. If it has fewer, blocks
	// are up to maxBlocks times as high, stay in the second cache, and leave it
	// blockEvents. In ms on one core of an AMD EPYC 9005, AVX-512:
	//
	//	blocks of blockRows from so many on     3      5      8      16
	//	M=64   K=1350 N=4050, activity 0.3    1.38   1.46   1.44   1.41
	//	M=64   K=1350 N=4050, activity 0.1    0.80   0.84   0.94   1.18
	//	M=4480 transposed,    activity 0.1    54.9   56.3   58.6   63.1
	//	M=4480 transposed,    activity 0.07   47.7   47.1   47.6   48.3
	//	M=700  K=256  N=768, transposed, 0.1  0.34   0.34   0.41   0.45
	//
	// The backward pass of a layer of 1350 units at an activity of 0.02 takes 159 with
	// blockEvents of 8, 162 with 5.
	//
	//	maxBlocks                              4      16
	//	M=4480 transposed,    activity 0.02   23.7   21.9
	//	M=4480 transposed,    activity 0.01   19.2   16.0
	blockRows    = 64
	markedEvents = 5
	maxBlocks    = 16
	blockEvents  = 8

	// Rows of panels that are used less than reuses times need not stay in a cache
	// for that: then a block is so high that a row of a tile has aloneEvents. M=64
	// K=1350 N=4050 takes 0.33 in place of 0.38 ms at an activity of 0.02, 0.47 in
	// place of 0.54 at 0.03.
	reuses      = 2
	aloneEvents = 32
	aloneBlocks = 32
)

// blockHeight is how many rows blocks have that stay in a cache.
func blockHeight(activity float64) int {
	if activity*blockRows >= markedEvents {
		return blockRows
	}
	return heightFor(activity, blockEvents, maxBlocks)
}

// heightFor is the least height that gives a row of a tile so many events, if that
// is within a number of blocks.
func heightFor(activity float64, events, blocks int) int {
	height := blockRows
	for height < blocks*blockRows && activity*float64(height) < float64(events) {
		height *= 2
	}
	return height
}

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
			path.block(tile.Data, block, width, depth, spans, l.at, bitmap, l.v, a, rowStep, columnStep, aNext,
				next, nextStep, pieces, shareOf(pieces, r1-r0))
		}
		to.store(tile, r0, c0)
	})
}
