package kernel

import "sync"

// store keeps slices in large pieces of memory, which it uses again after a reset.
type store[T any] struct {
	sync.Mutex
	pieces [][]T
	piece  int // the one in use
	used   int // of it
}

// The first piece of memory has at least storePiece numbers, each later one twice
// as many, up to storeDoublings times.
const (
	storePiece     = 1 << 14
	storeDoublings = 6
)

func (s *store[T]) reset() { s.piece, s.used = 0, 0 }

// keep copies x.
func (s *store[T]) keep(x []T) []T {
	kept := s.take(len(x))
	copy(kept, x)
	return kept
}

func (s *store[T]) take(n int) []T {
	s.Lock()
	defer s.Unlock()
	for ; s.piece < len(s.pieces); s.piece, s.used = s.piece+1, 0 {
		if p := s.pieces[s.piece]; len(p)-s.used >= n {
			s.used += n
			return p[s.used-n : s.used]
		}
	}
	s.pieces = append(s.pieces, make([]T, max(n, storePiece<<min(len(s.pieces), storeDoublings))))
	s.used = n
	return s.pieces[s.piece][:n]
}

// resize is s with n elements, whatever they are.
func resize[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n, n+n/4)
	}
	return s[:n]
}
