package cell

import (
	"math"
	"sync"
	"testing"

	"pgregory.net/rapid"
)

func TestBlocksShareTheRowsOut(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := Shape{B: rapid.IntRange(1, 200).Draw(t, "B"), H: rapid.IntRange(1, 3000).Draw(t, "H")}
		var mu sync.Mutex
		seen := make([]int, s.B)
		rows := map[int]int{}
		s.eachBlock(func(block, lo, hi int) {
			mu.Lock()
			defer mu.Unlock()
			rows[block] = hi - lo
			for b := lo; b < hi; b++ {
				seen[b]++
			}
		})
		for b, n := range seen {
			if n != 1 {
				t.Fatalf("row %d is in %d blocks", b, n)
			}
		}
		if len(rows) != s.blocks() {
			t.Fatalf("%d blocks, want %d", len(rows), s.blocks())
		}
		for block, n := range rows {
			if n > s.blockRows() || block < s.blocks()-1 && n != s.blockRows() {
				t.Fatalf("block %d has %d rows, want %d", block, n, s.blockRows())
			}
			if n > 1 && n*s.H > shareUnits+s.H {
				t.Fatalf("a block has %d rows of %d units", n, s.H)
			}
		}
		if s.state() > 2*shareUnits && s.B > 1 && s.blocks() < 2 {
			t.Fatal("one processor has it all")
		}
	})
	for _, s := range append([]Shape{{B: 20, H: 450}}, benchShapes...) {
		rows := make([]int, s.blocks()) // blocks run at once
		s.eachBlock(func(block, lo, hi int) { rows[block] = hi - lo })
		var half [2]int
		for block, n := range rows {
			half[block%2] += n
		}
		if d := math.Abs(float64(half[0] - half[1])); d > 0.1*float64(s.B) {
			t.Errorf("B=%d H=%d: two processors take %v rows", s.B, s.H, half)
		}
	}
}
