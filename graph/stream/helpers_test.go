package stream

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/egru/egru/graph"
	"github.com/egru/egru/layers"
	"github.com/egru/egru/ops"
)

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func wantError(t *testing.T, name string, err, sentinel error, says string) {
	t.Helper()
	if err == nil || !errors.Is(err, sentinel) || !strings.Contains(err.Error(), says) {
		t.Errorf("%s: got error %v, want it to wrap %q and say %q", name, err, sentinel, says)
	}
}

// The cells that every test ranges over.
const (
	evnn  = "EvNN"
	paper = "Paper"
	gru   = "GRU"
)

var cells = []string{evnn, paper, gru}

// settings of a small model; each is used where it applies.
type settings struct {
	cell           string
	V, embed, H, n int
	tied           bool
	gain           float64
	learnGain      bool
	zoneout        float64
	dtype          tensor.Dtype
	seed           uint64
}

func small(cell string) settings {
	return settings{cell: cell, V: 11, embed: 12, H: 19, n: 2, tied: true, gain: 5, learnGain: true, dtype: tensor.Float32, seed: 1}
}

// model is a language model with weights large enough for its units to be busy.
func (s settings) model() *layers.LanguageModel {
	c := layers.DefaultLanguageModel(s.V, s.embed, s.H, s.n)
	c.Tied, c.Dtype, c.Seed, c.EmbedLimit = s.tied, s.dtype, s.seed, 1
	c.EGRU.OutputGain, c.EGRU.LearnGain, c.EGRU.KernelGain, c.EGRU.Zoneout = s.gain, s.learnGain, 2, s.zoneout
	c.GRU.KernelGain, c.GRU.Zoneout = 2, s.zoneout
	switch s.cell {
	case gru:
		c.Cell = layers.CellGRU
	case paper:
		c.EGRU.Variant = ops.Paper
	}
	m := must(layers.NewLanguageModel(c))
	shake(s.seed, m.Params())
	return m
}

// shake moves weights away from where they start, so that biases and gains differ
// from unit to unit.
func shake(seed uint64, ps []*layers.Param) {
	r := rand.New(rand.NewPCG(seed, 77))
	for _, p := range ps {
		scale := 0.3
		if strings.HasSuffix(p.Name(), ".threshold") {
			scale = 0
		}
		switch x := p.Value().Data().(type) {
		case []float32:
			for i := range x {
				x[i] += float32(scale * (r.Float64() - 0.5))
			}
		case []float64:
			for i := range x {
				x[i] = float64(float32(x[i] + scale*(r.Float64()-0.5)))
			}
		}
	}
}

// text is n random tokens.
func text(seed uint64, n, vocabulary int) []int {
	r := rand.New(rand.NewPCG(seed, 5))
	tokens := make([]int, n)
	for i := range tokens {
		tokens[i] = r.IntN(vocabulary)
	}
	return tokens
}

// graphed runs a language model in the graph, in windows of T steps, and calls f
// with the features of every step.
func graphed(m *layers.LanguageModel, tokens []int, T int, f func(step int, features []float32)) (loss float64) {
	session := must(graph.NewSession(graph.LanguageModel{LanguageModel: m, Trace: true}, graph.Config{}))
	windows := must(graph.NewWindows(tokens, 1, T))
	s := session.NewStream(1)
	step := 0
	sum := 0.0
	for windows.Next() {
		r := must(session.Evaluate(s, windows.Feeds()))
		sum += r.Loss * float64(windows.Count())
		features := r.Outputs[graph.Features].Float32s()
		H := r.Outputs[graph.Features].Shape()[2]
		for ; len(features) > 0; features = features[H:] {
			f(step, features[:H])
			step++
		}
	}
	return sum / float64(step)
}

// features are what the decoder of a stream sees.
func (s *Stream) features() []float32 {
	last := len(s.layers) - 1
	l, m := s.engine.layers[last], &s.layers[last]
	x := make([]float32, l.H)
	sent := l.send(m, &m.now)
	for i, k := range sent.At {
		x[k] = sent.V[i]
	}
	return x
}

// stackModel lets a graph.Session run a stack on vectors.
type stackModel struct {
	stack  *layers.Stack
	inputs int
}

func (m stackModel) Params() []*layers.Param { return m.stack.Params() }

func (m stackModel) Build(w *graph.Window) error {
	x := w.Input("x", tensor.Float32, w.T, w.B, m.inputs)
	out, err := m.stack.Run(layers.Signal{X: x, Fixed: true}, graph.States(w, m.stack), w.Run)
	if err != nil {
		return err
	}
	w.Output("y", out.X)
	w.Loss(G.Must(G.Mean(out.X)))
	return graph.CarryStates(w, m.stack, out)
}

// graphedVectors runs a stack over vectors.
func graphedVectors(stack *layers.Stack, xs [][]float32, T int) (ys [][]float32) {
	I := len(xs[0])
	session := must(graph.NewSession(stackModel{stack, I}, graph.Config{}))
	s := session.NewStream(1)
	for len(xs) > 0 {
		n := min(T, len(xs))
		x := tensor.New(tensor.WithShape(n, 1, I), tensor.WithBacking(slices.Concat(xs[:n]...)))
		r := must(session.Evaluate(s, graph.Feeds{"x": x}))
		y := r.Outputs["y"].Float32s()
		for i := range n {
			H := len(y) / n
			ys = append(ys, y[i*H:][:H])
		}
		xs = xs[n:]
	}
	return ys
}

// sameNumbers wants equal numbers, of which zeros may differ in sign.
func sameNumbers(t *testing.T, what string, got, want []float32) bool {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s: got %v, want %v", what, got, want)
		return false
	}
	return true
}

// near wants numbers within a bound.
func near(t *testing.T, what string, got, want []float32, bound float64) bool {
	t.Helper()
	for i := range want {
		if !(math.Abs(float64(got[i])-float64(want[i])) <= bound) {
			t.Errorf("%s: number %d is %v, want %v within %v", what, i, got[i], want[i], bound)
			return false
		}
	}
	return len(got) == len(want)
}
