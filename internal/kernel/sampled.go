package kernel

// sampledBlock rows of W are used for all rows of a tile before the next.
const sampledBlock = 32

// Sampled is the product with the transpose of W, at some places only:
//
//	out[m,k] += <d[m,:], W[k,:]>  where live[m*K+k]
//
// out is (M, K), d (M, N), w (K, N), live (M, K) without gaps, or nil for
// everywhere. Other places of out are left as they are. It returns the
// multiply-accumulates done: N for each live place.
func Sampled[F Float](out Mat[F], live []bool, d Mat[F], w *Weights[F]) int64 {
	w.rows.mustHave(out.Cols, d.Cols)
	places := int64(out.Rows) * int64(out.Cols)
	if live != nil {
		places = 0
		for _, l := range live {
			if l {
				places++
			}
		}
	}
	macs := places * int64(d.Cols)
	K, dots := out.Cols, use[F]().dots
	tiles(out.Rows, K, sampledBlock, macs, func(m0, m1, k0, k1 int) {
		row := borrowRow[F]()
		defer row.release()
		var at [sampledBlock]int32
		for m := m0; m < m1; m++ {
			list := at[:0]
			for k := k0; k < k1; k++ {
				if live == nil || live[m*K+k] {
					list = append(list, int32(k))
				}
			}
			if len(list) > 0 {
				dots(out.Row(m), row.align(d.Row(m)), w.rows.Data, w.rows.Stride, list)
			}
		}
	})
	return macs
}

// MulNT is out += a b^T for a (M, N), b (K, N), out (M, K).
func MulNT[F Float](out, a, b Mat[F]) int64 { return Sampled(out, nil, a, NewWeights(b)) }
