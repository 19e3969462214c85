package kernel

import (
	"sync"
	"unsafe"
)

// alignment in bytes is a cache line, and the widest vector there is.
const alignment = 64

// misaligned is the number of elements from the boundary before x[0] to x[0].
func misaligned[F Float](x []F) int {
	return int(uintptr(unsafe.Pointer(unsafe.SliceData(x)))%alignment) / int(unsafe.Sizeof(F(0)))
}

// aligned is an empty slice with room for n numbers from a boundary on.
func aligned[F Float](n int) []F {
	perLine := alignment / int(unsafe.Sizeof(F(0)))
	room := make([]F, n+perLine)
	skip := (perLine - misaligned(room)) % perLine
	return room[skip : skip : skip+n]
}

// alignedRow is memory for numbers from a boundary on.
type alignedRow[F Float] struct{ row []F }

// room is n numbers of it, whatever they hold.
func (a *alignedRow[F]) room(n int) []F {
	if cap(a.row) < n {
		a.row = aligned[F](n)
	}
	return a.row[:n]
}

// align is x where it lies if that is on a boundary, else a copy that lasts to
// the next call.
func (a *alignedRow[F]) align(x []F) []F {
	if misaligned(x) == 0 {
		return x
	}
	return append(a.room(len(x))[:0], x...)
}

var (
	rows32 = sync.Pool{New: func() any { return new(alignedRow[float32]) }}
	rows64 = sync.Pool{New: func() any { return new(alignedRow[float64]) }}
)

func rowPool[F Float]() *sync.Pool {
	if _, ok := any(F(0)).(float32); ok {
		return &rows32
	}
	return &rows64
}

func borrowRow[F Float]() *alignedRow[F] { return rowPool[F]().Get().(*alignedRow[F]) }
func (a *alignedRow[F]) release()        { rowPool[F]().Put(a) }
