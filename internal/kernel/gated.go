package kernel

// Gated is the product with a sparse left-hand side:
//
//	out[m,:] += sum over k with y[m,k] != 0, ascending, of y[m,k] * W[k,:]
//
// out is (M, N), y (M, K), w (K, N). It returns the multiply-accumulates done:
// N for each event.
func Gated[F Float](out, y Mat[F], w *Weights[F]) int64 {
	return gated(out, y, w, everywhere[F]{out})
}

// GatedFrom is Gated with a row that every row of out starts from, whatever stood
// there:
//
//	out[m,:] = start + sum over k with y[m,k] != 0, ascending, of y[m,k] * W[k,:]
//
// start is (N).
func GatedFrom[F Float](start []F, out, y Mat[F], w *Weights[F]) int64 {
	return gated(out, y, w, from[F]{everywhere[F]{out}, start[:out.Cols]})
}

func gated[F Float](out, y Mat[F], w *Weights[F], to target[F]) int64 {
	w.mustHave(y.Cols, out.Cols)
	out.mustHave(y.Rows, out.Cols)
	y.mustHave(y.Rows, y.Cols)
	if out.Rows == 0 || out.Cols == 0 {
		return 0
	}
	if y.Cols == 0 {
		to.begin()
		return 0
	}
	activity := density(y)
	uses := activity * float64(y.Rows)
	var p *panels[F]
	if w.turned || w.fits(y.Cols, out.Cols) && uses >= panelUses {
		p = w.panelsFor(int(activity * float64(y.Rows) * float64(y.Cols)))
	}
	if p == nil && uses < copyUses {
		to.begin()
		return inPlace(out, y, w.matrix)
	}
	e := listed(y, false, blockHeight(activity))
	defer e.release()
	accumulate(e, out.Cols, w.matrix, p, to)
	return e.total.Load() * int64(out.Cols)
}

// GatedT is the product with the transpose of a sparse left-hand side:
//
//	out[k,:] += sum over m with y[m,k] != 0, ascending, of y[m,k] * d[m,:]
//
// out is (K, N), y (M, K), d (M, N). It returns the multiply-accumulates done:
// N for each event.
func GatedT[F Float](out, y, d Mat[F]) int64 {
	d.mustHave(y.Rows, out.Cols)
	out.mustHave(y.Cols, out.Cols)
	if out.Rows == 0 || out.Cols == 0 || y.Rows == 0 {
		return 0
	}
	e := listed(y, true, blockHeight(density(y)))
	defer e.release()
	accumulate(e, out.Cols, d, nil, everywhere[F]{out})
	return e.total.Load() * int64(out.Cols)
}

// What is measured below is milliseconds on one core of an AMD EPYC 9005, AVX-512.
const (
	// A block has blockRows rows, which in panels are 32 KB and stay in the first
	// cache while all rows of a tile use them, or up to maxBlocks times as many in
	// the second cache, so that a row of a tile, which is read and written once for
	// each, has blockEvents events:
	//
	//	blockEvents                            4      8      12     20
	//	M=64   K=1350 N=4050, activity 0.3    1.57   1.57   1.58   1.90
	//	M=64   K=1350 N=4050, activity 0.1    0.91   0.91   0.93   1.01
	//	M=20   K=256  N=768,  activity 0.1   .0145  .0126  .0125  .0105
	//	M=4480 transposed,    activity 0.1    57     53     52     57
	blockRows   = 64
	maxBlocks   = 4
	blockEvents = 8

	// Copying a block pays if its average row is used so often:
	//
	//	uses                       2      4      6      8      12
	//	M=64 K=1350 N=4050, no    0.66   1.44   2.10   2.62   3.73
	//	             a copy       1.12   1.26   1.43   1.60   1.72
	//	M=20 K=256  N=768,  no   .0094  .0174  .0255  .0384  .0753
	//	             a copy      .0366  .0371  .0413  .0459  .0548
	copyUses = 6

	// Panels of all of W, which serve many products, pay for those that use the
	// average row so often. W (1350, 4050) takes 2.2 to copy, and a product with it
	// at 6 uses 0.93 instead of 1.43.
	panelUses = 1
)

func blockHeight(activity float64) int {
	height := blockRows
	for height < maxBlocks*blockRows && activity*float64(height) < blockEvents {
		height *= 2
	}
	return height
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
			ahead := min(e.height, e.cols-first-depth) // rows of the next block
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
			path.block(tile.Data, block, width, depth, e.in(b, r0, r1), l.at, l.v, a, rowStep, columnStep, aNext,
				next, nextStep, ahead, (fullRows*ahead+r1-r0-1)/(r1-r0))
		}
		to.store(tile, r0, c0)
	})
}

// Few events take rows as they lie, for placeRows rows of the output at a time and
// placeWidth columns.
const (
	placeRows  = 64
	placeWidth = 512
)

// inPlace is Gated for so few events that no block of rows is worth a copy.
func inPlace[F Float](out, y, rows Mat[F]) (macs int64) {
	path := use[F]()
	memory := borrow[F]()
	defer memory.release()
	spans := make([]int32, 2*min(placeRows, y.Rows))
	for lo := 0; lo < y.Rows; lo += placeRows {
		out, y := out.RowRange(lo, min(lo+placeRows, y.Rows)), y.RowRange(lo, min(lo+placeRows, y.Rows))
		spans := spans[:2*y.Rows]
		memory.at = resize(memory.at, y.Rows*y.Cols+listSlack)
		at, v := memory.at, numbers(&memory.v, y.Rows*y.Cols+listSlack)
		path.list(spans, at, v, y.Data, y.Stride, y.Cols, 1, 0)
		work := int64(spans[len(spans)-1]) * int64(out.Cols)
		macs += work
		tiles(out.Rows, out.Cols, tileRows, placeWidth, work, func(r0, r1, c0, c1 int) {
			from := rows.ColRange(c0, c1)
			for i := r0; i < r1; i++ {
				if lo, hi := spans[2*i], spans[2*i+1]; lo < hi {
					path.gather(out.Row(i)[c0:c1], from.Data, from.Stride, at[lo:hi], v[lo:hi])
				}
			}
		})
	}
	return macs
}
