package cell

import "github.com/egru/egru/internal/kernel"

// blockSums gathers, over the rows of a block and all steps, what every step
// adds to. Summing up while the rows are in the nearest cache saves passes
// through all of memory later.
type blockSums[F kernel.Float] struct {
	alive                       int64
	thr                         []F // (H) gradient of the thresholds; nil for GRU
	gates, recurrent, candidate []F // (2H), (H), (H) gradients of biases; nil if not wanted
}

func (g *gradients[F]) newSums(mem *scratch[F]) []blockSums[F] {
	sums := make([]blockSums[F], g.blocks())
	numbers := mem.zeros(5 * g.H * len(sums))
	take := func(n int) (part []F) {
		part, numbers = numbers[:n], numbers[n:]
		return part
	}
	for i := range sums {
		s := &sums[i]
		if g.Kind != GRU {
			s.thr = take(g.H)
		}
		if g.to.Bx != nil || g.to.Br != nil {
			s.gates, s.candidate = take(2*g.H), take(g.H)
		}
		if g.to.Br != nil {
			s.recurrent = take(g.H)
		}
	}
	return sums
}

// handSums adds the sums of all blocks, in order, to the gradients they are of.
// It returns how many units were alive.
func (g *gradients[F]) handSums() (alive int64) {
	all := &g.sums[0]
	for i := range g.sums[1:] {
		s := &g.sums[i+1]
		all.alive += s.alive
		addTo(all.thr, s.thr)
		addTo(all.gates, s.gates)
		addTo(all.recurrent, s.recurrent)
		addTo(all.candidate, s.candidate)
	}
	addTo(g.to.Thr, all.thr)
	if g.to.Bx != nil {
		kernel.Add(g.to.Bx[:2*g.H], all.gates)
		kernel.Add(g.to.Bx[2*g.H:], all.candidate)
	}
	if g.to.Br != nil {
		kernel.Add(g.to.Br[:2*g.H], all.gates)
		kernel.Add(g.to.Br[2*g.H:], all.recurrent)
	}
	return all.alive
}
