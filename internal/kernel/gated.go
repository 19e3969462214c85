package kernel

// Gated is the product with a sparse left-hand side:
//
//	out[m,:] += sum over k with y[m,k] != 0, ascending, of y[m,k] * W[k,:]
//
// out is (M, N), y (M, K), w (K, N). It returns the multiply-accumulates done:
// N for each event.
func Gated[F Float](out, y Mat[F], w *Weights[F]) int64 {
	w.rows.mustHave(y.Cols, out.Cols)
	return gatherRows(out, listRows(y, blockRows), w.rows)
}

// GatedT is the product with the transpose of a sparse left-hand side:
//
//	out[k,:] += sum over m with y[m,k] != 0, ascending, of y[m,k] * d[m,:]
//
// out is (K, N), y (M, K), d (M, N). It returns the multiply-accumulates done:
// N for each event.
func GatedT[F Float](out, y, d Mat[F]) int64 {
	d.mustHave(y.Rows, out.Cols)
	return gatherRows(out, listColumns(y, blockRows), d)
}

// gatherRows adds to each row of out the rows of a matrix that its events say.
func gatherRows[F Float](out Mat[F], e *events[F], rows Mat[F]) int64 {
	defer e.release()
	macs := int64(len(e.at)) * int64(out.Cols)
	gather := use[F]().gather
	tiles(out.Rows, out.Cols, tileCols, macs, func(r0, r1, c0, c1 int) {
		for b := range e.blocks {
			for i := r0; i < r1; i++ {
				if at, v := e.in(i, b); len(at) > 0 {
					gather(out.Row(i)[c0:c1], rows.Data[c0:], rows.Stride, at, v)
				}
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
