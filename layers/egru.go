package layers

import (
	"fmt"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/egru/egru/ops"
	"github.com/egru/egru/ops/surrogate"
)

var _ Recurrent = (*EGRU)(nil)

// EGRUConfig holds the settings of an EGRU layer. Start from DefaultEGRU.
type EGRUConfig struct {
	Inputs, Hidden int // I and H; a weight holds at most 2^31-1 numbers

	Variant   ops.Variant         // default ops.EvNN
	Surrogate surrogate.Surrogate // default triangle of dampening 1 and support 1

	// ThresholdMean is the mean m of the initial thresholds, drawn from
	// Beta(3m/(1-m), 3); in (0, 1), default 0.3.
	ThresholdMean float64

	// KernelGain and RecurrentGain scale the Xavier normal initial kernels W
	// and R; default 1.
	KernelGain, RecurrentGain float64

	// KeepBias is the initial bias of the gate that keeps the old state: below
	// zero the state follows its input faster. Default 0. The other biases
	// start at zero.
	KeepBias float64

	// OutputGain multiplies the output: events in a few units alone would
	// reach the layer above as a faint signal. Default 1. With LearnGain it is
	// where a weight starts that is learned, a number for each unit; default
	// false.
	OutputGain float64
	LearnGain  bool

	// Zoneout is the probability to keep a unit's old state for a step in
	// training; at evaluation new and old are mixed in that proportion. In
	// [0, 1), default 0.
	Zoneout float64

	// DropConnect is the probability to drop a recurrent weight for a whole
	// run in training, the others scaled up. In [0, 1), default 0.
	DropConnect float64

	Dtype tensor.Dtype // tensor.Float32 (default) or tensor.Float64
	Seed  uint64       // of the initial weights
}

// DefaultEGRU is a layer of the EvNN variant.
func DefaultEGRU(inputs, hidden int) EGRUConfig {
	return EGRUConfig{
		Inputs:        inputs,
		Hidden:        hidden,
		Variant:       ops.EvNN,
		Surrogate:     surrogate.DefaultTriangle(),
		ThresholdMean: 0.3,
		KernelGain:    1,
		RecurrentGain: 1,
		OutputGain:    1,
		Dtype:         tensor.Float32,
	}
}

// Validate names every setting outside its domain.
func (c EGRUConfig) Validate() error {
	var bad checks
	bad.positive("Inputs", c.Inputs)
	bad.positive("Hidden", c.Hidden)
	bad.weight("kernel", c.Inputs, 3, c.Hidden)
	bad.weight("recurrent_kernel", c.Hidden, 3, c.Hidden)
	bad.want(c.Variant == ops.EvNN || c.Variant == ops.Paper, fmt.Sprintf("Variant is %v, want EvNN or Paper", c.Variant))
	bad.want(c.Surrogate != nil, "Surrogate is nil")
	if c.Surrogate != nil {
		err := c.Surrogate.Validate()
		bad.want(err == nil, fmt.Sprint(err))
	}
	bad.want(c.ThresholdMean > 0 && c.ThresholdMean < 1, fmt.Sprintf("ThresholdMean is %v, want it inside (0, 1)", c.ThresholdMean))
	bad.scale("KernelGain", c.KernelGain)
	bad.scale("RecurrentGain", c.RecurrentGain)
	bad.want(isFinite(c.KeepBias), fmt.Sprintf("KeepBias is %v, want it finite", c.KeepBias))
	bad.scale("OutputGain", c.OutputGain)
	bad.probability("Zoneout", c.Zoneout)
	bad.probability("DropConnect", c.DropConnect)
	bad.dtype(c.Dtype)
	return bad.err("EGRU")
}

// EGRU is an event-based gated recurrent layer; see ops.EGRU for its equations.
type EGRU struct {
	name   string
	config EGRUConfig
	meter  *ops.Meter

	w, r, bx, br, thr *Param // br is nil for the variant Paper
	gain              *Param // nil where it is 1 and not learned
}

