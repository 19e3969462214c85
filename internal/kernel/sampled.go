package kernel

// A tile's rows of d and of W are taken sampledColumns at a time, so that both
// stay in the second cache while they meet.
const (
	sampledHeight  = 64
	sampledBlocks  = 2 // of eventBlock rows of W
	sampledColumns = 1024
)

// Sampled is the product with the transpose of W, at some places only:
//
//	out[m,k] += <d[m,:], W[k,:]>  where live[m*K+k]
//
// out is (M, K), d (M, N), w (K, N), live (M, K) without gaps, or nil for
// everywhere. Other places of out are left as they are. It returns the
// multiply-accumulates done: N for each live place.
func Sampled[F Float](out Mat[F], live []bool, d Mat[F], w *Weights[F]) int64 {
	w.rows.mustHave(out.Cols, d.Cols)
	e := listLive[F](live, out.Rows, out.Cols)
	defer e.release()
	macs := int64(len(e.at)) * int64(d.Cols)
	dots := use[F]().dots
	tiles(out.Rows, e.blocks, sampledHeight, sampledBlocks, macs, func(m0, m1, b0, b1 int) {
		row := borrowRow[F]()
		defer row.release()
		k0, k1 := b0*eventBlock, min(b1*eventBlock, out.Cols)
		for c := 0; c < d.Cols; c += sampledColumns {
			end := min(c+sampledColumns, d.Cols)
			next := w.rows.RowRange(k0, k1).ColRange(end, min(end+sampledColumns, d.Cols))
			for m := m0; m < m1; m++ {
				if at, _ := e.in(m, b0, b1); len(at) > 0 {
					dots(out.Row(m), row.align(d.Row(m)[c:end]), w.rows.Data[c:], w.rows.Stride, at, next.share(m-m0, m1-m0))
				}
			}
		}
	})
	return macs
}

// MulNT is out += a b^T for a (M, N), b (K, N), out (M, K).
func MulNT[F Float](out, a, b Mat[F]) int64 { return Sampled(out, nil, a, NewWeights(b)) }
