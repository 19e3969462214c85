package layers

import (
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/egru/egru/ops"
)

// Every layer, in training with all that it has to offer: Gorgonia's machines
// differentiate in ways that share no code, and agree.
func TestMachinesAgree(t *testing.T) {
	full := func(c *EGRUConfig) { c.Zoneout, c.DropConnect, c.OutputGain, c.LearnGain = 0.25, 0.25, 2, true }
	x := func(g *G.ExprGraph) *G.Node { return randomNode(g, "x", tensor.Float64, 2, testT, testB, testI) }
	recurrent := func(l Recurrent) func(g *G.ExprGraph) built {
		return func(g *G.ExprGraph) built {
			in := Signal{X: x(g)}
			states, wrt := stackStates(g, []Recurrent{l})
			r := trainRun(g, 1)
			r.Lengths = node(g, "lengths", tensor.Int, []float64{testT, 1, 2}, testB)
			return built{must(l.Run(in, states[0], r)).X, append(wrt, in.X)}.with(l.Params())
		}
	}
	stack := must(NewStack(Dropout{Name: "drop", P: 0.25}, threeLayers()...))
	both := must(NewBidirectional(egruOf("ahead", ops.EvNN, testI, testH), egruOf("back", ops.Paper, testI, testH)))
	onTop := must(NewLinear("out", LinearConfig{Inputs: 2 * testH, Outputs: 3, Dtype: tensor.Float64}))
	masked := func(c *LanguageModelConfig) {
		c.WordDropout, c.EmbedDropout, c.LayerDropout, c.OutputDropout, c.EGRU.Zoneout, c.GRU.DropConnect = 0.4, 0.1, 0.2, 0.3, 0.25, 0.25
	}
	model := func(m *LanguageModel) func(g *G.ExprGraph) built {
		return func(g *G.ExprGraph) built { return built{out: lossOf(g, m)}.with(m.Params()) }
	}

	for _, c := range []struct {
		name  string
		build func(g *G.ExprGraph) built
	}{
		{"EGRU EvNN", recurrent(egruOf("rnn", ops.EvNN, testI, testH, full))},
		{"EGRU Paper", recurrent(egruOf("rnn", ops.Paper, testI, testH, full))},
		{"GRU", recurrent(gruOf(testI, testH, 0.25, 0.25))},
		{"Stack", func(g *G.ExprGraph) built {
			in := Signal{X: x(g)}
			states, wrt := stackStates(g, stack.Layers())
			return built{must(stack.Run(in, states, trainRun(g, 1))).X, append(wrt, in.X)}.with(stack.Params())
		}},
		{"final state", func(g *G.ExprGraph) built {
			in := Signal{X: x(g)}
			out := must(both.ahead.Run(in, State{}, Run{}))
			s := must(out.Final())
			last := must(ops.TimeSlice(out.X, testT-1)) // equal to s.Y
			return built{must(ops.Join(must(ops.Join(s.H, s.Y)), last)), G.Nodes{in.X}}.with(both.ahead.Params())
		}},
		{"Bidirectional under Linear", func(g *G.ExprGraph) built {
			in := Signal{X: x(g)}
			lengths := node(g, "lengths", tensor.Int, []float64{testT, 1, 2}, testB)
			y := must(both.Run(in, Run{Lengths: lengths}))
			return built{must(onTop.Run(y)), G.Nodes{in.X}}.with(append(both.Params(), onTop.Params()...))
		}},
		{"tied LanguageModel", model(languageModel(masked))},
		{"untied LanguageModel", model(languageModel(masked, untied))},
		{"LanguageModel of GRU layers", model(languageModel(masked, ofGRU))},
	} {
		t.Run(c.name, func(t *testing.T) {
			onTape := run(t, tape, c.build)
			onLisp := run(t, lisp, c.build)
			sameOutcome(t, onLisp, onTape, 1e-14)
			for name, g := range onTape.grads {
				if isConstant(g) && g[0] == 0 {
					t.Errorf("the gradient of %s is zero: nothing was compared", name)
				}
			}
		})
	}
}

