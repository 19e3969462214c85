package cell

import "github.com/egru/egru/internal/kernel"

// findLive evaluates the surrogate of row b at step t and tells which of its units a
// gradient can pass. It returns how many those are.
func (g *gradients[F]) findLive(t, b int) (alive int) {
	live := g.live[b*g.H : (b+1)*g.H]
	switch {
	case g.allLive():
		return g.H
	case t >= g.in.length(b, g.T):
		clear(live)
	case g.Kind == GRU:
		alive = g.H
		for j := range live {
			live[j] = true
		}
	default:
		s := g.surrogate[b*g.H : (b+1)*g.H]
		g.crossing(s, t, b)
		g.Surrogate(s, s)
		alive = kernel.EitherNotZero(live, g.row(g.out.Events, t, b), s)
	}
	if t+1 >= g.in.length(b, g.T) {
		clear(live) // the row has no step after t: no product takes a gradient from there back
	}
	return alive
}

// allLive says whether every unit is live at every step: none has to be found.
func (g *gradients[F]) allLive() bool { return g.Kind == GRU && g.in.Lengths == nil }

// thaw passes the gradient of a frozen state on to the step before, and leaves
// none of pre-activations.
func (g *gradients[F]) thaw(t, b int) {
	if g.from.State != nil {
		kernel.Add(g.state[b*g.H:(b+1)*g.H], g.row(g.from.State, t, b))
	}
	clear(g.pre.Row(t*g.B + b))
	clear(g.candidate.Row(t*g.B + b))
}

// throughEvent turns the gradients of y, o and the state carried on into that
// of c, the state before the event, which it leaves in state:
//
//	dL/do = do + c*dy - thr*dh            (Paper has no -thr*dh)
//	dc    = o*dy + dh + s*dL/do
//	dthr  = -(s*dL/do + o*dh)             (Paper has no o*dh)
//
// y is left for what comes from this step.
func (g *gradients[F]) throughEvent(t, b int, sums *blockSums[F]) {
	dy, dstate := g.y[b*g.H:(b+1)*g.H], g.state[b*g.H:(b+1)*g.H]
	if g.from.Y != nil {
		kernel.Add(dy, g.row(g.from.Y, t, b))
	}
	if g.from.State != nil {
		kernel.Add(dstate, g.row(g.from.State, t, b))
	}
	if g.Kind == GRU {
		g.to.Trace.keepOutput(t, b, dy, nil)
		kernel.Add(dstate, dy)
		clear(dy)
		return
	}
	s := g.surrogate[b*g.H : (b+1)*g.H]
	g.to.Trace.keepOutput(t, b, dy, s)
	o, state := g.row(g.out.Events, t, b), g.row(g.out.State, t, b)
	do := g.none
	if g.from.Events != nil {
		do = g.row(g.from.Events, t, b)
	}
	if g.Kind == EvNN {
		kernel.FireAndResetGrad(dstate, sums.thr, dy, do, s, o, state, g.in.Thr)
		clear(dy)
	} else {
		kernel.FireGrad(dstate, sums.thr, dy, do, s, o, state)
	}
}

// throughUpdate turns the gradient of c, which it finds in state, into those of
// the pre-activations and of the state before, which it leaves there.
func (g *gradients[F]) throughUpdate(t, b int, sums *blockSums[F]) {
	H := g.H
	row := t*g.B + b
	gates, pre := g.gates.Row(row), g.pre.Row(row)
	candidate, dcandidate := gates[2*H:], g.candidate.Row(row)
	before := g.stateBefore(t)[b*H : (b+1)*H]
	dc := g.state[b*H : (b+1)*H]
	var kept []F // gradient of a state that zoneout kept
	if g.in.Zoneout != nil {
		kept = g.kept[b*H : (b+1)*H]
		kernel.Split(kept, dc, g.row(g.in.Zoneout, t, b))
	}
	if g.Kind == Paper {
		kernel.TakeGrad(pre[:H], dcandidate, g.y[b*H:(b+1)*H], dc, gates, candidate, before)
		addTo(sums.gates, pre[:H]) // those of the reset gate follow
	} else {
		keep, reset := g.keepAndReset(gates)
		dkeep, dreset := g.keepAndReset(pre)
		kernel.ResetAfterGrad(dkeep, dreset, dcandidate, pre[2*H:], dc, keep, reset, candidate, before, g.recurrent.Row(row))
		addTo(sums.gates, pre[:2*H])
		addTo(sums.recurrent, pre[2*H:])
	}
	addTo(sums.candidate, dcandidate)
	kernel.Add(dc[:len(kept)], kept)
}

// addTo adds to a sum that somebody wants; nil otherwise.
func addTo[F kernel.Float](sum, x []F) {
	if sum != nil {
		kernel.Add(sum[:len(x)], x)
	}
}

// throughReset takes the gradient of r*y' to the reset gate and to y'; Paper
// only.
func (g *gradients[F]) throughReset(t, b int, sums *blockSums[F]) {
	if t >= g.in.length(b, g.T) {
		return
	}
	H := g.H
	reset, dreset := g.gates.Row(t*g.B + b)[H:2*H], g.pre.Row(t*g.B + b)[H:2*H]
	kernel.GateGrad(dreset, g.y[b*H:(b+1)*H], g.reset.Row(b), reset, g.yBefore(t)[b*H:])
	if sums.gates != nil {
		kernel.Add(sums.gates[H:], dreset)
	}
}
