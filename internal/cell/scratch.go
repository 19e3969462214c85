package cell

import (
	"math/bits"
	"sync"

	"github.com/egru/egru/internal/kernel"
)

// scratch lends slices for the time of one pass. Their memory is used again by
// later passes: at paper size a pass needs hundreds of megabytes, and fresh
// memory costs page faults.
type scratch[F kernel.Float] struct {
	lent  [][]F
	marks [][]bool
}

var (
	scratch32   [bits.UintSize + 1]sync.Pool // of *[]float32, by the length's number of bits
	scratch64   [bits.UintSize + 1]sync.Pool // of *[]float64
	scratchMark [bits.UintSize + 1]sync.Pool // of *[]bool
)

func poolOf[F kernel.Float](n int) *sync.Pool {
	if _, ok := any(F(0)).(float32); ok {
		return &scratch32[bits.Len(uint(n))]
	}
	return &scratch64[bits.Len(uint(n))]
}

// dirty lends n numbers, whatever they are. Clearing what is written in full
// later would cost a pass through memory.
func (s *scratch[F]) dirty(n int) []F {
	f := lend[F](poolOf[F](n), n)
	s.lent = append(s.lent, f)
	return f
}

// zeros lends n zeros.
func (s *scratch[F]) zeros(n int) []F {
	f := s.dirty(n)
	clear(f)
	return f
}

// bools lends n truth values, whatever they are.
func (s *scratch[F]) bools(n int) []bool {
	b := lend[bool](&scratchMark[bits.Len(uint(n))], n)
	s.marks = append(s.marks, b)
	return b
}

func lend[T any](from *sync.Pool, n int) []T {
	if p, ok := from.Get().(*[]T); ok && cap(*p) >= n {
		return (*p)[:n]
	}
	return make([]T, n)
}

// release takes everything back. The slices must not be used after it.
func (s *scratch[F]) release() {
	for _, f := range s.lent {
		poolOf[F](len(f)).Put(&f)
	}
	for _, b := range s.marks {
		scratchMark[bits.Len(uint(len(b)))].Put(&b)
	}
	s.lent, s.marks = nil, nil
}