// Layers of one unit, one input, one row and one step: Gorgonia's tensors like
// to lose such axes.
func TestAxesOfOneStay(t *testing.T) {
	for _, variant := range variants {
		oneUnit := egruOf("rnn", variant, 1, 1, func(c *EGRUConfig) { c.Zoneout, c.LearnGain = 0.25, true })
		for name, r := range map[string]func(g *G.ExprGraph) Run{"in training": inTraining(1), "at evaluation": atEvaluation} {
			build := func(g *G.ExprGraph) built {
				x := randomNode(g, "x", tensor.Float64, 2, 1, 1, 1)
				out := must(oneUnit.Run(Signal{X: x}, State{}, r(g)))
				if s := out.X.Shape(); s.Dims() != 3 || s.TotalSize() != 1 {
					t.Errorf("output has shape %v, want (1, 1, 1)", s)
				}
				return built{out.X, G.Nodes{x}}.with(oneUnit.Params())
			}
			t.Run(variant.String()+" "+name, func(t *testing.T) { sameOutcome(t, run(t, lisp, build), run(t, tape, build), 0) })
		}
	}
	m := languageModel(func(c *LanguageModelConfig) { c.Vocabulary, c.Embed, c.Hidden = 1, 1, 1 })
	loss := forward(t, func(g *G.ExprGraph) *G.Node {
		ids, targets := node(g, "ids", tensor.Int, []float64{0}, 1, 1), node(g, "targets", tensor.Int, []float64{0}, 1, 1)
		out := must(m.Run(ids, nil, Run{}))
		return must(must(m.Loss(out.Signal, targets)).Loss())
	})
	compare(t, "loss over a vocabulary of one", loss, []float64{0}, 0)
}

