package layers

import (
	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/egru/egru/ops"
)

var _ Recurrent = (*GRU)(nil)

// GRUConfig holds the settings of a dense GRU layer. Start from DefaultGRU.
type GRUConfig struct {
	Inputs, Hidden int // I and H; a weight holds at most 2^31-1 numbers

	// KernelGain and RecurrentGain scale the Xavier normal initial kernels W
	// and R; default 1.
	KernelGain, RecurrentGain float64

	Zoneout     float64 // probability to keep a unit's old state; in [0, 1), default 0
	DropConnect float64 // probability to drop a recurrent weight for a run; in [0, 1), default 0

	Dtype tensor.Dtype // tensor.Float32 (default) or tensor.Float64
	Seed  uint64       // of the initial weights
}

// DefaultGRU is a plain GRU.
func DefaultGRU(inputs, hidden int) GRUConfig {
	return GRUConfig{Inputs: inputs, Hidden: hidden, KernelGain: 1, RecurrentGain: 1, Dtype: tensor.Float32}
}

// Validate names every setting outside its domain.
func (c GRUConfig) Validate() error {
	var bad checks
	bad.positive("Inputs", c.Inputs)
	bad.positive("Hidden", c.Hidden)
	bad.weight("kernel", c.Inputs, 3, c.Hidden)
	bad.weight("recurrent_kernel", c.Hidden, 3, c.Hidden)
	bad.scale("KernelGain", c.KernelGain)
	bad.scale("RecurrentGain", c.RecurrentGain)
	bad.probability("Zoneout", c.Zoneout)
	bad.probability("DropConnect", c.DropConnect)
	bad.dtype(c.Dtype)
	return bad.err("GRU")
}

// GRU is a dense gated recurrent layer, torch.nn.GRU's equations; see ops.GRU.
// It is the baseline that EGRU is held against.
type GRU struct {
	name         string
	config       GRUConfig
	meter        *ops.Meter
	w, r, bx, br *Param
}

// NewGRU draws the weights of a layer: name.kernel (I, 3H),
// name.recurrent_kernel (H, 3H), name.bias (3H) and name.recurrent_bias (3H),
// with column blocks r, z, n.
func NewGRU(name string, config GRUConfig) (*GRU, error) {
	if err := checkName("GRU", name); err != nil {
		return nil, err
	}
	if err := config.Validate(); err != nil {
		return nil, errors.Wrap(err, name)
	}
	I, H := config.Inputs, config.Hidden
	d := drawer{name, config.Dtype, config.Seed}
	return &GRU{
		name:   name,
		config: config,
		meter:  ops.NewMeter(name),
		w:      d.xavierNormal("kernel", config.KernelGain, I, 3*H),
		r:      d.xavierNormal("recurrent_kernel", config.RecurrentGain, H, 3*H),
		bx:     d.constant("bias", 0, 3*H),
		br:     d.constant("recurrent_bias", 0, 3*H),
	}, nil
}

// Name is the prefix of the names of the weights.
func (l *GRU) Name() string { return l.name }

// Config is the setting the layer was made with.
func (l *GRU) Config() GRUConfig { return l.config }

// Units is H.
func (l *GRU) Units() int { return l.config.Hidden }

// Dtype is the element type of the weights.
func (l *GRU) Dtype() tensor.Dtype { return l.config.Dtype }

// Meter counts operations over all graphs and runs.
func (l *GRU) Meter() *ops.Meter { return l.meter }

// Params are the weights, in the order NewGRU names them.
func (l *GRU) Params() []*Param { return []*Param{l.w, l.r, l.bx, l.br} }

// Nodes are the nodes of the weights in g, for gorgonia.Grad and solvers.
func (l *GRU) Nodes(g *G.ExprGraph) (G.Nodes, error) { return Nodes(g, l.Params()) }

// StateNames is "h".
func (l *GRU) StateNames() []string { return []string{"h"} }

// Forward runs the layer over x (T, B, I) from a state of zeros, without any
// random mask, and gives the output (T, B, H).
func (l *GRU) Forward(x *G.Node) (*G.Node, error) {
	out, err := l.Run(Signal{X: x}, State{}, Run{})
	if err != nil {
		return nil, err
	}
	return out.X, nil
}

// Run runs the layer over in from a state.
func (l *GRU) Run(in Signal, initial State, run Run) (*Output, error) {
	out, err := l.build(in, initial, run)
	return out, errors.Wrap(err, l.name)
}

func (l *GRU) build(in Signal, initial State, run Run) (*Output, error) {
	if err := in.fits(sequenceAxes, l.config.Inputs, l.config.Dtype); err != nil {
		return nil, err
	}
	if initial.Y != nil {
		return nil, errors.Wrap(ErrConfig, "initial state has a Y, want nil: the state of a GRU is its h")
	}
	ws, err := l.Nodes(in.X.Graph())
	if err != nil {
		return nil, err
	}
	inputs := ops.GRUInputs{
		X: in.X, W: ws[0], R: ws[1], Bx: ws[2], Br: ws[3],
		State: initial.H, Lengths: run.Lengths,
	}
	m := masks{l.name, l.config.Hidden, l.config.Dtype, run}
	if inputs.Zoneout, err = m.zoneout(in.X, l.config.Zoneout); err != nil {
		return nil, err
	}
	if inputs.DropConnect, err = m.dropConnect(l.config.DropConnect); err != nil {
		return nil, err
	}
	if inputs.LiveX, err = in.live(); err != nil {
		return nil, err
	}
	seq, err := ops.GRU(inputs, ops.GRUConfig{FixedX: in.Fixed, FixedState: run.FixedState, Meter: l.meter})
	if err != nil {
		return nil, err
	}
	out := &Output{sequence: seq}
	out.X, err = seq.Y()
	return out, err
}