// NewEGRU draws the weights of a layer: name.kernel (I, 3H),
// name.recurrent_kernel (H, 3H), name.bias (3H), name.recurrent_bias (3H, not
// for Paper), name.threshold (H) and, if asked for, name.gain (H).
func NewEGRU(name string, config EGRUConfig) (*EGRU, error) {
	if err := checkName("EGRU", name); err != nil {
		return nil, err
	}
	if err := config.Validate(); err != nil {
		return nil, errors.Wrap(err, name)
	}
	I, H := config.Inputs, config.Hidden
	d := drawer{name, config.Dtype, config.Seed}
	l := &EGRU{
		name:   name,
		config: config,
		meter:  ops.NewMeter(name),
		w:      d.xavierNormal("kernel", config.KernelGain, I, 3*H),
		r:      d.xavierNormal("recurrent_kernel", config.RecurrentGain, H, 3*H),
		thr:    d.thresholds("threshold", config.ThresholdMean, H),
	}
	keep, unit := config.KeepBias, 0
	if config.Variant == ops.Paper {
		keep = -keep // its gate takes the new state
	} else {
		l.br = d.constant("recurrent_bias", 0, 3*H)
	}
	l.bx = d.fill("bias", tensor.Shape{3 * H}, func() float64 {
		unit++
		if unit <= H {
			return keep
		}
		return 0
	})
	if config.LearnGain || config.OutputGain != 1 {
		l.gain = d.constant("gain", config.OutputGain, H)
	}
	return l, nil
}

// Name is the prefix of the names of the weights.
func (l *EGRU) Name() string { return l.name }

// Config is the setting the layer was made with.
func (l *EGRU) Config() EGRUConfig { return l.config }

// Units is H.
func (l *EGRU) Units() int { return l.config.Hidden }

// Dtype is the element type of the weights.
func (l *EGRU) Dtype() tensor.Dtype { return l.config.Dtype }

// Meter counts events and operations over all graphs and runs.
func (l *EGRU) Meter() *ops.Meter { return l.meter }

// Threshold is the weight that holds the thresholds (H). They belong in [0, 1],
// and a solver does not keep them there: put optim.Project around one of
// graph/optim, or call Threshold().Clamp(0, 1) after each step of another. A unit
// of a threshold below 0 sends events though nothing comes in, for a state of zero
// is above it, and each raises the state in place of lowering it. A threshold
// above 1 the state never reaches.
func (l *EGRU) Threshold() *Param { return l.thr }

// Params are the weights, in the order NewEGRU names them.
func (l *EGRU) Params() []*Param {
	ps := []*Param{l.w, l.r, l.bx}
	if l.br != nil {
		ps = append(ps, l.br)
	}
	ps = append(ps, l.thr)
	if l.gain != nil && l.config.LearnGain {
		ps = append(ps, l.gain)
	}
	return ps
}

// Nodes are the nodes of the weights in g, for gorgonia.Grad and solvers.
func (l *EGRU) Nodes(g *G.ExprGraph) (G.Nodes, error) { return Nodes(g, l.Params()) }

// StateNames are "h", for the variant Paper "c", and "y".
func (l *EGRU) StateNames() []string {
	if l.config.Variant == ops.Paper {
		return []string{"c", "y"}
	}
	return []string{"h", "y"}
}

// Forward runs the layer over x (T, B, I) from a state of zeros, without any
// random mask, and gives the output (T, B, H).
func (l *EGRU) Forward(x *G.Node) (*G.Node, error) {
	out, err := l.Run(Signal{X: x}, State{}, Run{})
	if err != nil {
		return nil, err
	}
	return out.X, nil
}

// Run runs the layer over in from a state.
func (l *EGRU) Run(in Signal, initial State, run Run) (*Output, error) {
	out, err := l.build(in, initial, run)
	return out, errors.Wrap(err, l.name)
}

func (l *EGRU) build(in Signal, initial State, run Run) (*Output, error) {
	if err := in.fits(sequenceAxes, l.config.Inputs, l.config.Dtype); err != nil {
		return nil, err
	}
	g := in.X.Graph()
	ws, err := Nodes(g, []*Param{l.w, l.r, l.bx, l.thr})
	if err != nil {
		return nil, err
	}
	inputs := ops.EGRUInputs{
		X: in.X, W: ws[0], R: ws[1], Bx: ws[2], Thr: ws[3],
		State: initial.H, Y: initial.Y,
		Lengths: run.Lengths,
	}
	if l.br != nil {
		if inputs.Br, err = l.br.Node(g); err != nil {
			return nil, err
		}
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
	seq, err := ops.EGRU(inputs, ops.EGRUConfig{
		Variant:    l.config.Variant,
		Surrogate:  l.config.Surrogate,
		FixedX:     in.Fixed,
		FixedState: run.FixedState,
		Meter:      l.meter,
	})
	if err != nil {
		return nil, err
	}
	out := &Output{sequence: seq, hasY: true}
	if surrogate.Bounded(l.config.Surrogate) {
		out.Live = seq.Live
	}
	if out.X, err = seq.Y(); err != nil || l.gain == nil {
		return out, err
	}
	gain, err := l.gain.Node(g)
	if err != nil {
		return nil, err
	}
	out.X, err = ops.Gain(out.X, gain)
	return out, err
}
