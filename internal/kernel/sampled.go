package kernel

// Sampled is the product with the transpose of W, at some places only:
//
//	out[m,k] += <d[m,:], W[k,:]>  where live[m*K+k]
//
// out is (M, K), d (M, N), w (K, N), live (M, K) without gaps, or nil for
// everywhere. Other places of out are left as they are. Terms are added in one of
// two orders, by how many rows there are, how many places are live, and whether W
// has just that shape. It returns the multiply-accumulates that count: N for each
// live place.
func Sampled[F Float](out Mat[F], live []bool, d Mat[F], w *Weights[F]) int64 {
	M, K := out.Rows, out.Cols
	w.mustHave(K, d.Cols)
	d.mustHave(M, d.Cols)
	out.mustHave(M, K)
	n := M * K
	if live != nil {
		n = countLive(live[:M*K])
	}
	macs := int64(n) * int64(d.Cols)
	if macs == 0 {
		return 0
	}
	if w.fits(K, d.Cols) && allPay(M, float64(n)/float64(M*K), use[F]().denseLive) {
		e := everything(d)
		defer e.release()
		memory := borrow[F]()
		defer memory.release()
		e.byBitmap(target[F]{out: out, start: memory.zeros(K), store: addWhere(out, live)}, Mat[F]{}, w.across())
		return macs
	}
	sampledDots(out, live, d, w, n)
	return macs
}

// denseLive is the fraction of live places from which on a path makes all products,
// and throws those away that are not wanted. It is one for all vector code, so that
// bits are the same. In Go a product costs as much either way, so those that are
// not wanted never pay. In ms on one core of an AMD EPYC 9004, all products beside
// those at live places:
//
//	                              all    0.9    0.85   0.8    0.75   0.7   live
//	M=4480 K=1350 N=4050 AVX-512  470    515    469    444    419    389
//	M=700  K=256  N=768  AVX-512  2.56   3.06   2.92   2.75   2.58   2.39
//	M=64   K=1350 N=4050 AVX-512  6.95   7.76   7.11   6.94   6.33   5.87
//	M=64   K=1350 N=4050 AVX2     7.05   10.0   9.42          8.13   7.70
const (
	denseLiveVector = 0.75
	denseLiveGo     = 2 // never

	// The transpose of W, which that takes, pays from denseRows rows on, and for less
	// than manyRows where more than fewLive are live. In ms:
	//
	//	                              all    1.0    0.9    0.8   live
	//	M=32   K=1350 N=4050 AVX-512  3.90   4.08   3.72   3.36
	//	M=20   K=1350 N=4050 AVX-512  3.05   3.56   2.44   2.26
	//	M=20   K=256  N=768  AVX-512  0.096  0.097  0.089  0.080
	denseRows = 16
	manyRows  = 32
	fewLive   = 0.95
)

// allPay says whether it takes less time to make all products of a number of rows
// than those at the live places alone.
func allPay(rows int, live, denseLive float64) bool {
	if rows < manyRows {
		denseLive = max(denseLive, fewLive)
	}
	return rows >= denseRows && live >= denseLive
}

// addWhere adds a tile to the live places of out.
func addWhere[F Float](out Mat[F], live []bool) func(tile Mat[F], r0, c0 int) {
	return func(tile Mat[F], r0, c0 int) {
		for i := range tile.Rows {
			row := out.Row(r0 + i)[c0 : c0+tile.Cols]
			if live == nil {
				Axpy(1, tile.Row(i), row)
				continue
			}
			use[F]().addLive(row, tile.Row(i), live[(r0+i)*out.Cols+c0:][:len(row)])
		}
	}
}
