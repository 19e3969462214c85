package ops

import (
	G "gorgonia.org/gorgonia"

	"github.com/egru/egru/internal/cell"
)

// GRUConfig holds the settings of GRU. The zero value is the default.
type GRUConfig struct {
	FixedX, FixedState bool   // X, and the initial state, need no gradient; default false
	Meter              *Meter // gathers the counts of operations; default none
}

// GRUInputs are the inputs of GRU, all of one dtype, float32 or float64. The
// column blocks of W, R and the biases are r, z, n: the transposes of
// torch.nn.GRU's weight_ih and weight_hh.
type GRUInputs struct {
	X  *G.Node // (T, B, I)
	W  *G.Node // (I, 3H)
	R  *G.Node // (H, 3H)
	Bx *G.Node // (3H) torch's bias_ih
	Br *G.Node // (3H) torch's bias_hh

	State *G.Node // (B, H) initial h; nil for zeros

	Zoneout     *G.Node // (T, B, H) h = m*h + (1-m)*h'; no gradient; optional
	DropConnect *G.Node // (H, 3H) multiplies R element by element; no gradient; optional
	Lengths     *G.Node // (B) of tensor.Int: steps of each row, 0..T; optional
	LiveX       *G.Node // (T, B, I) nonzero where X can use a gradient; optional
}

// GRU runs the dense gated recurrent unit of torch.nn.GRU over a whole
// sequence, in one node:
//
//	r = sigma(x Wr + bxr + h' Rr + brr)
//	z = sigma(x Wz + bxz + h' Rz + brz)       keeps the old state
//	n = tanh (x Wn + bxn + r*(h' Rn + brn))
//	h = (1-z)*n + z*h',  y = h
//
// It is the baseline that EGRU is held against. Lengths and errors are as for
// EGRU, except that a NaN is passed on: it shows in the output.
func GRU(in GRUInputs, cfg GRUConfig) (*Sequence, error) {
	g := gather{}
	g.want(roleX, in.X)
	g.want(roleW, in.W)
	g.want(roleR, in.R)
	g.want(roleBx, in.Bx)
	g.want(roleBr, in.Br)
	g.take(roleState, in.State)
	g.take(roleZoneout, in.Zoneout)
	g.take(roleDropConnect, in.DropConnect)
	g.take(roleLengths, in.Lengths)
	g.take(roleLiveX, in.LiveX)
	op := sequence[float32]{kind: cell.GRU, fixedX: cfg.FixedX, fixed0: cfg.FixedState, inputs: string(g.roles), meter: cfg.Meter}
	return newSequence(op, g.nodes, nil)
}
