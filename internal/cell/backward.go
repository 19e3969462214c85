package cell

import "github.com/egru/egru/internal/kernel"

// gradients is the way back through a pass.
type gradients[F kernel.Float] struct {
	*pass[F]
	from *OutputGrads[F]
	to   *Grads[F]

	pre       kernel.Mat[F] // (T*B, 3H) gradient of what R multiplied: the two gates, then the candidate's product
	candidate kernel.Mat[F] // (T*B, H) gradient of the candidate before tanh; for Paper the last block of pre
	surrogate []F           // (B, H) s(c - thr) at the step in hand
	live      []bool        // (B, H) where y' of the step in hand can take a gradient
	state, y  []F           // (B, H) gradients that come to h (c), y from later steps
	reset     kernel.Mat[F] // (B, H) gradient of r*y'; Paper only
	kept      []F           // (B, H) gradient of a state that zoneout kept; nil without
	dthr      []F           // (H)
	alive     []int64       // live units seen, by block of columns
}

// Backward adds the gradients of the inputs to those slices of to that are not
// nil, given the inputs and outputs of a Forward and the gradients of its
// outputs.
func (c *Cell[F]) Backward(in *Inputs[F], out *Outputs[F], from *OutputGrads[F], to *Grads[F]) (Counts, error) {
	if err := c.check(in); err != nil {
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
	n.BackwardMACs += g.inputs()
	for _, a := range g.alive {
		n.Live += a
	}
	return n, nil
}

func (c *Cell[F]) newGradients(p *pass[F], from *OutputGrads[F], to *Grads[F], mem *scratch[F]) *gradients[F] {
	g := &gradients[F]{
		pass:  p,
		from:  from,
		to:    to,
		pre:   kernel.NewMat(mem.floats(c.rows()*3*c.H), c.rows(), 3*c.H),
		live:  make([]bool, c.state()),
		state: mem.floats(c.state()),
		y:     mem.floats(c.state()),
		alive: make([]int64, (c.H+backwardColumn-1)/backwardColumn),
	}
	if p.in.Zoneout != nil {
		g.kept = mem.floats(c.state())
	}
	if c.Kind != GRU {
		g.surrogate = mem.floats(c.state())
		g.dthr = mem.floats(c.H)
	}
	if c.Kind == Paper {
		g.candidate = g.pre.ColRange(2*c.H, 3*c.H)
		g.reset = kernel.NewMat(mem.floats(c.state()), c.B, c.H)
	} else {
		g.candidate = kernel.NewMat(mem.floats(c.rows()*c.H), c.rows(), c.H)
	}
	copy(g.state, from.FinalState)
	copy(g.y, from.FinalY)
	return g
}

// throughTime walks the steps from the last to the first and leaves the
// gradients of all pre-activations in pre and candidate.
func (g *gradients[F]) throughTime() (macs int64) {
	g.columns(func(lo, hi int) { g.findLive(g.T-1, lo, hi) })
	whole := kernel.NewWeights(g.r)
	gateWeights := kernel.NewWeights(g.r.ColRange(0, 2*g.H))
	candidateWeights := kernel.NewWeights(g.r.ColRange(2*g.H, 3*g.H))

	for t := g.T - 1; t >= 0; t-- {
		g.columns(func(lo, hi int) {
			for b := range g.B {
				if t >= g.in.length(b, g.T) {
					g.thaw(t, b, lo, hi)
					continue
				}
				g.throughEvent(t, b, lo, hi)
				g.throughUpdate(t, b, lo, hi)
			}
			if t > 0 {
				g.findLive(t-1, lo, hi)
			}
		})
		live := g.live
		if t == 0 {
			live = g.liveAtStart()
		}
		pre, dy := g.step(g.pre, t), kernel.NewMat(g.y, g.B, g.H)
		switch {
		case g.Kind == Paper:
			clear(g.reset.Data)
			macs += kernel.Sampled(g.reset, live, pre.ColRange(2*g.H, 3*g.H), candidateWeights)
			g.columns(func(lo, hi int) { g.throughReset(t, lo, hi) })
			if t > 0 || g.wantY() {
				macs += kernel.Sampled(dy, live, pre.ColRange(0, 2*g.H), gateWeights)
			}
		case t > 0 || g.wantY():
			macs += kernel.Sampled(dy, live, pre, whole)
		}
	}
	if g.Kind == GRU {
		kernel.Axpy(1, g.y, g.state)
	}
	if g.to.State != nil {
		kernel.Axpy(1, g.state, g.to.State)
	}
	if g.to.Y != nil {
		kernel.Axpy(1, g.y, g.to.Y)
	}
	if g.to.Thr != nil {
		kernel.Axpy(1, g.dthr, g.to.Thr)
	}
	return macs
}

func (g *gradients[F]) columns(f func(lo, hi int)) { kernel.Parallel(g.H, backwardColumn, f) }

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
