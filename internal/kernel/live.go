package kernel

import (
	"encoding/binary"
	word "math/bits"
	"sync"
	"unsafe"
)

//go:generate go run -C gen . -pkg kernel -out ../live_amd64.s -stubs ../live_amd64.go live

// liveList holds the live places of a matrix in blocks of some columns: those
// of row i in block b are the bits of word i of the block's bitmap, or span i of
// the block's list, places within the block.
type liveList struct {
	rows   int
	bitmap []uint64 // of all blocks, empty if there are lists
	spans  []int32
	at     [][]int32
	before []int // how many places the blocks before have
	places store[int32]
}

var liveLists = sync.Pool{New: func() any { return new(liveList) }}

func (l *liveList) release() { liveLists.Put(l) }

// in gives the spans, the list and the bitmap of rows r0 to r1 in block b.
func (l *liveList) in(b, r0, r1 int) (spans, at []int32, bitmap []uint64) {
	lo, hi := b*l.rows+r0, b*l.rows+r1
	if len(l.bitmap) > 0 {
		return nil, nil, l.bitmap[lo:hi]
	}
	return l.spans[2*lo : 2*hi], l.at[b], nil
}

// newLiveList lists the places of live (rows, cols) in blocks of so many columns; in
// those of up to bitmapRows, live may be nil for all places.
func newLiveList(live []bool, rows, cols, height int) *liveList {
	l := liveLists.Get().(*liveList)
	l.rows = rows
	blocks := (cols + height - 1) / height
	if rows == 0 {
		blocks = 0
	}
	if height <= bitmapRows {
		l.mark(live, cols, height, blocks)
	} else {
		l.list(live, cols, height, blocks)
	}
	return l
}

// mark makes the bitmap.
func (l *liveList) mark(live []bool, cols, height, blocks int) {
	l.bitmap = resize(l.bitmap, l.rows*blocks)
	Parallel(blocks, 1+listGrain/max(1, l.rows*height), func(lo, hi int) {
		for b := lo; b < hi; b++ {
			bitmap := l.bitmap[b*l.rows:][:l.rows]
			first, width := b*height, min(height, cols-b*height)
			if live != nil {
				path32.liveBitmap(bitmap, live[first:], cols, width) // no number is listed: any precision will do
				continue
			}
			for i := range bitmap {
				bitmap[i] = 1<<width - 1
			}
		}
	})
}

// list makes the lists.
func (l *liveList) list(live []bool, cols, height, blocks int) {
	rows := l.rows
	l.bitmap = l.bitmap[:0]
	l.spans, l.at = resize(l.spans, 2*rows*blocks), resize(l.at, blocks)
	l.places.reset()
	Parallel(blocks, 1+listGrain/max(1, rows*height), func(lo, hi int) {
		memory := borrow[float32]()
		defer memory.release()
		memory.at = resize(memory.at, rows*min(height, cols)+listSlack)
		for b := lo; b < hi; b++ {
			at, spans := memory.at, l.spans[2*b*rows:2*(b+1)*rows]
			first, width := b*height, min(height, cols-b*height)
			path32.listLive(spans, at, live[first:], cols, width)
			l.at[b] = l.places.keep(at[:spans[len(spans)-1]])
		}
	})
	l.before = resize(l.before, blocks)
	n := 0
	for b, at := range l.at {
		l.before[b], n = n, n+len(at)
	}
}

// listLive is the instruction in Go.
func listLive(spans, at []int32, live []bool, rowStep, columns int) {
	n := int32(0)
	for i := range len(spans) / 2 {
		spans[2*i] = n
		for k, w := range eights(live[i*rowStep:][:columns]) {
			for ; w != 0; w &= w - 1 {
				at[n] = int32(k + word.TrailingZeros64(w)/8)
				n++
			}
		}
		spans[2*i+1] = n
	}
}

// addLive is the instruction in Go.
func addLive[F Float](dst, src []F, live []bool) {
	for i, l := range live[:len(dst)] {
		if l {
			dst[i] += src[i]
		}
	}
}

// countLive adds up bytes of 0 and 1, eight at a time, for as long as no sum of one
// needs more than a byte.
func countLive(live []bool) (n int) {
	const most = 255 * 8
	for len(live) > 0 {
		part := bytesOf(live[:min(len(live), most)])
		live = live[len(part):]
		var sums uint64
		for ; len(part) >= 8; part = part[8:] {
			sums += binary.LittleEndian.Uint64(part)
		}
		for ; sums != 0; sums >>= 8 {
			n += int(sums & 0xff)
		}
		for _, one := range part {
			n += int(one)
		}
	}
	return n
}

func bytesOf(s []bool) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(s))), len(s))
}

// eights goes through s eight places at a time: byte i of a word is 1 where
// place k+i is true.
func eights(s []bool) func(yield func(k int, word uint64) bool) {
	return func(yield func(int, uint64) bool) {
		b := bytesOf(s)
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
