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
		e := everything(d, blockRows)
		defer e.release()
		accumulate(e, K, Mat[F]{}, w.across(), whereLive[F]{out, live})
		return macs
	}
	sampledDots(out, live, d, w, n)
	return macs
}

// denseLive is the fraction of live places from which on a path makes all products,
// and throws those away that are not wanted. It is one for all vector code, so that
// bits are the same. In Go a product costs as much either way, so those that are
// not wanted never pay. In ms on one core of an AMD EPYC 9005, all products beside
// those at live places:
//
//	                              all    0.8    0.7    0.6    0.5   live
//	M=4480 K=1350 N=4050 AVX-512  221    238    221    204    190
//	M=700  K=256  N=768  AVX-512  1.19   1.27   1.13   1.05   0.89
//	M=64   K=1350 N=4050 AVX-512  3.20   3.60   3.28   2.87   2.58
//	M=64   K=1350 N=4050 AVX2     5.82   6.84   5.81   5.05
const (
	denseLiveVector = 0.7
	denseLiveGo     = 2 // never

	// The transpose of W, which that takes, pays from denseRows rows on, and for less
	// than manyRows where more than fewLive are live. In ms:
	//
	//	                              all    1.0    0.85   0.75  live
	//	M=20   K=1350 N=4050 AVX-512  1.12   1.36   1.22   1.11
	//	M=20   K=256  N=768  AVX-512  0.048  0.045  0.038  0.035
	denseRows = 16
	manyRows  = 32
	fewLive   = 0.9
)

// allPay says whether it takes less time to make all products of a number of rows
// than those at the live places alone.
func allPay(rows int, live, denseLive float64) bool {
	if rows < manyRows {
		denseLive = max(denseLive, fewLive)
	}
	return rows >= denseRows && live >= denseLive
}

// whereLive adds products to the live places of out.
type whereLive[F Float] struct {
	out  Mat[F]
	live []bool
}

func (t whereLive[F]) begin() {}

func (t whereLive[F]) load(tile Mat[F], _, _ int) { clear(tile.Data) }

func (t whereLive[F]) store(tile Mat[F], r0, c0 int) {
	for i := range tile.Rows {
		row := t.out.Row(r0 + i)[c0 : c0+tile.Cols]
		if t.live == nil {
			Axpy(1, tile.Row(i), row)
			continue
		}
		use[F]().addLive(row, tile.Row(i), t.live[(r0+i)*t.out.Cols+c0:][:len(row)])
	}
}

// Rows of W meet rows of d in blocks of rows of W, dotWidth numbers of each. Blocks
// of dotBlock rows, or up to bitmapRows, stay in the first cache, and leave a row of d
// dotEvents live places, of which several products are made at once: they meet
// dotRows rows of d at a time. Below that places come from lists, in blocks of up to
// listedBlock rows, which stay in the second cache. Times on one core at K=1350 N=4050
// (AMD EPYC 9005, AVX-512), by live places, in ms:
//
//	rows            0.3   0.15   0.1   0.07  0.05  0.03  0.02  0.01
//	32   M=64      1.52   1.04  0.98         0.88  0.84  0.75  0.59
//	64             1.80   1.24  1.10         0.88  0.65  0.57  0.44
//	128            2.72   1.54  1.12         0.70  0.55  0.48  0.36
//	lists                       1.16  0.91  0.66  0.50  0.39  0.23
//	32   M=4480     116   76.7  65.7         52.1  46.2  45.0  42.8
//	64              117   76.3  61.6  52.3   45.3  38.2  35.6  32.0
//	128             177   92.7  71.0         41.9  34.8  29.0  25.8
//	lists                       67.4  50.4  36.5  24.9  19.7  14.4
const (
	dotRows     = 256
	dotBlock    = 32
	dotEvents   = 5
	listedBlock = 512

	// dotBlocks blocks of rows of W are met by one goroutine.
	dotBlocks = 4

	// With every product of a list, rather than all at once with a row of them, up to
	// dotShare pieces of the next block are asked for: M=64 at 0.03 takes 0.57 instead
	// of 0.66 ms. Where products are too few to ask for all of it, most of its rows are
	// not used.
	dotShare = 4
)

