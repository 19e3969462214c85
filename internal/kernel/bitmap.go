package kernel

import word "math/bits"

// bitmapRows rows of a block have a bit each in a word. In panels they are 32 KB and
// stay in the L1 cache while all rows of a tile use them. Going from bit to bit is a
// third faster than going through places in memory, which loads of rows have to
// wait for.
const bitmapRows = 64

// fullHeight rows of a block leave room in an L1 cache of 32 KB for the rows of the
// left-hand side and of the output that come and go. Where all rows are full, that gains
// more than it costs to read and write the output more often. With 64, 48 and 40 of
// them, in ms on one core of an AMD EPYC 9004, AVX-512:
//
//	M=419  K=256  N=10000, Sampled  22.8  20.5
//	M=64   K=1350 N=4050,  Sampled  8.02  7.05
//	                       Gated    7.79  6.97  6.89
//	M=4480 K=1350 N=4050,  Gated    490   473   475
const fullHeight = 48

// blockHeight is how many columns of a left-hand side make a block.
func blockHeight(columns int, activity float64) int {
	if columns > bitmapRows && activity == 1 {
		return fullHeight
	}
	return bitmapRows
}

// setBits goes through the places of the bits of w that are set.
func setBits(w uint64) func(yield func(k int) bool) {
	return func(yield func(int) bool) {
		for ; w != 0; w &= w - 1 {
			if !yield(word.TrailingZeros64(w)) {
				return
			}
		}
	}
}

// listBitmap is the instruction in Go.
func listBitmap[F Float](spans []int32, bitmap []uint64, v, rows []F, rowStep, columns int) {
	n := 0
	for i := range bitmap {
		from := n
		bitmap[i] = 0
		for k, x := range rows[i*rowStep:][:columns] {
			if x != 0 {
				bitmap[i] |= 1 << k
				v[n] = x
				n++
			}
		}
		spans[2*i] = int32(from)
		if n-from == columns {
			spans[2*i], n = -1, from
		}
		spans[2*i+1] = int32(n)
	}
}
