package cell

import (
	"math/bits"
	"sync"

	"github.com/egru/egru/internal/kernel"
)

// scratch lends zeroed slices for the time of one pass. Their memory is used
// again by later passes: at paper size a pass needs hundreds of megabytes, and
// fresh memory costs page faults.
type scratch[F kernel.Float] struct {
	lent [][]F
}

var (
	scratch32 [bits.UintSize + 1]sync.Pool // of *[]float32, by the length's number of bits
	scratch64 [bits.UintSize + 1]sync.Pool // of *[]float64
)

func poolOf[F kernel.Float](n int) *sync.Pool {
	if _, ok := any(F(0)).(float32); ok {
		return &scratch32[bits.Len(uint(n))]
	}
	return &scratch64[bits.Len(uint(n))]
}

func (s *scratch[F]) floats(n int) []F {
	var f []F
	if p, ok := poolOf[F](n).Get().(*[]F); ok && cap(*p) >= n {
		f = (*p)[:n]
		clear(f)
	} else {
		f = make([]F, n)
	}
	s.lent = append(s.lent, f)
	return f
}

// release takes everything back. The slices must not be used after it.
func (s *scratch[F]) release() {
	for _, f := range s.lent {
		poolOf[F](len(f)).Put(&f)
	}
	s.lent = nil
}
