package graph

import (
	"slices"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/egru/egru/layers"
	"github.com/egru/egru/ops"
)

// joined is a model whose weights have gradients of every kind, for windows of one
// step:
//
//	y = (first + tanh(second) + tied[tokens]) square
//	loss = mean cross-entropy of y decoded by tied + sum(left + right)
//
// Gorgonia makes the gradient of second of that of first, perhaps in its memory.
// left and right have one node for both.
type joined struct{ params []*layers.Param }

func newJoined(dt tensor.Dtype) (m joined) {
	const H = 3
	for i, w := range []struct {
		name  string
		shape tensor.Shape
	}{
		{"first", tensor.Shape{1, testB, H}}, {"second", tensor.Shape{1, testB, H}}, {"tied", tensor.Shape{testV, H}},
		{"square", tensor.Shape{H, H}}, {"left", tensor.Shape{testB}}, {"right", tensor.Shape{testB}},
	} {
		v := tensor.New(tensor.WithShape(w.shape...), tensor.Of(dt))
		for j := range w.shape.TotalSize() {
			x := float64((7*j+5*i)%11-5) / 4
			if dt == tensor.Float32 {
				v.Set(j, float32(x))
			} else {
				v.Set(j, x)
			}
		}
		m.params = append(m.params, layers.NewParam(w.name, v))
	}
	return m
}

func (m joined) Params() []*layers.Param { return m.params }

func (m joined) Build(w *Window) error {
	ns, err := layers.Nodes(w.Graph(), m.params)
	if err != nil {
		return err
	}
	first, second, tied, square, left, right := ns[0], ns[1], ns[2], ns[3], ns[4], ns[5]
	x := must(ops.Embedding(tied, w.Input("tokens", tensor.Int, w.T, w.B)))
	s := must(G.Add(must(G.Add(first, must(G.Tanh(second)))), x))
	c := must(ops.SoftmaxCrossEntropy(ops.CrossEntropyInputs{
		Y: must(ops.GatedMatMul(s, square)), W: tied, Targets: w.Input("targets", tensor.Int, w.T, w.B),
	}, ops.SoftmaxCrossEntropyConfig{}))
	w.Loss(must(G.Add(must(c.Loss()), must(G.Sum(must(G.Add(left, right)))))))
	return nil
}

// byHand are the gradients that Gorgonia's machine leaves by itself, in a graph of
// the same model.
func (m joined) byHand(t *testing.T, feeds Feeds) [][]float64 {
	t.Helper()
	w := &Window{T: 1, B: testB, graph: G.NewGraph(), inputs: map[string]*G.Node{}, outputs: map[string]*G.Node{}}
	if err := m.Build(w); err != nil {
		t.Fatal(err)
	}
	weights := must(layers.Nodes(w.graph, m.params))
	must(G.Grad(w.loss, weights...))
	for name, n := range w.inputs {
		if err := G.Let(n, feeds[name]); err != nil {
			t.Fatal(err)
		}
	}
	vm := G.NewTapeMachine(w.graph, G.BindDualValues(weights...))
	defer vm.Close()
	if err := vm.RunAll(); err != nil {
		t.Fatal(err)
	}
	var grads [][]float64
	for _, n := range weights {
		grads = append(grads, numbers(must(n.Grad())))
	}
	return grads
}

func TestGradientsOfEveryKindAreThoseOfGorgoniasMachine(t *testing.T) {
	for _, dt := range []tensor.Dtype{tensor.Float64, tensor.Float32} {
		m := newJoined(dt)
		s := must(NewSession(m, Config{}))
		for _, from := range []int{0, 3, 3} {
			feeds := window(from, 1)
			feeds = Feeds{"tokens": feeds[Tokens], "targets": feeds[Targets]}
			want := m.byHand(t, feeds)
			r := train(t, s, s.NewStream(testB), feeds)
			for i, p := range m.params {
				near(t, dt.String()+" "+p.Name(), numbers(must(r.Grads[i].Grad())), want[i], 0)
			}
		}
	}
}

// What is not copied at the end of the run is small, or not of our ops.
func TestTheMachineAddsOnlyGradientsThatMayNotLast(t *testing.T) {
	names := func(s *Session) (added []string) {
		for _, m := range s.machines {
			for i, g := range m.grads {
				if g.added {
					added = append(added, m.weights[i].Name())
				}
			}
		}
		return added
	}
	s := must(NewSession(newJoined(tensor.Float64), Config{}))
	feeds := window(0, 1)
	train(t, s, s.NewStream(testB), Feeds{"tokens": feeds[Tokens], "targets": feeds[Targets]})
	if got, want := names(s), []string{"first", "second", "left", "right"}; !slices.Equal(got, want) {
		t.Errorf("added are %q, want %q", got, want)
	}
	for _, tied := range []bool{true, false} {
		s := newSession(languageModel(masked, func(c *layers.LanguageModelConfig) { c.Tied = tied }))
		train(t, s, s.NewStream(testB), window(0, 4))
		for _, name := range names(s) {
			for _, p := range s.model.Params() {
				if p.Name() == name && p.Value().Shape().Dims() > 1 {
					t.Errorf("tied %v: the gradient of %s is added, want it copied", tied, name)
				}
			}
		}
		t.Logf("tied %v: added are %q", tied, names(s))
	}
}
