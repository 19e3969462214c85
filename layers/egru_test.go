package layers

import (
	"fmt"
	"math"
	"strings"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/egru/egru/ops"
	"github.com/egru/egru/ops/surrogate"
)

// The sizes of most tests.
const (
	testT = 4
	testB = 3
	testI = 2
	testH = 5
)

// egruOf makes a layer whose units are in part silent, in part live.
func egruOf(name string, variant ops.Variant, inputs, hidden int, change ...func(*EGRUConfig)) *EGRU {
	c := DefaultEGRU(inputs, hidden)
	c.Variant, c.Dtype, c.Seed = variant, tensor.Float64, 1
	c.Surrogate = surrogate.Triangle{Dampening: 0.7, Support: 4}
	c.ThresholdMean, c.KernelGain = 0.2, 3
	for _, f := range change {
		f(&c)
	}
	return must(NewEGRU(name, c))
}

var (
	variants = []ops.Variant{ops.EvNN, ops.Paper}
	dtypes   = []tensor.Dtype{tensor.Float32, tensor.Float64}
)

// setting is how a recurrent layer is run in a graph.
type setting struct {
	name           string
	state, lengths bool
	train          bool // with the layer's random masks, else with what stands for them
}

var settings = []setting{
	{name: "from zeros"},
	{name: "from a state", state: true},
	{name: "rows of given length", lengths: true},
	{name: "in training", train: true},
	{name: "all at once", state: true, lengths: true, train: true},
}

// inputs are a signal, a state and a run for a setting.
func (s setting) inputs(g *G.ExprGraph, dt tensor.Dtype, withY bool) (in Signal, initial State, run Run, wrt G.Nodes) {
	in.X = randomNode(g, "x", dt, 2, testT, testB, testI)
	wrt = G.Nodes{in.X}
	if s.state {
		initial.H = randomNode(g, "h", dt, 3, testB, testH)
		wrt = append(wrt, initial.H)
	}
	if s.state && withY {
		initial.Y = randomNode(g, "y", dt, 4, testB, testH)
		wrt = append(wrt, initial.Y)
	}
	if s.train {
		run = trainRun(g, 1)
	}
	if s.lengths {
		run.Lengths = node(g, "lengths", tensor.Int, []float64{testT, 0, 2}, testB)
	}
	return in, initial, run, wrt
}

// masksByHand are the zoneout and drop connect of a layer in a setting.
func (s setting) masksByHand(g *G.ExprGraph, layer string, dt tensor.Dtype, run Run, zoneout, dropConnect float64) (z, d *G.Node) {
	shape := tensor.Shape{testT, testB, testH}
	if !s.train {
		x := make([]float64, shape.TotalSize())
		for i := range x {
			x[i] = 1 - zoneout
		}
		return node(g, "share of the new state", dt, x, shape...), nil
	}
	z = G.Must(ops.Mask(run.Key, dt, ops.MaskConfig{Shape: shape, Keep: 1 - zoneout, Stream: layer + ".zoneout"}))
	d = G.Must(ops.Mask(run.Key, dt, ops.MaskConfig{
		Shape: tensor.Shape{testH, 3 * testH}, Keep: 1 - dropConnect, Scale: true, Stream: layer + ".dropconnect",
	}))
	return z, d
}

