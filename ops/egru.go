package ops

import (
	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"

	"github.com/egru/egru/internal/cell"
	"github.com/egru/egru/ops/surrogate"
)

// Variant names the equations of an EGRU.
type Variant int

const (
	// EvNN is the form that the EvNN implementation trains, with column
	// blocks z, r, g and two biases. z keeps the old state:
	//
	//	z = sigma(x Wz + bxz + y' Rz + brz)
	//	r = sigma(x Wr + bxr + y' Rr + brr)
	//	g = tanh (x Wg + bxg + r*(y' Rg + brg))
	//	c = z*h' + (1-z)*g
	//	o = Theta(c - thr),  y = o*c,  h = c - o*thr
	EvNN Variant = iota

	// Paper is the equations as printed (Subramoney et al., ICLR 2023), with
	// column blocks u, r, z and one bias. u takes the new state:
	//
	//	u = sigma(x Wu + y' Ru + bu)
	//	r = sigma(x Wr + y' Rr + br)
	//	z = tanh (x Wz + (r*y') Rz + bz)
	//	c = u*z + (1-u)*c' - y'
	//	o = Theta(c - thr),  y = o*c
	Paper
)

func (v Variant) String() string {
	switch v {
	case EvNN:
		return "evnn"
	case Paper:
		return "paper"
	}
	return "unknown variant"
}

// ParseVariant reads the name of a variant, "evnn" or "paper".
func ParseVariant(name string) (Variant, error) {
	for _, v := range []Variant{EvNN, Paper} {
		if name == v.String() {
			return v, nil
		}
	}
	return 0, errors.Wrapf(ErrConfig, "variant is %q, want %q or %q", name, EvNN, Paper)
}

// EGRUConfig holds the settings of EGRU. Start from DefaultEGRU.
type EGRUConfig struct {
	Variant   Variant             // default EvNN
	Surrogate surrogate.Surrogate // derivative of the events; default surrogate.DefaultTriangle()

	// Smooth puts the surrogate's antiderivative in place of Theta, for
	// checking gradients against finite differences, as a surrogate.Smoothed
	// does. Default false.
	Smooth bool

	// FixedX and FixedState say that X, and State with Y, need no gradient,
	// which spares the products for it: X of a first layer, the state carried
	// over from the window before. Default false.
	FixedX, FixedState bool

	Meter *Meter // gathers the counts of events and operations; default none
}

// DefaultEGRU is the EvNN variant with a triangle of dampening 1 and support 1.
func DefaultEGRU() EGRUConfig {
	return EGRUConfig{Variant: EvNN, Surrogate: surrogate.DefaultTriangle()}
}

// EGRUInputs are the inputs of EGRU, all of one dtype, float32 or float64.
type EGRUInputs struct {
	X   *G.Node // (T, B, I); zeros cost nothing
	W   *G.Node // (I, 3H) kernel
	R   *G.Node // (H, 3H) recurrent kernel
	Bx  *G.Node // (3H) bias; the one bias of Paper
	Br  *G.Node // (3H) recurrent bias; nil for Paper
	Thr *G.Node // (H) thresholds, in [0, 1]

	State *G.Node // (B, H) initial h, for Paper c; nil for zeros
	Y     *G.Node // (B, H) initial y; nil for zeros

	// Zoneout (T, B, H) mixes the new c with the old state: c = m*c + (1-m)*h',
	// with c' for Paper. In training m is 1 or 0, at evaluation the
	// probability of 1. No gradient. Optional.
	Zoneout *G.Node

	DropConnect *G.Node // (H, 3H) multiplies R element by element; no gradient; optional
	Lengths     *G.Node // (B) of tensor.Int: steps of each row, 0..T; optional

	// LiveX (T, B, I) is nonzero where X can use a gradient, as Sequence.Live
	// of the layer below says; elsewhere the gradient of X is left at zero.
	// No gradient. Optional: everywhere.
	LiveX *G.Node
}

// EGRU runs an event-based gated recurrent unit over a whole sequence, in one
// node, at a cost proportional to the events in X and Y. Past the end of a row
// of given length its state stays as it is, its outputs are zero and X is not
// read.
//
// The backward pass uses the surrogate for the derivative of every use of o,
// and computes gradients towards y' only where a unit of the step before sent
// an event or had a nonzero surrogate: everywhere else they would be multiplied
// by zero.
//
// A nil node, or one of another graph, gives ErrNode; other shapes or an empty
// axis ErrShape; other dtypes ErrDtype; a setting outside its domain ErrConfig.
// A state that is not a number stops the run with ErrNaN, a length outside 0..T
// with ErrIndex.
func EGRU(in EGRUInputs, cfg EGRUConfig) (*Sequence, error) {
	kind := cell.EvNN
	switch {
	case cfg.Variant == Paper && in.Br != nil:
		return nil, errors.Wrap(ErrConfig, "EGRU Paper: Br is given, want nil: this variant has one bias, Bx")
	case cfg.Variant == Paper:
		kind = cell.Paper
	case cfg.Variant != EvNN:
		return nil, errors.Wrapf(ErrConfig, "EGRU: variant is %d, want EvNN or Paper", cfg.Variant)
	}
	if err := validate(cfg.Surrogate); err != nil {
		return nil, errors.Wrap(err, "EGRU")
	}
	g := gather{}
	g.want(roleX, in.X)
	g.want(roleW, in.W)
	g.want(roleR, in.R)
	g.want(roleBx, in.Bx)
	if kind == cell.EvNN {
		g.want(roleBr, in.Br)
	}
	g.want(roleThr, in.Thr)
	g.take(roleState, in.State)
	g.take(roleY, in.Y)
	g.take(roleZoneout, in.Zoneout)
	g.take(roleDropConnect, in.DropConnect)
	g.take(roleLengths, in.Lengths)
	g.take(roleLiveX, in.LiveX)
	smooth := cfg.Smooth || isSmooth(cfg.Surrogate)
	op := sequence[float32]{kind, cfg.Surrogate, smooth, cfg.FixedX, cfg.FixedState, string(g.roles), cfg.Meter}
	return newSequence(op, g.nodes, in.Thr)
}
