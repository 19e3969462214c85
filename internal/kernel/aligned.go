package kernel

import (
	"sync"
	"unsafe"

	"github.com/egru/egru/internal/pool"
)

// alignment in bytes is a cache line, and the widest vector there is.
const alignment = 64

// misaligned is the number of elements from the boundary before x[0] to x[0].
func misaligned[F Float](x []F) int {
	return int(uintptr(unsafe.Pointer(unsafe.SliceData(x)))%alignment) / int(unsafe.Sizeof(F(0)))
}

// lineOf is the number of elements in a cache line.
func lineOf[F Float]() int { return alignment / int(unsafe.Sizeof(F(0))) }

// onBoundary is x from its first boundary on. It has lineOf elements or more.
func onBoundary[F Float](x []F) []F { return x[(lineOf[F]()-misaligned(x))%lineOf[F]():] }

// aligned is an empty slice with room for n numbers from a boundary on.
func aligned[F Float](n int) []F {
	return onBoundary(pool.Fresh[F](n + lineOf[F]()))[:0:n]
}

// memory is lent to one goroutine at a time and holds old numbers. Its slices of
// floats start on boundaries.
type memory[F Float] struct {
	tile   []F            // of the output, or of d at live places; the full rows of byList
	block  []F            // a copy of a block of the right-hand side
	sums   []F            // a tile of byList that goes by a store
	turned []F            // a part of the left-hand side
	v      []F            // its events, while bitmaps are made; sums of live places; zeros
	at     []int32        // spans of deal and addFull
	events blockEvents[F] // of a block, while lists are made
}

// numbers is *s with n numbers, whatever they are, from a boundary on.
func numbers[F Float](s *[]F, n int) []F {
	if cap(*s) < n {
		*s = aligned[F](n + n/4)
	}
	return (*s)[:n]
}

// zeros are n of them, to the next call.
func (m *memory[F]) zeros(n int) []F {
	z := numbers(&m.v, n)
	clear(z)
	return z
}

var (
	memory32 = sync.Pool{New: func() any { return new(memory[float32]) }}
	memory64 = sync.Pool{New: func() any { return new(memory[float64]) }}
)

func memoryPool[F Float]() *sync.Pool {
	if _, ok := any(F(0)).(float32); ok {
		return &memory32
	}
	return &memory64
}

func borrow[F Float]() *memory[F] { return memoryPool[F]().Get().(*memory[F]) }
func (m *memory[F]) release()     { memoryPool[F]().Put(m) }