// What a layer computes, and all gradients, are those of its op on its weights.
func TestEGRUIsItsOp(t *testing.T) {
	for _, variant := range variants {
		for _, dt := range dtypes {
			for _, s := range settings {
				for _, masked := range []bool{false, true} {
					t.Run(fmt.Sprint(variant, dt, s.name, masked), func(t *testing.T) {
						l := egruOf("rnn", variant, testI, testH, func(c *EGRUConfig) {
							c.Dtype, c.OutputGain, c.LearnGain = dt, 2, true
							if masked {
								c.Zoneout, c.DropConnect = 0.25, 0.5
							}
						})
						byLayer := run(t, tape, func(g *G.ExprGraph) built {
							in, initial, r, wrt := s.inputs(g, dt, true)
							return built{must(l.Run(in, initial, r)).X, wrt}.with(l.Params())
						})
						byHand := run(t, tape, func(g *G.ExprGraph) built {
							in, initial, r, wrt := s.inputs(g, dt, true)
							w := map[string]*G.Node{}
							for _, p := range l.Params() {
								w[p.Name()] = must(p.Node(g))
							}
							of := ops.EGRUInputs{
								X: in.X, W: w["rnn.kernel"], R: w["rnn.recurrent_kernel"],
								Bx: w["rnn.bias"], Br: w["rnn.recurrent_bias"], Thr: w["rnn.threshold"],
								State: initial.H, Y: initial.Y, Lengths: r.Lengths,
							}
							if masked {
								of.Zoneout, of.DropConnect = s.masksByHand(g, "rnn", dt, r, 0.25, 0.5)
							}
							config := ops.EGRUConfig{Variant: variant, Surrogate: l.Config().Surrogate}
							y := must(must(ops.EGRU(of, config)).Y())
							return built{must(ops.Gain(y, w["rnn.gain"])), wrt}.with(l.Params())
						})
						sameOutcome(t, byLayer, byHand, 0)
					})
				}
			}
		}
	}
}

func TestForwardIsRunFromZerosWithoutMasks(t *testing.T) {
	l := egruOf("rnn", ops.EvNN, testI, testH, func(c *EGRUConfig) { c.OutputGain = 3 })
	once := func(build func(x *G.Node) *G.Node) []float64 {
		return forward(t, func(g *G.ExprGraph) *G.Node { return build(randomNode(g, "x", tensor.Float64, 2, testT, testB, testI)) })
	}
	short := once(func(x *G.Node) *G.Node { return must(l.Forward(x)) })
	long := once(func(x *G.Node) *G.Node { return must(l.Run(Signal{X: x}, State{}, Run{})).X })
	compare(t, "output", short, long, 0)

	// A gain that is not learned multiplies all the same.
	plain := once(func(x *G.Node) *G.Node { return must(must(l.Run(Signal{X: x}, State{}, Run{})).Sequence().Y()) })
	for i := range plain {
		plain[i] *= 3
	}
	compare(t, "output with a gain", short, plain, 0)
}

func TestFinalStateStartsTheNextWindow(t *testing.T) {
	for _, l := range []Recurrent{
		egruOf("rnn", ops.EvNN, testI, testH),
		egruOf("rnn", ops.Paper, testI, testH),
		must(NewGRU("rnn", GRUConfig{Inputs: testI, Hidden: testH, KernelGain: 1, RecurrentGain: 1, Dtype: tensor.Float64})),
	} {
		x := normal(2, 2*testT*testB*testI)
		cut := len(x) / 2
		whole := forward(t, func(g *G.ExprGraph) *G.Node {
			in := node(g, "x", tensor.Float64, x, 2*testT, testB, testI)
			return must(l.Run(Signal{X: in}, State{}, Run{})).X
		})
		second := forward(t, func(g *G.ExprGraph) *G.Node {
			first := node(g, "first", tensor.Float64, x[:cut], testT, testB, testI)
			state := must(must(l.Run(Signal{X: first}, State{}, Run{})).Final())
			if (state.Y != nil) != (len(l.StateNames()) == 2) {
				t.Errorf("%T has states %q and a Y %v", l, l.StateNames(), state.Y)
			}
			next := node(g, "next", tensor.Float64, x[cut:], testT, testB, testI)
			return must(l.Run(Signal{X: next}, state, Run{})).X
		})
		compare(t, fmt.Sprintf("second window of %T", l), second, whole[len(whole)/2:], 0)
	}
}

// wide is a surrogate of unbounded support.
type wide struct{}

func (wide) String() string                 { return "wide" }
func (wide) Derivative(v float64) float64   { return 1 / (1 + v*v) }
func (wide) Antiderivative(float64) float64 { return 0 }
func (wide) HalfWidth() float64             { return math.Inf(1) }
func (wide) Validate() error                { return nil }

