package kernel

import (
	"encoding/binary"
	word "math/bits"
	"unsafe"
)

// listLive lists the places of live (rows, cols), or all for nil. It leaves out
// their numbers.
func listLive[F Float](live []bool, rows, cols int) *events[F] {
	e := newEvents[F](rows, cols)
	e.blocksOf(rows, cols, func(i, lo, hi int) int {
		if live == nil {
			return hi - lo
		}
		n := 0
		for _, w := range eights(live[i*cols+lo : i*cols+hi]) {
			n += word.OnesCount64(w)
		}
		return n
	})
	e.rows(rows, cols, func(i int) {
		at, _ := e.in(i, 0, e.blocks)
		if live == nil {
			for k := range at {
				at[k] = int32(k)
			}
			return
		}
		n := 0
		for k, w := range eights(live[i*cols : (i+1)*cols]) {
			for ; w != 0; w &= w - 1 {
				at[n] = int32(k + word.TrailingZeros64(w)/8)
				n++
			}
		}
	})
	return e
}

// eights goes through s eight places at a time: byte i of a word is 1 where
// place k+i is true.
func eights(s []bool) func(yield func(k int, word uint64) bool) {
	return func(yield func(int, uint64) bool) {
		b := unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(s))), len(s))
		k := 0
		for ; k+8 <= len(b); k += 8 {
			if !yield(k, binary.LittleEndian.Uint64(b[k:])) {
				return
			}
		}
		var rest [8]byte
		copy(rest[:], b[k:])
		yield(k, binary.LittleEndian.Uint64(rest[:]))
	}
}
