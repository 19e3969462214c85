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
	height := blockHeight(activity)
	if p != nil && uses < reuses {
		height = heightFor(activity, aloneEvents, aloneBlocks)
	}
	e := listed(y, false, height)
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

// The ways Gated can go, in ms on one core of an AMD EPYC 9005, AVX-512.
const (
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
