package kernel

import (
	word "math/bits"
	"runtime"
)

// A product at live places meets rows of W with rows of d, panelWidth numbers of each at
// a time. A tile of up to bitmapRows rows of d stays in the L1 cache while rows of W
// go by, each once, in the order in which they lie: however few places are live, and
// wherever, nothing of W and d is read out of order but what is in the L1 cache. Sums
// go to their places once, at the end.
const (
	// From manyLive rows of d on, if there is a tile for each of them, goroutines share
	// tiles, and a block of W, of up to listedRows rows, which stays in the L2 cache,
	// serves all of them. Otherwise they share W, in blocks, liveBlocks or more for one
	// tile, each of which is prefetched while the one before is met. In ms for one product,
	// on an AMD EPYC 9004:
	//
	//	tiles, W shared             0.3            0.1            0.02 live
	//	M=256 K=1350, one core  12.6   13.7     7.3    8.0     3.6    3.8
	//	              two        7.1    8.3     3.9    4.9     2.6    2.2
	//	M=512         one       22.3   24.5    11.5   13.4     5.9    8.5
	//	              two       12.3   16.2     6.6    7.8     3.9    5.3
	manyLive   = 256
	liveBlocks = 8

	// dotPadding columns, some of them of zeros, are multiplied at a time.
	dotPadding = 32
)

// sampledDots makes the n products at live places, at least one.
func sampledDots[F Float](out Mat[F], live []bool, d Mat[F], w *Weights[F], n int) {
	M, K := out.Rows, out.Cols
	processors := runtime.GOMAXPROCS(0)
	if int64(n)*int64(d.Cols) < inlineWork {
		processors = 1
	}
	share := func(n int) int { return (n + processors - 1) / processors }
	height := tileHeight(M)
	tiles := (M + height - 1) / height
	many := M >= manyLive && tiles >= processors
	blocks := (K + listedRows - 1) / listedRows
	if !many {
		blocks = share(max(1, liveBlocks/tiles)) * processors
	}
	s := liveProduct[F]{out: out, d: d}
	s.live = newLivePlaces(live, M, K, height, max(bitmapRows, (K+blocks-1)/blocks))
	defer s.live.release()
	once := many && w.expected == 1 && !w.turned // a goroutine takes each block once, for all its rows
	if w.fits(K, d.Cols) && !once {
		s.panels = w.panelsFor(n)
	}
	if s.panels == nil {
		s.w = w.matrix.ColRange(0, d.Cols)
	}
	memory := borrow[F]()
	defer memory.release()
	s.sums = numbers(&memory.v, n)
	clear(s.sums)

	blocks = s.live.blocks()
	if many {
		Parallel(tiles, share(tiles), func(t0, t1 int) { s.meet(t0, t1, 0, blocks) })
		return
	}
	s.rows = panelsOf(d, false)
	defer s.rows.release()
	Parallel(blocks, share(blocks), func(b0, b1 int) { s.meet(0, tiles, b0, b1) })
}

// tileHeight cuts rows, at least one, into tiles: two for every two times bitmapRows, which
// two processors can share.
func tileHeight(rows int) int {
	if rows <= bitmapRows {
		return rows
	}
	tiles := (rows + 2*bitmapRows - 1) / (2 * bitmapRows) * 2
	return (rows + tiles - 1) / tiles
}

// liveProduct is a product at live places.
type liveProduct[F Float] struct {
	out, d Mat[F]
	w      Mat[F]     // if there are no panels
	panels *panels[F] // of W, or nil
	rows   *panels[F] // of d, or nil
	live   *livePlaces
	sums   []F // of each live place
}

// meet makes the products of tiles t0 to t1 with blocks b0 to b1 of W.
func (s *liveProduct[F]) meet(t0, t1, b0, b1 int) {
	memory := borrow[F]()
	defer memory.release()
	path := use[F]()
	for c := 0; c < s.d.Cols; c += panelWidth {
		columns := (min(panelWidth, s.d.Cols-c) + dotPadding - 1) / dotPadding * dotPadding
		for b := b0; b < b1; b++ {
			block, next := s.block(c, b, memory), s.next(c, b, b0, b1)
			share := shareOf(len(next)/panelWidth, t1-t0) * panelWidth
			for t := t0; t < t1; t++ {
				bitmap, before := s.live.in(t, b)
				part := next[:min(share, len(next))]
				next = next[len(part):]
				path.dots(s.sums[before:], block, s.tile(t, c, memory), columns, bitmap, part)
			}
		}
	}
	for t := t0; t < t1; t++ {
		for b := b0; b < b1; b++ {
			s.add(t, b)
		}
	}
}

// add adds the sums of tile t and block b to their places.
func (s *liveProduct[F]) add(t, b int) {
	from, to := s.live.tile(t)
	bitmap, before := s.live.in(t, b)
	out, stride, sums := s.out.RowRange(from, to).Data[b*s.live.width:], s.out.Stride, s.sums[before:]
	e := 0
	for k, w := range bitmap {
		for ; w != 0; w &= w - 1 {
			out[k+word.TrailingZeros64(w)*stride] += sums[e]
			e++
		}
	}
}

// block is block b of W from column c on.
func (s *liveProduct[F]) block(c, b int, memory *memory[F]) []F {
	k0 := b * s.live.width
	k1 := min(k0+s.live.width, s.live.cols)
	if s.panels != nil {
		return s.panels.panel(c).Data[k0*panelWidth : k1*panelWidth]
	}
	return copyColumns(&memory.block, s.w.RowRange(k0, k1), c)
}

// next is the block that comes after block b: the next of a panel, or the first of the
// next panel, if there is one.
func (s *liveProduct[F]) next(c, b, b0, b1 int) []F {
	if b++; b == b1 {
		b, c = b0, c+panelWidth
	}
	if s.panels == nil || c >= s.d.Cols {
		return nil
	}
	return s.block(c, b, nil)
}

// tile is tile t of d from column c on.
func (s *liveProduct[F]) tile(t, c int, memory *memory[F]) []F {
	from, to := s.live.tile(t)
	if s.rows != nil {
		return s.rows.panel(c).RowRange(from, to).Data
	}
	return copyColumns(&memory.tile, s.d.RowRange(from, to), c)
}

// copyColumns copies up to panelWidth columns from c on, filled up with zeros. There is a
// row at least.
func copyColumns[F Float](to *[]F, m Mat[F], c int) []F {
	x := blockOf(to, m.ColRange(c, min(c+panelWidth, m.Cols)))
	clearColumns(NewMat(x.Data, x.Rows, panelWidth), x.Cols)
	return x.Data
}
