package layers

import (
	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"

	"github.com/egru/egru/ops"
)

// Bidirectional runs one layer forward and one backward in time and puts their
// outputs side by side:
//
//	y = [ahead(x), reverse(back(reverse(x)))]   (T, B, Ha+Hb)
//
// Rows of given length are turned round within their length.
type Bidirectional struct {
	ahead, back Recurrent
}

// NewBidirectional takes two layers of different names and equal inputs.
func NewBidirectional(ahead, back Recurrent) (*Bidirectional, error) {
	if IsNil(ahead) || IsNil(back) {
		return nil, errors.Wrap(ErrConfig, "bidirectional: a layer is nil")
	}
	l := &Bidirectional{ahead, back}
	if err := CheckParams(l.Params()); err != nil {
		return nil, errors.Wrap(err, "bidirectional")
	}
	return l, nil
}

// Params are the weights of both layers.
func (l *Bidirectional) Params() []*Param { return append(l.ahead.Params(), l.back.Params()...) }

// Nodes are the nodes of the weights in g, for gorgonia.Grad and solvers.
func (l *Bidirectional) Nodes(g *G.ExprGraph) (G.Nodes, error) { return Nodes(g, l.Params()) }

// Forward runs over x (T, B, I) without any random mask.
func (l *Bidirectional) Forward(x *G.Node) (*G.Node, error) {
	out, err := l.Run(Signal{X: x}, Run{})
	if err != nil {
		return nil, err
	}
	return out.X, nil
}

// Run runs both layers over in from states of zeros: a state carried from
// window to window would be the future for one of them.
func (l *Bidirectional) Run(in Signal, run Run) (Signal, error) {
	ahead, err := l.ahead.Run(in, State{}, run)
	if err != nil {
		return Signal{}, err
	}
	turned, err := turn(in, run)
	if err != nil {
		return Signal{}, errors.Wrap(err, l.back.Name())
	}
	out, err := l.back.Run(turned, State{}, run)
	if err != nil {
		return Signal{}, err
	}
	back, err := turn(out.Signal, run)
	if err != nil {
		return Signal{}, errors.Wrap(err, l.back.Name())
	}
	var joined Signal
	if joined.X, err = ops.Join(ahead.X, back.X); err != nil {
		return Signal{}, errors.Wrap(err, "bidirectional")
	}
	if ahead.Live != nil && back.Live != nil {
		joined.Live = func() (*G.Node, error) {
			a, err := ahead.Live()
			if err != nil {
				return nil, err
			}
			b, err := back.Live()
			if err != nil {
				return nil, err
			}
			return ops.Join(a, b)
		}
	}
	return joined, nil
}

// turn reverses a signal in time.
func turn(in Signal, run Run) (Signal, error) {
	return in.through(func(x *G.Node) (*G.Node, error) { return ops.Reverse(x, run.Lengths) })
}
