package cell

import "github.com/egru/egru/internal/kernel"

// bias is what the pre-activations start off with. The recurrent bias of the
// candidate is not in it: the reset gate multiplies it.
func (p *pass[F]) bias(mem *scratch[F]) []F {
	if p.in.Br == nil {
		return p.in.Bx
	}
	sum := mem.dirty(3 * p.H)
	copy(sum, p.in.Bx)
	kernel.Add(sum[:2*p.H], p.in.Br)
	return sum
}

// Where inputs are many, a product with W takes inputRows rows of them, so that gates
// are still in a near cache when the product of their step adds to them. Where they are
// sparse, all rows: then reading W again costs more than it takes to compute with it,
// and R has to leave the caches for it. In ms of a forward pass with T=70 B=64 I=H=1350
// on one core of an AMD EPYC 9004, and of I=750 with dense inputs in the first column:
//
//	inputs, events    1, 0.15  0.15  0.1  0.05  0.03  0.02  0.01
//	1024 rows at once   429    259   238  193   164   130   113
//	all of them         455    259   224  187   139   109    89
const (
	inputRows    = 1024
	sparseInputs = 0.15
)

// stepsTogether is how many steps one product of inputs with W is for.
func (p *pass[F]) stepsTogether() int {
	products := 1
	if kernel.Density(p.x) > sparseInputs {
		products = max(1, p.rows()/inputRows)
	}
	return (p.T + products - 1) / products
}

// startSteps computes what the gates of steps from <= t < to owe to biases and
// inputs.
func (p *pass[F]) startSteps(from, to int, bias []F, weights *kernel.Weights[F]) (macs int64) {
	lo, hi := from*p.B, to*p.B
	return kernel.GatedFrom(bias, p.gates.RowRange(lo, hi), p.x.RowRange(lo, hi), weights)
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
		kernel.Multiply(ry, g[H:2*H], p.yBefore(t)[b*H:])
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
		kernel.Mix(c, g, candidate, before)
		kernel.Subtract(c, c, p.yBefore(t)[b*H:])
	} else {
		kernel.Sigmoid(g[:2*H], g[:2*H])
		keep, reset := p.keepAndReset(g)
		kernel.AddProduct(candidate, reset, p.recurrent.Row(t*p.B+b))
		kernel.Tanh(candidate, candidate)
		kernel.Mix(c, keep, before, candidate)
	}
	if p.in.Zoneout != nil {
		kernel.Mix(c, p.row(p.in.Zoneout, t, b), c, before)
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
// one. It returns how many outputs are not 0, and the first unit whose state is
// not a number, or -1.
func (p *pass[F]) emit(t, b int) (events, bad int) {
	y := p.row(p.out.Y, t, b)
	if p.Kind == GRU {
		return kernel.Count(y), -1 // y is the state, and shows a NaN itself
	}
	s, o := p.row(p.out.State, t, b), p.row(p.out.Events, t, b)
	switch {
	case p.Smooth != nil:
		events = p.emitSmoothly(s, y, o)
	case p.Kind == EvNN:
		events = kernel.FireAndReset(o, y, s, p.in.Thr)
	default:
		events = kernel.Fire(o, y, s, p.in.Thr)
	}
	if events >= 0 {
		return events, -1
	}
	for j, thr := range p.in.Thr {
		// A NaN in the threshold or the output shows in no state of Paper.
		if s[j] != s[j] || y[j] != y[j] || thr != thr {
			return 0, j
		}
	}
	return 0, 0 // not reached: a unit is why events is below 0
}

// emitSmoothly is Fire or FireAndReset with a function in place of the step.
func (p *pass[F]) emitSmoothly(s, y, o []F) (events int) {
	kernel.Subtract(o, s, p.in.Thr)
	p.Smooth(o, o)
	nan := false
	for j, c := range s {
		thr := p.in.Thr[j]
		y[j] = o[j] * c
		if p.Kind == EvNN {
			s[j] = c - o[j]*thr
		}
		nan = nan || s[j] != s[j] || y[j] != y[j] || thr != thr
	}
	if nan {
		return -1
	}
	return kernel.Count(y)
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
