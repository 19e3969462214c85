package layers

import (
	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Param is one weight of a layer: a named tensor that all graphs share.
type Param struct {
	name  string
	value *tensor.Dense
}

// NewParam makes a weight of a tensor, which it keeps. Give every weight of a
// model a name of its own.
func NewParam(name string, value *tensor.Dense) *Param { return &Param{name, value} }

// Name is the unique name, "layer.weight".
func (p *Param) Name() string { return p.name }

// Value is the tensor itself, not a copy.
func (p *Param) Value() *tensor.Dense { return p.value }

// Clamp sets the numbers of a weight into an interval, for all graphs:
//
//	p = min(max(p, low), high)
//
// It is for use after each step of a solver that knows no bounds, as Gorgonia's
// do not; around those of graph/optim stands optim.Project. NaN stays NaN.
// ErrConfig is returned unless low <= high, and for a weight that is no float32
// or float64 tensor stored in one piece.
func (p *Param) Clamp(low, high float64) error {
	switch {
	case !(low <= high):
		return errors.Wrapf(ErrConfig, "weight %s: low is %v and high %v, want low <= high", p.name, low, high)
	case p.value == nil:
		return errors.Wrapf(ErrConfig, "weight %s has no tensor", p.name)
	case p.value.RequiresIterator():
		return errors.Wrapf(ErrConfig, "weight %s is masked or a strided view, want a tensor stored in one piece", p.name)
	}
	switch dt := p.value.Dtype(); dt {
	case tensor.Float32:
		clamp(p.value.Float32s(), float32(low), float32(high))
	case tensor.Float64:
		clamp(p.value.Float64s(), low, high)
	default:
		return errors.Wrapf(ErrConfig, "weight %s has dtype %v, want float32 or float64", p.name, dt)
	}
	return nil
}

func clamp[F float32 | float64](x []F, low, high F) {
	for i, v := range x {
		x[i] = min(max(v, low), high)
	}
}

// Node is the node of the weight in g, made at the first call. Gorgonia takes
// inputs of one name for one node: a second weight of the name is an error.
func (p *Param) Node(g *G.ExprGraph) (*G.Node, error) {
	if g == nil {
		return nil, errors.Wrapf(ErrGraph, "weight %s: graph is nil", p.name)
	}
	for _, n := range g.AllNodes() {
		if n.Op() == nil && n.Name() == p.name {
			if n.Value() != G.Value(p.value) {
				return nil, errors.Wrapf(ErrGraph, "weight %s: the graph has another input of that name", p.name)
			}
			return n, nil
		}
	}
	if p.value == nil {
		return nil, errors.Wrapf(ErrConfig, "weight %s has no tensor", p.name)
	}
	s := p.value.Shape()
	return G.NewTensor(g, p.value.Dtype(), s.Dims(), G.WithShape(s...), G.WithName(p.name), G.WithValue(p.value)), nil
}

// Nodes are the nodes of weights in g, in order: what gorgonia.Grad, a
// TapeMachine's BindDualValues and a solver want.
func Nodes(g *G.ExprGraph, ps []*Param) (G.Nodes, error) {
	ns := make(G.Nodes, len(ps))
	var err error
	for i, p := range ps {
		if p == nil {
			return nil, errors.Wrapf(ErrConfig, "weight %d is nil", i)
		}
		if ns[i], err = p.Node(g); err != nil {
			return nil, err
		}
	}
	return ns, nil
}

// Size is how many numbers weights hold.
func Size(ps []*Param) int {
	n := 0
	for _, p := range ps {
		if p != nil && p.value != nil {
			n += p.value.Shape().TotalSize()
		}
	}
	return n
}

// CheckParams reports weights that are nil or share a name.
func CheckParams(ps []*Param) error {
	seen := map[string]bool{}
	for i, p := range ps {
		if p == nil {
			return errors.Wrapf(ErrConfig, "weight %d is nil", i)
		}
		if seen[p.name] {
			return errors.Wrapf(ErrConfig, "two weights are named %s", p.name)
		}
		seen[p.name] = true
	}
	return nil
}
