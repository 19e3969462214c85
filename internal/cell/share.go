package cell

import "github.com/egru/egru/internal/kernel"

// The work on single units is shared out by rows, which lie in memory without
// gaps. Blocks depend on the shape alone: what is summed within a block, and
// then over blocks in order, has one order of sums on any number of processors.
// A block of this many units outweighs the handing out.
const shareUnits = 4096

// blockRows is how many rows of a step make a block. Where the rows allow it there
// is an even number of blocks, so that two processors have the same to do; the last
// may be smaller.
func (s Shape) blockRows() int {
	blocks := (s.state() + shareUnits - 1) / shareUnits
	if blocks > 1 {
		blocks += blocks % 2
	}
	blocks = min(blocks, s.B)
	return (s.B + blocks - 1) / blocks
}

// blocks is how many blocks the rows of a step have.
func (s Shape) blocks() int { return (s.B + s.blockRows() - 1) / s.blockRows() }

// eachBlock calls f for every block of rows of a step.
func (s Shape) eachBlock(f func(block, lo, hi int)) {
	rows := s.blockRows()
	kernel.Parallel(s.B, rows, func(lo, hi int) { f(lo/rows, lo, hi) })
}

// eachRow calls f for the first rows of all steps, which have n numbers each.
func (s Shape) eachRow(rows, n int, f func(t, b, row int)) {
	kernel.Parallel(rows, max(1, shareUnits/n), func(first, last int) {
		for i := first; i < last; i++ {
			f(i/s.B, i%s.B, i)
		}
	})
}

// eachPart calls f for parts of n numbers.
func eachPart(n int, f func(lo, hi int)) { kernel.Parallel(n, shareUnits, f) }