// Whatever comes from outside gives an error with the name of the layer.
func TestUnusableInputsAreErrors(t *testing.T) {
	egru, gru := egruOf("rnn", ops.EvNN, testI, testH), gruOf(testI, testH, 0, 0)
	zoneout := egruOf("rnn", ops.EvNN, testI, testH, func(c *EGRUConfig) { c.Zoneout = 0.5 })
	linear := must(NewLinear("rnn", LinearConfig{Inputs: testI, Outputs: 3, Dtype: tensor.Float64}))
	ofLinear := func(in Signal, _ State, _ Run) error { _, err := linear.Run(in); return err }
	of := func(l Recurrent) func(Signal, State, Run) error {
		return func(in Signal, s State, r Run) error {
			out, err := l.Run(in, s, r)
			if out != nil && err != nil {
				t.Errorf("%T: an output came back beside the error %v", l, err)
			}
			return err
		}
	}
	broken := func() (*G.Node, error) { return nil, ops.ErrNaN }
	for _, c := range []struct {
		name     string
		build    func(Signal, State, Run) error
		spoil    func(g *G.ExprGraph, in *Signal, s *State, r *Run)
		sentinel error
		says     string
	}{
		{"nil", of(egru), func(_ *G.ExprGraph, in *Signal, _ *State, _ *Run) { in.X = nil }, ops.ErrNode, "X is nil"},
		{"nil", of(gru), func(_ *G.ExprGraph, in *Signal, _ *State, _ *Run) { in.X = nil }, ops.ErrNode, "X is nil"},
		{"nil", ofLinear, func(_ *G.ExprGraph, in *Signal, _ *State, _ *Run) { in.X = nil }, ops.ErrNode, "X is nil"},
		{"dtype", of(egru), func(g *G.ExprGraph, in *Signal, _ *State, _ *Run) {
			in.X = randomNode(g, "x32", tensor.Float32, 1, testT, testB, testI)
		}, ops.ErrDtype, "rnn: X has dtype float32, want float64 as the weights of the layer"},
		{"dtype", ofLinear, func(g *G.ExprGraph, in *Signal, _ *State, _ *Run) {
			in.X = randomNode(g, "x32", tensor.Float32, 1, testT, testB, testI)
		}, ops.ErrDtype, "rnn: X has dtype float32, want float64 as the weights of the layer"},
		{"rank", of(zoneout), func(g *G.ExprGraph, in *Signal, _ *State, _ *Run) {
			in.X = randomNode(g, "x2", tensor.Float64, 1, testT, testI)
		}, ops.ErrShape, "rnn: X has shape (4, 2), want (T, B, 2)"},
		{"rank", of(gru), func(g *G.ExprGraph, in *Signal, _ *State, _ *Run) {
			in.X = randomNode(g, "x2", tensor.Float64, 1, testT, testI)
		}, ops.ErrShape, "rnn: X has shape (4, 2), want (T, B, 2)"},
		{"inputs", of(egru), func(g *G.ExprGraph, in *Signal, _ *State, _ *Run) {
			in.X = randomNode(g, "x7", tensor.Float64, 1, testT, testB, 7)
		}, ops.ErrShape, "rnn: X has shape (4, 3, 7), want (T, B, 2)"},
		{"inputs", ofLinear, func(g *G.ExprGraph, in *Signal, _ *State, _ *Run) {
			in.X = randomNode(g, "x7", tensor.Float64, 1, testT, testB, 7)
		}, ops.ErrShape, "rnn: X has shape (4, 3, 7), want (..., 2)"},
		{"scalar", ofLinear, func(g *G.ExprGraph, in *Signal, _ *State, _ *Run) {
			in.X = G.NewScalar(g, tensor.Float64, G.WithName("x0"))
		}, ops.ErrShape, "rnn: X has shape (), want (..., 2)"},
		{"no dtype", of(gru), func(g *G.ExprGraph, in *Signal, _ *State, _ *Run) {
			in.X = G.NewTensor(g, tensor.Dtype{}, 3, G.WithShape(testT, testB, testI), G.WithName("x-"))
		}, ops.ErrDtype, "rnn: X has dtype unset, want float64"},
		{"state", of(egru), func(g *G.ExprGraph, _ *Signal, s *State, _ *Run) {
			s.H = randomNode(g, "h", tensor.Float64, 1, testB, 4)
		}, ops.ErrShape, "State has shape (3, 4), want (3, 5)"},
		{"y", of(egru), func(g *G.ExprGraph, _ *Signal, s *State, _ *Run) {
			s.Y = randomNode(g, "y", tensor.Float64, 1, 2, testH)
		}, ops.ErrShape, "Y has shape (2, 5), want (3, 5)"},
		{"y", of(gru), func(g *G.ExprGraph, _ *Signal, s *State, _ *Run) {
			s.Y = randomNode(g, "y", tensor.Float64, 1, testB, testH)
		}, ErrConfig, "initial state has a Y, want nil"},
		{"graph", of(gru), func(_ *G.ExprGraph, _ *Signal, s *State, _ *Run) {
			s.H = randomNode(G.NewGraph(), "h", tensor.Float64, 1, testB, testH)
		}, ops.ErrNode, "State belongs to another graph"},
		{"lengths", of(egru), func(g *G.ExprGraph, _ *Signal, _ *State, r *Run) {
			r.Lengths = node(g, "lengths", tensor.Int, []float64{1, 1}, 2)
		}, ops.ErrShape, "Lengths has shape (2), want (3)"},
		{"key", of(zoneout), func(g *G.ExprGraph, _ *Signal, _ *State, r *Run) {
			r.Train, r.Key = true, node(g, "key", tensor.Int, []float64{1, 2, 3}, 3)
		}, ops.ErrShape, "key has shape (3), want (2)"},
		{"live", of(egru), func(_ *G.ExprGraph, in *Signal, _ *State, _ *Run) { in.Live = broken }, ops.ErrNaN, ""},
		{"live", of(gru), func(_ *G.ExprGraph, in *Signal, _ *State, _ *Run) { in.Live = broken }, ops.ErrNaN, ""},
		{"live", ofLinear, func(_ *G.ExprGraph, in *Signal, _ *State, _ *Run) { in.Live = broken }, ops.ErrNaN, ""},
		{"weight", of(egru), func(g *G.ExprGraph, _ *Signal, _ *State, _ *Run) {
			randomNode(g, "rnn.threshold", tensor.Float64, 1, testH)
		}, ErrGraph, "weight rnn.threshold: the graph has another input of that name"},
	} {
		g := G.NewGraph()
		in, s, r := Signal{X: randomNode(g, "x", tensor.Float64, 1, testT, testB, testI)}, State{}, Run{}
		c.spoil(g, &in, &s, &r)
		wantError(t, c.name, c.build(in, s, r), c.sentinel, "rnn: ", c.says)
	}
}
