package layers

import (
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/egru/egru/ops"
)

// threeLayers are two EGRU layers of both variants with a GRU on top.
func threeLayers() []Recurrent {
	c := DefaultGRU(testH, 4)
	c.Dtype = tensor.Float64
	return []Recurrent{
		egruOf("rnn.0", ops.EvNN, testI, 6, func(c *EGRUConfig) { c.Zoneout = 0.25 }),
		egruOf("rnn.1", ops.Paper, 6, testH, func(c *EGRUConfig) { c.OutputGain, c.LearnGain = 2, true }),
		must(NewGRU("rnn.2", c)),
	}
}

// stackStates are random states for the layers of a stack.
func stackStates(g *G.ExprGraph, layers []Recurrent) (states []State, nodes G.Nodes) {
	for i, l := range layers {
		s := State{H: randomNode(g, l.Name()+".start of h", l.Dtype(), uint64(20+i), testB, l.Units())}
		nodes = append(nodes, s.H)
		if len(l.StateNames()) > 1 {
			s.Y = randomNode(g, l.Name()+".start of y", l.Dtype(), uint64(30+i), testB, l.Units())
			nodes = append(nodes, s.Y)
		}
		states = append(states, s)
	}
	return states, nodes
}

// A stack is its layers one after the other, with dropout of a stream of its
// own between them. Its live masks change no gradient and save work.
func TestLiveMasksOfAStackChangeNoGradient(t *testing.T) {
	for _, variational := range []bool{false, true} {
		layers := threeLayers()
		stack := must(NewStack(Dropout{Name: "drop", P: 0.25, Variational: variational}, layers...))
		work := func(build func(g *G.ExprGraph, x Signal, states []State, r Run) *G.Node) (outcome, []ops.Counts) {
			var counts []ops.Counts
			for _, m := range stack.Meters() {
				m.Reset()
			}
			o := run(t, tape, func(g *G.ExprGraph) built {
				x := Signal{X: randomNode(g, "x", tensor.Float64, 2, testT, testB, testI)}
				states, wrt := stackStates(g, layers)
				return built{build(g, x, states, trainRun(g, 1)), append(wrt, x.X)}.with(stack.Params())
			})
			for _, m := range stack.Meters() {
				counts = append(counts, m.Counts())
			}
			return o, counts
		}
		byStack, some := work(func(g *G.ExprGraph, x Signal, states []State, r Run) *G.Node {
			return must(stack.Run(x, states, r)).X
		})
		byHand, all := work(func(g *G.ExprGraph, x Signal, states []State, r Run) *G.Node {
			for i, l := range layers {
				if i > 0 {
					d := Dropout{Name: "drop above " + layers[i-1].Name(), P: 0.25, Variational: variational}
					x = must(d.Run(x, r))
				}
				x = Signal{X: must(l.Run(Signal{X: x.X}, states[i], r)).X} // not where it is live
			}
			return x.X
		})
		sameOutcome(t, byStack, byHand, 1e-13)
		for i, l := range layers {
			if some[i].ForwardMACs != all[i].ForwardMACs {
				t.Errorf("%s: %d MACs forward, without masks %d", l.Name(), some[i].ForwardMACs, all[i].ForwardMACs)
			}
			if i > 0 && some[i].BackwardMACs >= all[i].BackwardMACs {
				t.Errorf("%s: %d MACs backward, without masks %d", l.Name(), some[i].BackwardMACs, all[i].BackwardMACs)
			}
		}
	}
}

func TestStackFromNoStatesIsFromZeros(t *testing.T) {
	layers := threeLayers()
	stack := must(NewStack(Dropout{}, layers...))
	of := func(zeros bool) []float64 {
		return forward(t, func(g *G.ExprGraph) *G.Node {
			var states []State
			if zeros {
				for _, l := range layers {
					h := node(g, l.Name()+".h", l.Dtype(), make([]float64, testB*l.Units()), testB, l.Units())
					states = append(states, State{H: h})
				}
			}
			x := Signal{X: randomNode(g, "x", tensor.Float64, 2, testT, testB, testI)}
			out := must(stack.Run(x, states, Run{}))
			if len(out.Layers) != len(layers) || out.Layers[2].X != out.X {
				t.Errorf("outputs of %d layers, the last %v, want that of the stack %v", len(out.Layers), out.Layers[2].X, out.X)
			}
			return out.X
		})
	}
	compare(t, "output", of(false), of(true), 0)
}

func TestStackFinalStatesAreThoseOfItsLayers(t *testing.T) {
	layers := threeLayers()
	stack := must(NewStack(Dropout{}, layers...))
	for i := range layers {
		of := func(pick func(*StackOutput) State) []float64 {
			return forward(t, func(g *G.ExprGraph) *G.Node {
				x := Signal{X: randomNode(g, "x", tensor.Float64, 2, testT, testB, testI)}
				return pick(must(stack.Run(x, nil, Run{}))).H
			})
		}
		got := of(func(o *StackOutput) State { return must(o.Final())[i] })
		want := of(func(o *StackOutput) State { return must(o.Layers[i].Final()) })
		compare(t, layers[i].Name(), got, want, 0)
	}
}

func TestStackErrors(t *testing.T) {
	a, b := must(NewGRU("a", DefaultGRU(2, 3))), must(NewGRU("b", DefaultGRU(4, 5)))
	for _, c := range []struct {
		name    string
		between Dropout
		layers  []Recurrent
		says    string
	}{
		{"none", Dropout{}, nil, "stack: no layers"},
		{"nil", Dropout{}, []Recurrent{a, nil}, "stack: layer 1 is nil"},
		{"nil EGRU", Dropout{}, []Recurrent{a, (*EGRU)(nil)}, "stack: layer 1 is nil"},
		{"nil GRU", Dropout{}, []Recurrent{(*GRU)(nil)}, "stack: layer 0 is nil"},
		{"one twice", Dropout{}, []Recurrent{a, a}, "two weights are named a.kernel"},
		{"dropout", Dropout{P: 1.5}, []Recurrent{a}, "dropout is 1.5"},
	} {
		s, err := NewStack(c.between, c.layers...)
		wantError(t, c.name, err, ErrConfig, c.says)
		if s != nil {
			t.Errorf("%s: a stack came back beside the error", c.name)
		}
	}

	x := Signal{X: randomNode(G.NewGraph(), "x", tensor.Float32, 1, testT, testB, 2)}
	_, err := must(NewStack(Dropout{}, a)).Run(x, make([]State, 2), Run{})
	wantError(t, "states", err, ErrConfig, "stack: got 2 initial states, want 1")
	_, err = must(NewStack(Dropout{}, a, b)).Run(x, nil, Run{})
	wantError(t, "sizes", err, ops.ErrShape, "b: ", "X has shape (4, 3, 3), want (T, B, 4)")
	_, err = must(NewStack(Dropout{P: 0.5}, a, must(NewGRU("c", DefaultGRU(3, 3))))).Run(x, nil, Run{Train: true})
	wantError(t, "key", err, ErrConfig, "needs Run.Key")
}
