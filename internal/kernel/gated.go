package kernel

// Gated is the product with a sparse left-hand side:
//
//	out[m,:] += sum over k with y[m,k] != 0, ascending, of y[m,k] * W[k,:]
//
// out is (M, N), y (M, K), w (K, N). It returns the multiply-accumulates done:
// N for each event.
func Gated[F Float](out, y Mat[F], w *Weights[F]) int64 {
	return gated(target[F]{out: out}, y, w)
}

// GatedFrom is Gated with a row that every row of out starts from, whatever stood
// there:
//
//	out[m,:] = start + sum over k with y[m,k] != 0, ascending, of y[m,k] * W[k,:]
//
// start is (N).
func GatedFrom[F Float](start []F, out, y Mat[F], w *Weights[F]) int64 {
	return gated(target[F]{out: out, start: start[:out.Cols]}, y, w)
}

func gated[F Float](to target[F], y Mat[F], w *Weights[F]) int64 {
	out := to.out
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
	activity := Density(y)
	uses := activity * float64(y.Rows)
	lists := listsPay(activity, uses)
	once := lists && w.expected == 1 && uses >= arrangedUses // a tile takes each block once, for all its rows
	var p *panels[F]
	if w.turned || w.fits(y.Cols, out.Cols) && uses >= panelUses && !once {
		p = w.panelsFor(int(activity * float64(y.Rows) * float64(y.Cols)))
	}
	where, height := copied, listedRows
	switch {
	case p != nil:
		where = inPanels
	case uses < copyUses:
		where, height = asTheyLie, y.Cols
	}
	if where == asTheyLie || lists {
		e := listed(y, false, height, where != asTheyLie)
		defer e.release()
		return e.byList(to, w.matrix, p, where)
	}
	e := bitmapped(y, false, blockHeight(y.Cols, activity))
	defer e.release()
	return e.byBitmap(to, w.matrix, p)
}

// GatedT is the product with the transpose of a sparse left-hand side:
//
//	out[k,:] += sum over m with y[m,k] != 0, ascending, of y[m,k] * d[m,:]
//
// out is (K, N), y (M, K), d (M, N). It returns the multiply-accumulates done:
// N for each event.
func GatedT[F Float](out, y, d Mat[F]) int64 {
	out.mustHave(y.Cols, d.Cols)
	return gatedT(target[F]{out: out}, y, d)
}

// Turned is where the transpose of a product belongs.
type Turned[F Float] struct {
	Out Mat[F] // (N, K)

	// Last, unless it is nil, takes a row of the product behind the others: (N). Sums
	// of columns are a product with ones.
	Last []F

	// Replace says that what stands there is old. Otherwise the product is added.
	Replace bool
}

// GatedTTurned is GatedT towards the transpose of out:
//
//	out[n,k] += sum over m with y[m,k] != 0, ascending, of y[m,k] * d[m,n]
//	last[n]  += the same for k = K
//
// y is (M, K), or (M, K+1) if there is a last row, d (M, N). The sums are made first, and
// then added, or take the place of what stood there. It returns the multiply-accumulates
// done: N for each event.
func GatedTTurned[F Float](to Turned[F], y, d Mat[F]) int64 {
	rows := to.Out.Cols
	if to.Last != nil {
		rows++
		to.Last = to.Last[:d.Cols:len(to.Last)] // panics if there is less of it
	}
	if y.Cols != rows {
		panic("kernel: y has other columns than Out and Last take")
	}
	y.mustHave(y.Rows, rows)
	to.Out.mustHave(d.Cols, to.Out.Cols)
	memory := borrow[F]()
	defer memory.release()
	macs := gatedT(target[F]{out: Mat[F]{Rows: rows, Cols: d.Cols}, start: memory.zeros(d.Cols), store: to.take}, y, d)
	if macs == 0 && to.Replace { // nothing was stored
		for n := range to.Out.Rows {
			clear(to.Out.Row(n))
		}
		clear(to.Last)
	}
	return macs
}

// take takes a tile of the product.
func (t Turned[F]) take(tile Mat[F], r0, c0 int) {
	rows := min(tile.Rows, t.Out.Cols-r0)
	part, into := tile.RowRange(0, rows), t.Out.RowRange(c0, c0+tile.Cols).ColRange(r0, r0+rows)
	if t.Replace {
		turnInto(into, part)
	} else {
		addTurnedInto(into, part)
	}
	if rows == tile.Rows {
		return
	}
	last := t.Last[c0 : c0+tile.Cols]
	if t.Replace {
		clear(last)
	}
	use[F]().add(last, tile.Row(rows))
}

func gatedT[F Float](to target[F], y, d Mat[F]) int64 {
	out := to.out
	d.mustHave(y.Rows, out.Cols)
	if out.Rows == 0 || out.Cols == 0 {
		return 0
	}
	if y.Rows == 0 {
		to.begin()
		return 0
	}
	activity := Density(y)
	if listsPay(activity, activity*float64(y.Cols)) {
		e := listed(y, true, listedRows, true)
		defer e.release()
		return e.byList(to, d, nil, copied)
	}
	e := bitmapped(y, true, blockHeight(y.Rows, activity))
	defer e.release()
	return e.byBitmap(to, d, nil)
}

// The ways Gated can go, in ms on one core of an AMD EPYC 9005, AVX-512.
const (
	// Copying a block, and panels of all of W, which serve many products, pay if the
	// average row is used so often:
	//
	//	uses                            0.1    0.25   1      3      4      6      8
	//	M=64 K=1350 N=4050, as it lies  .050   .089   .266   .77    1.04   1.48   1.86
	//	                    copied                           1.33   1.17   1.23   1.24
	//	                    in panels   .065   .077   .200   .60    .68    .73    .79
	//	M=20 K=256  N=768,  as it lies  .0031  .0036  .0079  .0170  .0227  .0324  .0504
	//	                    copied                           .0312  .0333  .0361  .0397
	//	                    in panels   .0027  .0032  .0065  .0150  .0171  .0204  .0246
	copyUses  = 5
	panelUses = 0.25
)
