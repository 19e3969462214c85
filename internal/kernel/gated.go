package kernel

// Gated is the product with a sparse left-hand side:
//
//	out[m,:] += sum over k with y[m,k] != 0, ascending, of y[m,k] * W[k,:]
//
// out is (M, N), y (M, K), w (K, N). It returns the multiply-accumulates done:
// N for each event.
func Gated[F Float](out, y Mat[F], w *Weights[F]) int64 {
	w.rows.mustHave(y.Cols, out.Cols)
	e := listRows(y)
	var p *panels[F]
	if out.Cols == w.rows.Cols {
		p = w.ordered(len(e.at))
	}
	return gatherRows(out, e, w.rows, p)
}

// GatedT is the product with the transpose of a sparse left-hand side:
//
//	out[k,:] += sum over m with y[m,k] != 0, ascending, of y[m,k] * d[m,:]
//
// out is (K, N), y (M, K), d (M, N). It returns the multiply-accumulates done:
// N for each event.
func GatedT[F Float](out, y, d Mat[F]) int64 {
	d.mustHave(y.Rows, out.Cols)
	return gatherRows(out, listColumns(y), d, nil)
}

// A block of the rows that are added is used for all rows of a tile of the
// output before the next, which is asked for meanwhile. The three ways to lay
// out a block, with what they cost:
//
//   - in place: rows lie far apart and across cache lines. Wide tiles make up
//     for it.
//   - copied, for each tile, to lie close together: pays where many rows of the
//     tile use it. Narrow tiles keep block and tile in the nearer caches.
//   - in panels made once: like copied for nothing.
const (
	placeHeight, placeWidth = 64, 512
	panelHeight, panelWidth = 512, 128

	// Copying pays for matrices of so many numbers, which the second cache may
	// not hold, if a tile uses the average row of a block so often and adds so
	// many rows of a block to the average row.
	copySize, copyUses, copyEvents = 1 << 16, 24, 6

	// The next block is asked for if most of its rows will be used, in matrices
	// of so many numbers, which the second cache cannot hold.
	aheadSize = 1 << 18

	// A block has at least eventBlock rows, at most maxGroup times as many,
	// and enough between to have blockEvents events for a row of the tile: the
	// row is read and written once for each block.
	maxGroup    = 4
	blockEvents = 12
)

// gatherRows adds to each row of out those rows of another matrix that its
// events say. The panels of that matrix may be nil. out's bits depend neither
// on them nor on how the work is cut: every number takes its events one by one,
// in order.
func gatherRows[F Float](out Mat[F], e *events[F], rows Mat[F], p *panels[F]) int64 {
	defer e.release()
	macs := int64(len(e.at)) * int64(out.Cols)
	if macs == 0 {
		return 0
	}
	activity := float64(len(e.at)) / (float64(out.Rows) * float64(rows.Rows))
	copies := p == nil && rows.Rows*rows.Cols >= copySize &&
		activity*float64(min(out.Rows, panelHeight)) >= copyUses &&
		activity*float64(min(rows.Rows, maxGroup*eventBlock)) >= copyEvents
	height, width, group := placeHeight, placeWidth, 1
	if p != nil || copies {
		height, width = panelHeight, panelWidth
		for group < maxGroup && activity*float64(group*eventBlock) < blockEvents {
			group *= 2
		}
	}
	ahead := 0 // rows asked for
	if rows.Rows*rows.Cols >= aheadSize && activity*float64(min(out.Rows, height)) >= 1 {
		ahead = group * eventBlock
	}
	gather := use[F]().gather
	tiles(out.Rows, out.Cols, height, evenly(out.Cols, width), macs, func(r0, r1, c0, c1 int) {
		memory := borrowRow[F]()
		defer memory.release()
		from := rows.ColRange(c0, c1)
		if p != nil {
			from = p.panel(c0)
		}
		for b := 0; b < e.blocks; b += group {
			k, end := b*eventBlock, min((b+group)*eventBlock, rows.Rows)
			block := from.RowRange(k, end)
			if copies {
				block = block.copied(memory)
			}
			next := from.RowRange(end, max(end, min(end+ahead, rows.Rows)))
			for i := r0; i < r1; i++ {
				at, v := e.in(i, b, min(b+group, e.blocks))
				if len(at) == 0 && next.Rows == 0 {
					continue
				}
				gather(out.Row(i)[c0:c1], block.Data, block.Stride, k, at, v, next.share(i-r0, r1-r0))
			}
		}
	})
	return macs
}

// MulNN is out += a b for a (M, K), b (K, N), out (M, N). It passes over zeros
// of a, as Gated does, but counts them: it returns M*K*N.
func MulNN[F Float](out, a, b Mat[F]) int64 {
	Gated(out, a, NewWeights(b))
	return denseMACs(a, b)
}

// MulTN is out += a^T b for a (M, K), b (M, N), out (K, N). It passes over zeros
// of a, as GatedT does, but counts them: it returns M*K*N.
func MulTN[F Float](out, a, b Mat[F]) int64 {
	GatedT(out, a, b)
	return denseMACs(a, b)
}

func denseMACs[F Float](a, b Mat[F]) int64 { return int64(a.Rows) * int64(a.Cols) * int64(b.Cols) }
