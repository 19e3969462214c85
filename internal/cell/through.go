package cell

import "github.com/egru/egru/internal/kernel"

// findLive evaluates the surrogate of columns lo..hi at step t and marks the
// units that a gradient can pass.
func (g *gradients[F]) findLive(t, lo, hi int) {
	for b := range g.B {
		at := b * g.H
		live := g.live[at+lo : at+hi]
		running := t < g.in.length(b, g.T)
		if g.Kind == GRU || !running {
			for j := range live {
				live[j] = running
			}
			g.count(live, lo)
			if !g.runsOn(t, b) {
				clear(live)
			}
			continue
		}
		s := g.surrogate[at+lo : at+hi]
		o := g.row(g.out.Events, t, b)[lo:hi]
		g.crossing(s, t, b, lo)
		g.Surrogate(s, s)
		for j := range live {
			live[j] = o[j] != 0 || s[j] != 0
		}
		g.count(live, lo)
		if !g.runsOn(t, b) {
			clear(live)
		}
	}
}

// runsOn says whether row b has a step after t. If not, no product takes a
// gradient from there back to t.
func (g *gradients[F]) runsOn(t, b int) bool { return t+1 < g.in.length(b, g.T) }

func (g *gradients[F]) count(live []bool, lo int) {
	for _, l := range live {
		if l {
			g.alive[lo/backwardColumn]++
		}
	}
}

// thaw passes the gradient of a frozen state on to the step before.
func (g *gradients[F]) thaw(t, b, lo, hi int) {
	if g.from.State != nil {
		addTo(g.state[b*g.H+lo:b*g.H+hi], g.row(g.from.State, t, b)[lo:hi])
	}
}

// throughEvent turns the gradients of y, o and the state carried on into that
// of c, the state before the event, which it leaves in state:
//
//	dL/do = do + c*dy - thr*dh            (Paper has no -thr*dh)
//	dc    = o*dy + dh + s*dL/do
//	dthr  = -(s*dL/do + o*dh)             (Paper has no o*dh)
//
// y is left cleared for what comes from this step.
func (g *gradients[F]) throughEvent(t, b, lo, hi int) {
	dy, dstate := g.y[b*g.H+lo:b*g.H+hi], g.state[b*g.H+lo:b*g.H+hi]
	if g.from.Y != nil {
		addTo(dy, g.row(g.from.Y, t, b)[lo:hi])
	}
	if g.from.State != nil {
		addTo(dstate, g.row(g.from.State, t, b)[lo:hi])
	}
	if g.Kind == GRU {
		addTo(dstate, dy)
		clear(dy)
		return
	}
	s := g.surrogate[b*g.H+lo : b*g.H+hi]
	o := g.row(g.out.Events, t, b)[lo:hi]
	state := g.row(g.out.State, t, b)[lo:hi]
	dthr := g.dthr[lo:hi]
	var dEvents []F
	if g.from.Events != nil {
		dEvents = g.row(g.from.Events, t, b)[lo:hi]
	}
	for j, thr := range g.in.Thr[lo:hi] {
		c, dreset := state[j], F(0)
		if g.Kind == EvNN {
			c += o[j] * thr
			dreset = dstate[j]
		}
		do := c*dy[j] - thr*dreset
		if dEvents != nil {
			do += dEvents[j]
		}
		dthr[j] -= s[j]*do + o[j]*dreset
		dstate[j] += o[j]*dy[j] + s[j]*do
		dy[j] = 0
	}
}

func addTo[F kernel.Float](dst, src []F) {
	for j, v := range src {
		dst[j] += v
	}
}

// throughUpdate turns the gradient of c, which it finds in state, into those of
// the pre-activations and of the state before, which it leaves there.
func (g *gradients[F]) throughUpdate(t, b, lo, hi int) {
	H := g.H
	row := t*g.B + b
	gates, pre := g.gates.Row(row), g.pre.Row(row)
	cand, dcand := gates[2*H+lo:2*H+hi], g.candidate.Row(row)[lo:hi]
	before := g.stateBefore(t)[b*H+lo : b*H+hi]
	dc := g.state[b*H+lo : b*H+hi]
	kept := g.zoneout(t, b, lo, hi)

	if g.Kind == Paper {
		take, dtake, dy := gates[lo:hi], pre[lo:hi], g.y[b*H+lo:b*H+hi]
		for j, u := range take {
			dtake[j] = dc[j] * (cand[j] - before[j]) * u * (1 - u)
			dcand[j] = dc[j] * u * (1 - cand[j]*cand[j])
			dy[j] = -dc[j]
			dc[j] *= 1 - u
		}
	} else {
		keep, reset := g.keepAndReset(gates)
		dkeep, dreset := g.keepAndReset(pre)
		keep, reset, dkeep, dreset = keep[lo:hi], reset[lo:hi], dkeep[lo:hi], dreset[lo:hi]
		q, dq := g.recurrent.Row(row)[lo:hi], pre[2*H+lo:2*H+hi]
		for j, z := range keep {
			r := reset[j]
			dcand[j] = dc[j] * (1 - z) * (1 - cand[j]*cand[j])
			dkeep[j] = dc[j] * (before[j] - cand[j]) * z * (1 - z)
			dreset[j] = dcand[j] * q[j] * r * (1 - r)
			dq[j] = dcand[j] * r
			dc[j] *= z
		}
	}
	for j, k := range kept {
		dc[j] += k
	}
}

// zoneout splits the gradient of c, in place, into the part of the new state
// and that of the old state kept, which it returns; nil without zoneout.
func (g *gradients[F]) zoneout(t, b, lo, hi int) []F {
	if g.in.Zoneout == nil {
		return nil
	}
	kept := g.kept[b*g.H+lo : b*g.H+hi]
	dc := g.state[b*g.H+lo : b*g.H+hi]
	for j, m := range g.row(g.in.Zoneout, t, b)[lo:hi] {
		kept[j] = (1 - m) * dc[j]
		dc[j] *= m
	}
	return kept
}

// throughReset takes the gradient of r*y' to the reset gate and to y'; Paper
// only.
func (g *gradients[F]) throughReset(t, lo, hi int) {
	H := g.H
	for b := range g.B {
		if t >= g.in.length(b, g.T) {
			continue
		}
		i := t*g.B + b
		reset, dreset := g.gates.Row(i)[H:2*H], g.pre.Row(i)[H:2*H]
		y, dy := g.yBefore(t)[b*H:(b+1)*H], g.y[b*H:(b+1)*H]
		for j, d := range g.reset.Row(b)[lo:hi] {
			j += lo
			r := reset[j]
			dreset[j] = d * y[j] * r * (1 - r)
			dy[j] += d * r
		}
	}
}
