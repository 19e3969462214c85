package cell

import (
	"github.com/egru/egru/internal/kernel"
	"github.com/egru/egru/internal/pool"
)

// scratch lends slices of the pools for the time of one pass.
type scratch[F kernel.Float] struct {
	lent      [][]F
	lentBools [][]bool
}

// dirty lends n numbers, whatever they are. Clearing what is written in full
// later would cost a pass through memory.
func (s *scratch[F]) dirty(n int) []F {
	f, _ := pool.Take[F](n)
	s.lent = append(s.lent, f)
	return f
}

// zeros lends n zeros.
func (s *scratch[F]) zeros(n int) []F {
	f, used := pool.Take[F](n)
	s.lent = append(s.lent, f)
	if used {
		clear(f)
	}
	return f
}

// bools lends n truth values, whatever they are.
func (s *scratch[F]) bools(n int) []bool {
	b, _ := pool.Take[bool](n)
	s.lentBools = append(s.lentBools, b)
	return b
}

// release takes everything back. The slices must not be used after it.
func (s *scratch[F]) release() {
	for _, f := range s.lent {
		pool.Give(f)
	}
	for _, b := range s.lentBools {
		pool.Give(b)
	}
	s.lent, s.lentBools = nil, nil
}