// dotHeight is how many rows of W make a block.
func dotHeight(M, K int, live float64) int {
	for height := dotBlock; height <= bitmapRows; height *= 2 {
		if live*float64(height) >= dotEvents {
			return height
		}
	}
	blocks := (K + listedBlock - 1) / listedBlock
	if M < manyListed {
		blocks += blocks % 2 // which goroutines share
	}
	return max(bitmapRows+1, (K+blocks-1)/blocks)
}

// sampledDots makes the n products at live places.
func sampledDots[F Float](out Mat[F], live []bool, d Mat[F], w *Weights[F], n int) {
	M, K := out.Rows, out.Cols
	s := liveProduct[F]{out: out, d: d, w: w.matrix, height: dotHeight(M, K, float64(n)/(float64(M)*float64(K)))}
	s.live = newLiveList(live, M, K, s.height)
	defer s.live.release()
	if w.fits(K, d.Cols) {
		s.chunks = w.chunksFor(n)
	}
	s.grain = K
	if int64(n)*int64(d.Cols) >= inlineWork {
		s.grain = (dotBlocks*dotBlock + s.height - 1) / s.height * s.height
	}
	if s.height > bitmapRows {
		s.lists(n)
	} else {
		s.bitmaps()
	}
}

// liveProduct is a product at live places, which lie in blocks of height rows of W.
type liveProduct[F Float] struct {
	out, d, w Mat[F]
	chunks    *panels[F] // of W, or nil
	live      *liveList
	height    int
	grain     int // rows of W that are worth a goroutine
}

// bitmaps takes places from bitmaps.
func (s *liveProduct[F]) bitmaps() {
	path := use[F]()
	for m0 := 0; m0 < s.out.Rows; m0 += dotRows {
		m1 := min(m0+dotRows, s.out.Rows)
		rows := panelsOf(s.d.RowRange(m0, m1), false, dotWidth)
		Parallel(s.out.Cols, s.grain, func(k0, k1 int) {
			s.eachBlock(k0, k1, func(c, columns, k int, block, next []F) {
				_, _, bitmap := s.live.in(k/s.height, m0, m1)
				path.dots(s.out.Data[m0*s.out.Stride+k:], rows.panel(c).Data, block, s.out.Stride, dotWidth, columns,
					nil, nil, bitmap, next, shareOf(len(next)/askWidth, m1-m0))
			})
		})
		rows.release()
	}
}

// eachBlock calls f for the blocks of rows k0 to k1 of W, for dotWidth columns after
// the other. Blocks have columns from c on, filled up with zeros to a multiple of
// dotPadding, and next is what there is of the next block.
func (s *liveProduct[F]) eachBlock(k0, k1 int, f func(c, columns, k int, block, next []F)) {
	memory := borrow[F]()
	defer memory.release()
	for c := 0; c < s.d.Cols; c += dotWidth {
		columns := min(dotWidth, s.d.Cols-c)
		padded := (columns + dotPadding - 1) / dotPadding * dotPadding
		for k := k0; k < k1; k += s.height {
			end := min(k+s.height, k1)
			if s.chunks == nil {
				block := numbers(&memory.block, s.height*dotWidth)
				use[F]().move(block, s.w.Data[k*s.w.Stride+c:], dotWidth, s.w.Stride, end-k, columns)
				clearColumns(Mat[F]{Rows: end - k, Cols: padded, Stride: dotWidth, Data: block}, columns)
				f(c, padded, k, block, nil)
				continue
			}
			chunk := s.chunks.panel(c).Data
			next := chunk[end*dotWidth : k1*dotWidth]
			if end == k1 && c+dotWidth < s.d.Cols {
				next = s.chunks.panel(c + dotWidth).Data[k0*dotWidth : k1*dotWidth]
			}
			f(c, padded, k, chunk[k*dotWidth:], next[:min(len(next), s.height*dotWidth)])
		}
	}
}

// dotPadding columns, some of them of zeros, are multiplied at a time.
const dotPadding = 32
