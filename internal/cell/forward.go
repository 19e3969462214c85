package cell

import "github.com/egru/egru/internal/kernel"

// fillBiases starts the pre-activations off with their biases. The recurrent
// bias of the candidate stays apart: the reset gate multiplies it.
func (p *pass[F]) fillBiases() {
	H := p.H
	start := p.in.Bx
	if p.in.Br != nil {
		start = make([]F, 3*H)
		copy(start, p.in.Bx)
		kernel.Axpy(1, p.in.Br[:2*H], start[:2*H])
	}
	kernel.Parallel(p.rows(), max(1, forwardBlock/H), func(lo, hi int) {
		for i := lo; i < hi; i++ {
			copy(p.gates.Row(i), start)
			if p.in.Br != nil {
				copy(p.recurrent.Row(i), p.in.Br[2*H:])
			}
		}
	})
}

// resetBefore turns the two gates of rows lo..hi into numbers in (0, 1) and
// writes r*y' to reset.
func (p *pass[F]) resetBefore(t, lo, hi int, reset kernel.Mat[F]) {
	H := p.H
	for b := lo; b < hi; b++ {
		ry := reset.Row(b)
		if t >= p.in.length(b, p.T) {
			clear(ry)
			continue
		}
		g := p.gates.Row(t*p.B + b)
		kernel.Sigmoid(g[:2*H], g[:2*H])
		y := p.yBefore(t)[b*H : (b+1)*H]
		for j, r := range g[H : 2*H] {
			ry[j] = r * y[j]
		}
	}
}

// update computes the state c of row b before its event.
func (p *pass[F]) update(t, b int) {
	H := p.H
	g := p.gates.Row(t*p.B + b)
	candidate := g[2*H:]
	before := p.stateBefore(t)[b*H : (b+1)*H]
	c := p.row(p.states(), t, b)

	if p.Kind == Paper {
		kernel.Tanh(candidate, candidate)
		y := p.yBefore(t)[b*H : (b+1)*H]
		for j, u := range g[:H] {
			c[j] = u*candidate[j] + (1-u)*before[j] - y[j]
		}
	} else {
		kernel.Sigmoid(g[:2*H], g[:2*H])
		keep, reset := p.keepAndReset(g)
		q := p.recurrent.Row(t*p.B + b)
		for j, r := range reset {
			candidate[j] += r * q[j]
		}
		kernel.Tanh(candidate, candidate)
		for j, z := range keep {
			c[j] = z*before[j] + (1-z)*candidate[j]
		}
	}
	if p.in.Zoneout != nil {
		for j, m := range p.row(p.in.Zoneout, t, b) {
			c[j] = m*c[j] + (1-m)*before[j]
		}
	}
}

// keepAndReset finds the gate that keeps the old state and the reset gate in a
// row of gates: EvNN has them as z, r, torch.nn.GRU as r, z.
func (p *pass[F]) keepAndReset(g []F) (keep, reset []F) {
	if p.Kind == GRU {
		return g[p.H : 2*p.H], g[:p.H]
	}
	return g[:p.H], g[p.H : 2*p.H]
}

// emit makes the events of row b out of its states and resets those that sent
// one. It returns the first unit whose state is not a number, or -1.
func (p *pass[F]) emit(t, b int) int {
	if p.Kind == GRU {
		return -1 // y is the state, and shows a NaN itself
	}
	s, y, o := p.row(p.out.State, t, b), p.row(p.out.Y, t, b), p.row(p.out.Events, t, b)
	if p.Smooth != nil {
		for j, c := range s {
			o[j] = c - p.in.Thr[j]
		}
		p.Smooth(o, o)
	} else {
		for j, c := range s {
			if c > p.in.Thr[j] {
				o[j] = 1
			} else {
				o[j] = 0
			}
		}
	}
	bad := -1
	for j, c := range s {
		y[j] = o[j] * c
		if p.Kind == EvNN {
			s[j] = c - o[j]*p.in.Thr[j]
		}
		// A NaN in the threshold or the output shows in no state of Paper.
		if thr := p.in.Thr[j]; bad < 0 && (s[j] != s[j] || y[j] != y[j] || thr != thr) {
			bad = j
		}
	}
	return bad
}

// freeze carries the state of a row past its end on, silently.
func (p *pass[F]) freeze(t, b int) {
	clear(p.row(p.out.Y, t, b))
	if p.Kind == GRU {
		return
	}
	clear(p.row(p.out.Events, t, b))
	copy(p.row(p.out.State, t, b), p.stateBefore(t)[b*p.H:(b+1)*p.H])
}

// finish gathers the state at the end of each row.
func (p *pass[F]) finish() {
	for b := range p.B {
		state, y := p.state0[b*p.H:(b+1)*p.H], p.y0[b*p.H:(b+1)*p.H]
		if n := p.in.length(b, p.T); n > 0 {
			state, y = p.row(p.states(), n-1, b), p.row(p.out.Y, n-1, b)
		}
		copy(p.out.FinalState[b*p.H:], state)
		if p.Kind != GRU {
			copy(p.out.FinalY[b*p.H:], y)
		}
	}
}
