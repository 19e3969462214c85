package cell

import "github.com/egru/egru/internal/kernel"

// gradients is the way back through a pass.
type gradients[F kernel.Float] struct {
	*pass[F]
	from *OutputGrads[F]
	to   *Grads[F]

	pre       kernel.Mat[F]  // (T*B, 3H) gradient of what R multiplied: the two gates, then the candidate's product
	candidate kernel.Mat[F]  // (T*B, H) gradient of the candidate before tanh; for Paper the last block of pre
	surrogate []F            // (B, H) s(c - thr) at the step in hand
	live      []bool         // (B, H) where y' of the step in hand can take a gradient
	state, y  []F            // (B, H) gradients that come to h (c), y from later steps
	reset     kernel.Mat[F]  // (B, H) gradient of r*y'; Paper only
	kept      []F            // (B, H) gradient of a state that zoneout kept; nil without
	none      []F            // (H) zeros
	sums      []blockSums[F] // of each block of rows
}

// Backward adds the gradients of the inputs to those slices of to that are not
// nil, given the inputs and outputs of a Forward and the gradients of its
// outputs. It fails on sizes that do not fit, before it adds to any.
func (c *Cell[F]) Backward(in *Inputs[F], out *Outputs[F], from *OutputGrads[F], to *Grads[F]) (Counts, error) {
	if err := c.check(in, out); err != nil {
		return Counts{}, err
	}
	if err := c.checkGradients(from, to); err != nil {
		return Counts{}, err
	}
	var mem scratch[F]
	defer mem.release()
	g := c.newGradients(c.newPass(in, out, &mem), from, to, &mem)

	steps := c.steps(in)
	n := Counts{
		BackwardUnits:     steps * int64(c.H),
		DenseBackwardMACs: steps * int64(c.I+2*c.H) * int64(3*c.H),
	}
	if to.X != nil {
		n.DenseBackwardMACs += steps * int64(c.I) * int64(3*c.H)
	}
	n.BackwardMACs += g.throughTime()
	n.BackwardMACs += g.weights(&mem)
	n.BackwardMACs += g.inputs(&mem)
	n.Live = g.handSums()
	return n, nil
}

func (c *Cell[F]) newGradients(p *pass[F], from *OutputGrads[F], to *Grads[F], mem *scratch[F]) *gradients[F] {
	g := &gradients[F]{
		pass:  p,
		from:  from,
		to:    to,
		pre:   kernel.NewMat(mem.dirty(c.rows()*3*c.H), c.rows(), 3*c.H),
		live:  mem.bools(c.state()),
		state: mem.zeros(c.state()),
		y:     mem.zeros(c.state()),
	}
	if p.in.Zoneout != nil {
		g.kept = mem.dirty(c.state())
	}
	if c.Kind != GRU {
		g.surrogate = mem.dirty(c.state())
		g.none = mem.zeros(c.H)
	}
	if c.Kind == Paper {
		g.candidate = g.pre.ColRange(2*c.H, 3*c.H)
		g.reset = kernel.NewMat(mem.dirty(c.state()), c.B, c.H)
	} else {
		g.candidate = kernel.NewMat(mem.dirty(c.rows()*c.H), c.rows(), c.H)
	}
	g.sums = g.newSums(mem)
	copy(g.state, from.FinalState)
	copy(g.y, from.FinalY)
	return g
}

// throughTime walks the steps from the last to the first and leaves the
// gradients of all pre-activations in pre and candidate.
func (g *gradients[F]) throughTime() (macs int64) {
	whole := kernel.NewWeightsFor(g.T, g.r)
	gateWeights := kernel.NewWeightsFor(g.T, g.r.ColRange(0, 2*g.H))
	candidateWeights := kernel.NewWeightsFor(g.T, g.r.ColRange(2*g.H, 3*g.H))
	defer whole.Release()
	defer gateWeights.Release()
	defer candidateWeights.Release()

	g.eachSummed(func(b int, sums *blockSums[F]) { sums.alive += int64(g.findLive(g.T-1, b)) })
	for t := g.T - 1; t >= 0; t-- {
		g.eachSummed(func(b int, sums *blockSums[F]) {
			if t < g.in.length(b, g.T) {
				g.throughEvent(t, b, sums)
				g.to.Trace.keepState(t, b, g.state[b*g.H:(b+1)*g.H])
				g.throughUpdate(t, b, sums)
			} else {
				g.thaw(t, b)
			}
			if t > 0 {
				sums.alive += int64(g.findLive(t-1, b))
			}
			if g.Kind == Paper {
				clear(g.reset.Row(b))
			}
		})
		live := g.live
		switch {
		case t == 0:
			live = g.liveAtStart()
		case g.allLive():
			live = nil // everywhere
		}
		pre, dy := g.step(g.pre, t), kernel.NewMat(g.y, g.B, g.H)
		switch {
		case g.Kind == Paper:
			macs += kernel.Sampled(g.reset, live, pre.ColRange(2*g.H, 3*g.H), candidateWeights)
			g.eachSummed(func(b int, sums *blockSums[F]) { g.throughReset(t, b, sums) })
			if t > 0 || g.wantY() {
				macs += kernel.Sampled(dy, live, pre.ColRange(0, 2*g.H), gateWeights)
			}
		case t > 0 || g.wantY():
			macs += kernel.Sampled(dy, live, pre, whole)
		}
	}
	if g.Kind == GRU {
		kernel.Add(g.state, g.y)
	}
	if g.to.State != nil {
		kernel.Add(g.to.State, g.state)
	}
	if g.to.Y != nil {
		kernel.Add(g.to.Y, g.y)
	}
	return macs
}

// eachSummed calls f for every row of a step, with the sums of its block.
func (g *gradients[F]) eachSummed(f func(b int, sums *blockSums[F])) {
	g.eachBlock(func(block, lo, hi int) {
		for b := lo; b < hi; b++ {
			f(b, &g.sums[block])
		}
	})
}

// wantY says whether the initial y has a taker for its gradient.
func (g *gradients[F]) wantY() bool {
	if g.Kind == GRU {
		return g.to.State != nil
	}
	return g.to.Y != nil
}

// liveAtStart is where the initial y takes a gradient: everywhere, as an input
// of its own. Without a taker the reset gate of Paper still needs the gradient
// of r*y' where y' is not 0.
func (g *gradients[F]) liveAtStart() []bool {
	if g.wantY() && g.in.Lengths == nil {
		return nil
	}
	for i, y := range g.y0 {
		g.live[i] = (y != 0 || g.wantY()) && g.in.length(i/g.H, g.T) > 0
	}
	return g.live
}
