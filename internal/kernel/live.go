package kernel

import (
	"encoding/binary"
	word "math/bits"
	"sync"
	"unsafe"
)

//go:generate go run -C gen . -pkg kernel -out ../live_amd64.s -stubs ../live_amd64.go live

// livePlaces holds the live places of a matrix (rows, cols), in tiles of up to height
// rows, at most bitmapRows: bit m of word k of a tile is place (m, k) of it.
type livePlaces struct {
	rows, cols, height int
	width              int      // columns of a block
	bitmap             []uint64 // of all tiles
	before             []int    // how many places come before each block, tile by tile
}

var livePool = sync.Pool{New: func() any { return new(livePlaces) }}

func (l *livePlaces) release() { livePool.Put(l) }

func (l *livePlaces) tiles() int  { return (l.rows + l.height - 1) / l.height }
func (l *livePlaces) blocks() int { return (l.cols + l.width - 1) / l.width }

// tile is the rows of tile t.
func (l *livePlaces) tile(t int) (from, to int) {
	return t * l.height, min((t+1)*l.height, l.rows)
}

// in gives the words of block b in tile t, and how many places come before.
func (l *livePlaces) in(t, b int) (bitmap []uint64, before int) {
	words := l.bitmap[t*l.cols:][:l.cols]
	return words[b*l.width : min((b+1)*l.width, l.cols)], l.before[t*l.blocks()+b]
}

// newLivePlaces finds them in live, or takes all places if that is nil.
func newLivePlaces(live []bool, rows, cols, height, width int) *livePlaces {
	l := livePool.Get().(*livePlaces)
	l.rows, l.cols, l.height, l.width = rows, cols, height, width
	l.bitmap = resize(l.bitmap, l.tiles()*cols)
	l.before = resize(l.before, l.tiles()*l.blocks())
	Parallel(l.tiles(), 1+listGrain/max(1, height*cols), func(lo, hi int) {
		for t := lo; t < hi; t++ {
			from, to := l.tile(t)
			words := l.bitmap[t*cols:][:cols]
			if live == nil {
				for k := range words {
					words[k] = 1<<(to-from) - 1
				}
				continue
			}
			liveBits(words, live[from*cols:to*cols])
		}
	})
	n := 0
	for t := range l.tiles() {
		for b := range l.blocks() {
			words, _ := l.in(t, b)
			l.before[t*l.blocks()+b] = n
			for _, w := range words {
				n += word.OnesCount64(w)
			}
		}
	}
	return l
}

// liveBits makes bit m of words[k] place (m, k) of live, which has up to bitmapRows rows.
func liveBits(words []uint64, live []bool) {
	cols, all := len(words), bytesOf(live)
	k := 0
	for ; k+8 <= cols; k += 8 {
		var w [8]uint64 // byte j of word g is column k+j of rows 8*g to 8*g+8
		for g, at := 0, k; at < len(all); g, at = g+1, at+8*cols {
			w[g] = eightRows(all[at:], cols)
		}
		turnBytes(&w)
		copy(words[k:], w[:])
	}
	for ; k < cols; k++ {
		words[k] = 0
		for m, at := 0, k; at < len(all); m, at = m+1, at+cols {
			words[k] |= uint64(all[at]) << m
		}
	}
}

// eightRows joins eight columns of up to eight rows, step apart: bit m of byte j is row m
// of column j.
func eightRows(rows []byte, step int) (joined uint64) {
	if len(rows) >= 7*step+8 {
		row := func(m int) uint64 { return binary.LittleEndian.Uint64(rows[m*step:]) << m }
		return row(0) | row(1) | row(2) | row(3) | row(4) | row(5) | row(6) | row(7)
	}
	for m, at := 0, 0; at+8 <= len(rows); m, at = m+1, at+step {
		joined |= binary.LittleEndian.Uint64(rows[at:]) << m
	}
	return joined
}

// turnBytes makes byte j of word i byte i of word j: it swaps halves between words four
// apart, then quarters between words two apart, then eighths between neighbours.
func turnBytes(w *[8]uint64) {
	change := func(i, j int, shift int, low uint64) {
		differ := (w[i]>>shift ^ w[j]) & low
		w[i], w[j] = w[i]^differ<<shift, w[j]^differ
	}
	for i := range 4 {
		change(i, i+4, 32, 0x00000000ffffffff)
	}
	for i := range 2 {
		change(i, i+2, 16, 0x0000ffff0000ffff)
		change(i+4, i+6, 16, 0x0000ffff0000ffff)
	}
	for i := 0; i < 8; i += 2 {
		change(i, i+1, 8, 0x00ff00ff00ff00ff)
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
