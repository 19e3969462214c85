package layers

import (
	"math"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/egru/egru/ops"
)

// LinearConfig holds the settings of a linear layer. Start from DefaultLinear.
type LinearConfig struct {
	Inputs, Outputs int          // I and O; the weight holds at most 2^31-1 numbers
	NoBias          bool         // default false
	Dtype           tensor.Dtype // tensor.Float32 (default) or tensor.Float64
	Seed            uint64       // of the initial weights
}

// DefaultLinear has a bias.
func DefaultLinear(inputs, outputs int) LinearConfig {
	return LinearConfig{Inputs: inputs, Outputs: outputs, Dtype: tensor.Float32}
}

// Validate names every setting outside its domain.
func (c LinearConfig) Validate() error {
	var bad checks
	bad.positive("Inputs", c.Inputs)
	bad.positive("Outputs", c.Outputs)
	bad.weight("weight", c.Inputs, c.Outputs)
	bad.dtype(c.Dtype)
	return bad.err("linear")
}

// Linear is y = x W + b, at a cost proportional to the events in x.
type Linear struct {
	name string
	w, b *Param // b is nil without bias
}

// NewLinear draws the weights name.weight (I, O), uniform in
// (-sqrt(1/I), sqrt(1/I)) as torch.nn.Linear's, and name.bias (O), zeros.
func NewLinear(name string, c LinearConfig) (*Linear, error) {
	if err := checkName("linear", name); err != nil {
		return nil, err
	}
	if err := c.Validate(); err != nil {
		return nil, errors.Wrap(err, name)
	}
	d := drawer{name, c.Dtype, c.Seed}
	l := &Linear{name: name, w: d.uniform("weight", math.Sqrt(1/float64(c.Inputs)), c.Inputs, c.Outputs)}
	if !c.NoBias {
		l.b = d.constant("bias", 0, c.Outputs)
	}
	return l, nil
}

// Params are the weight and, if there is one, the bias.
func (l *Linear) Params() []*Param {
	if l.b == nil {
		return []*Param{l.w}
	}
	return []*Param{l.w, l.b}
}

// Nodes are the nodes of the weights in g, for gorgonia.Grad and solvers.
func (l *Linear) Nodes(g *G.ExprGraph) (G.Nodes, error) { return Nodes(g, l.Params()) }

// Forward gives (..., O) for x (..., I).
func (l *Linear) Forward(x *G.Node) (*G.Node, error) { return l.Run(Signal{X: x}) }

// Run gives (..., O) for a signal (..., I), whose gradient is computed only
// where the signal is live.
func (l *Linear) Run(in Signal) (*G.Node, error) {
	y, err := l.build(in)
	return y, errors.Wrap(err, l.name)
}

func (l *Linear) build(in Signal) (*G.Node, error) {
	w := l.w.Value()
	if err := in.fits(anyAxes, w.Shape()[0], w.Dtype()); err != nil {
		return nil, err
	}
	ws, err := l.Nodes(in.X.Graph())
	if err != nil {
		return nil, err
	}
	live, err := in.live()
	if err != nil {
		return nil, err
	}
	var y *G.Node
	if live == nil {
		y, err = ops.GatedMatMul(in.X, ws[0])
	} else {
		y, err = ops.GatedMatMulLive(in.X, ws[0], live)
	}
	if err != nil || l.b == nil {
		return y, err
	}
	return ops.AddBias(y, ws[1])
}
