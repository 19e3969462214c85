package kernel

// Rows of W meet rows of d in blocks of rows of W, dotWidth numbers of each. Blocks
// of dotBlock rows, or up to bitmapRows, stay in the first cache, and leave a row of d
// dotEvents live places, of which several products are made at once: they meet
// dotRows rows of d at a time. Below that places come from lists, in blocks of up to
// listedBlock rows, which stay in the second cache. Times on one core at K=1350 N=4050
// (AMD EPYC 9004, AVX-512), by live places, in ms:
//
//	rows            0.3   0.15   0.1   0.07  0.05  0.03  0.02  0.01
//	32   M=64      3.97   2.59  2.33   2.24  2.56  2.01  2.03  1.62
//	64             4.15   2.76  2.35   2.05  1.79  1.75  1.51  1.16
//	lists                       2.81   2.18  1.75  1.47  1.38  1.01
//	32   M=4480     225    142   137    133   113    98    87    93
//	64              247    150   124    124   102    73    68    63
//	lists                        147    111    80    58    43    32
const (
	dotRows     = 256
	dotBlock    = 32
	dotEvents   = 5
	listedBlock = 512

	// dotBlocks blocks of rows of W are met by one goroutine.
	dotBlocks = 4

	// With every product of a list, rather than all at once with a row of them, up to
	// dotShare pieces of the next block are asked for. M=64 at 0.02 takes 1.15 ms so, and
	// 1.4 with 4, which leave a third of it. Where products are too few to ask for all of
	// it, most of its rows are not used.
	dotShare = 8
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
	// A goroutine takes each block once, for all its rows.
	once := M >= manyListed && s.height > bitmapRows && w.expected == 1 && !w.turned
	if w.fits(K, d.Cols) && !once {
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