func TestLiveIsKnownForBoundedSurrogatesOnly(t *testing.T) {
	for _, c := range []struct {
		layer Recurrent
		want  bool
	}{
		{egruOf("rnn", ops.EvNN, testI, testH), true},
		{egruOf("rnn", ops.Paper, testI, testH), true},
		{egruOf("rnn", ops.EvNN, testI, testH, func(c *EGRUConfig) { c.Surrogate = wide{} }), false},
		{must(NewGRU("rnn", DefaultGRU(testI, testH))), false},
	} {
		x := randomNode(G.NewGraph(), "x", c.layer.Dtype(), 2, testT, testB, testI)
		out := must(c.layer.Run(Signal{X: x}, State{}, Run{}))
		if got := out.Live != nil; got != c.want {
			t.Errorf("%T: a live mask is known: %v, want %v", c.layer, got, c.want)
		}
	}
}

// The same layer over two sequences in one graph: its gradient is the sum of
// both, at evaluation with zoneout too.
func TestALayerCanRunTwiceInOneGraph(t *testing.T) {
	for _, l := range []Recurrent{
		egruOf("rnn", ops.EvNN, testI, testH, func(c *EGRUConfig) { c.Zoneout = 0.25 }),
		must(NewGRU("rnn", GRUConfig{Inputs: testI, Hidden: testH, KernelGain: 1, RecurrentGain: 1, Zoneout: 0.25, Dtype: tensor.Float64})),
	} {
		of := func(g *G.ExprGraph, seed uint64, T int) *G.Node {
			x := randomNode(g, fmt.Sprint("x", seed), tensor.Float64, seed, T, testB, testI)
			return G.Must(G.Sum(must(l.Run(Signal{X: x}, State{}, Run{})).X))
		}
		one := run(t, tape, func(g *G.ExprGraph) built { return built{out: of(g, 1, testT)}.with(l.Params()) })
		two := run(t, tape, func(g *G.ExprGraph) built { return built{out: of(g, 2, testT)}.with(l.Params()) })
		three := run(t, tape, func(g *G.ExprGraph) built { return built{out: of(g, 3, testT+1)}.with(l.Params()) })
		all := run(t, tape, func(g *G.ExprGraph) built {
			sum := G.Must(G.Add(of(g, 1, testT), of(g, 2, testT)))
			return built{out: G.Must(G.Add(sum, of(g, 3, testT+1)))}.with(l.Params())
		})
		for name, g := range one.grads {
			for i := range g {
				g[i] += two.grads[name][i] + three.grads[name][i]
			}
			compare(t, name, all.grads[name], g, 1e-13)
		}
	}
}

// What a solver without bounds may make of thresholds, see EGRU.Threshold.
func TestAThresholdBelow0SendsEventsOfNothing(t *testing.T) {
	l := must(NewEGRU("rnn", DefaultEGRU(1, 2)))
	copy(l.Threshold().Value().Float32s(), []float32{-0.5, 0})
	y := forward(t, func(g *G.ExprGraph) *G.Node {
		return must(l.Forward(node(g, "x", tensor.Float32, make([]float64, 5), 5, 1, 1)))
	})
	for step := 1; step < 5; step++ { // the first event has the number 0
		if y[2*step] <= y[2*step-2] || y[2*step+1] != 0 {
			t.Errorf("at step %d units of thresholds -0.5 and 0 send %v, want the first to send ever more", step, y[2*step:2*step+2])
		}
	}
}

// The outputs of a sequence have their gradients gathered in one place.
func TestTwoGradsOfOneSequenceAreRefused(t *testing.T) {
	l := must(NewEGRU("rnn", DefaultEGRU(2, 3)))
	g := G.NewGraph()
	x := G.NewTensor(g, l.Dtype(), 3, G.WithShape(4, 2, 2), G.WithName("x"), G.WithInit(G.Ones()))
	out := must(l.Run(Signal{X: x}, State{}, Run{}))
	y, end := must(G.Sum(out.X)), must(G.Sum(must(out.Final()).H))
	weights := must(l.Nodes(g))
	must(G.Grad(y, weights...))
	if _, err := G.Grad(end, weights...); err == nil || !strings.Contains(err.Error(), "add up the losses") {
		t.Errorf("the second Grad gave error %v, want it to say what to do", err)
	}
}
