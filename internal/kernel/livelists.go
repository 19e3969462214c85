package kernel

import "runtime"

// From manyListed rows on, goroutines share the rows of d: blocks of W come from memory
// once for all rows of a goroutine. Of fewer rows, they share W. M=4480 at 0.03 takes
// 28 ms on one core, in parts of 1024 rows 31. How rows are cut changes no bits.
const manyListed = 512

// lists takes the n places from lists. Rows of d are read where they lie: a block is
// large, and each row of d meets it once. Sums are kept side by side, in the order of
// the lists, until all columns are done: places of out are far apart. M=4480 K=1350
// N=4050 takes, with blocks as high, in ms on one core of an AMD EPYC 9005, AVX-512:
//
//	                                0.03  0.01
//	as with bitmaps                 33.4  19.4
//	sums kept, d where it lies      26.9  13.4
func (s *liveProduct[F]) lists(n int) {
	memory := borrow[F]()
	defer memory.release()
	sums := numbers(&memory.v, n)
	M, K := s.out.Rows, s.out.Cols
	if M < manyListed {
		Parallel(K, s.grain, func(k0, k1 int) { s.listed(sums, 0, M, k0, k1) })
		return
	}
	processors := runtime.GOMAXPROCS(0)
	Parallel(M, max(manyListed/2, (M+processors-1)/processors), func(m0, m1 int) { s.listed(sums, m0, m1, 0, K) })
}

// listed makes the products of rows m0 to m1 of d and k0 to k1 of W.
func (s *liveProduct[F]) listed(sums []F, m0, m1, k0, k1 int) {
	s.eachRow(sums, m0, m1, k0, k1, gatherPlaces)
	path := use[F]()
	var last *panels[F] // the last columns of d, filled up
	s.eachBlock(k0, k1, func(c, columns, k int, block, next []F) {
		d, dStep := s.d.Data[m0*s.d.Stride+c:], s.d.Stride
		if c+columns > s.d.Cols {
			if last == nil {
				last = panelsOf(s.d.RowRange(m0, m1).ColRange(c, s.d.Cols), false, dotWidth)
			}
			d, dStep = last.data, dotWidth
		}
		spans, at, _ := s.live.in(k/s.height, m0, m1)
		products := int(spans[len(spans)-1] - spans[0])
		path.dots(sums[s.live.before[k/s.height]:], d, block, 0, dStep, columns, spans, at, nil,
			next, min(dotShare, shareOf(len(next)/askWidth, products)))
	})
	if last != nil {
		last.release()
	}
	s.eachRow(sums, m0, m1, k0, k1, scatterPlaces)
}

// eachRow calls f for every row in every block: at are its live places in out, and
// sums those that are kept for them.
func (s *liveProduct[F]) eachRow(sums []F, m0, m1, k0, k1 int, f func(at []int32, out, sums []F)) {
	for k := k0; k < k1; k += s.height {
		spans, at, _ := s.live.in(k/s.height, m0, m1)
		sums := sums[s.live.before[k/s.height]:]
		for i := range m1 - m0 {
			from, to := spans[2*i], spans[2*i+1]
			f(at[from:to], s.out.Row(m0 + i)[k:], sums[from:to])
		}
	}
}

func gatherPlaces[F Float](at []int32, out, sums []F) {
	sums = sums[:len(at)]
	for i, k := range at {
		sums[i] = out[k]
	}
}

func scatterPlaces[F Float](at []int32, out, sums []F) {
	sums = sums[:len(at)]
	for i, k := range at {
		out[k] = sums[i]
	}
}
