package kernel

import (
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"pgregory.net/rapid"
)

func TestStoreKeepsSlicesApart(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.OneOf(rapid.IntRange(0, 9), rapid.IntRange(0, 3*storePiece))
		sizes := rapid.SliceOfN(size, 0, 20).Draw(t, "sizes")
		var s store[int]
		for round := range 3 {
			s.reset()
			kept := make([][]int, len(sizes))
			for i, n := range sizes {
				x := slices.Repeat([]int{100*round + i}, n)
				kept[i] = s.keep(x)
				clear(x) // a copy is not changed with it
			}
			for i, x := range kept {
				if len(x) != sizes[i] {
					t.Fatalf("round %d: slice %d has %d numbers, want %d", round, i, len(x), sizes[i])
				}
				for _, got := range x {
					if got != 100*round+i {
						t.Fatalf("round %d: slice %d of %v holds a %d", round, i, sizes, got)
					}
				}
			}
		}
	})
}

func TestStoreUsesItsMemoryAgain(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	var s store[int32]
	x := make([]int32, 2*storePiece)
	fill := func() {
		s.reset()
		for range 200 {
			s.keep(x[:r.IntN(storePiece)])
		}
	}
	for range 20 {
		fill()
	}
	if n := testing.AllocsPerRun(20, fill); n >= 1 {
		t.Errorf("%v allocations", n)
	}
}

func TestPiecesOfAStoreGrow(t *testing.T) {
	var s store[byte]
	x := make([]byte, storePiece)
	for range 1 << (storeDoublings + 1) {
		s.keep(x)
	}
	for i, p := range s.pieces {
		if want := storePiece << min(i, storeDoublings); len(p) != want {
			t.Errorf("piece %d has room for %d, want %d", i, len(p), want)
		}
	}
	if n := len(s.pieces); n != storeDoublings+2 {
		t.Errorf("%d pieces, want %d", n, storeDoublings+2)
	}
}

func TestStoreServesManyAtOnce(t *testing.T) {
	var s store[int]
	var wait sync.WaitGroup
	for g := range 8 {
		wait.Go(func() {
			var kept [][]int
			for n := range 100 {
				kept = append(kept, s.keep(slices.Repeat([]int{g}, 7*n)))
			}
			for n, x := range kept {
				if len(x) != 7*n || slices.ContainsFunc(x, func(v int) bool { return v != g }) {
					t.Errorf("slice %d of %d has numbers of others", n, g)
				}
			}
		})
	}
	wait.Wait()
}
