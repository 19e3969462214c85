package graph

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/egru/egru/layers"
	"github.com/egru/egru/ops"
	"github.com/egru/egru/ops/surrogate"
)

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// The size of the vocabulary, and of the batch, in most tests.
const (
	testV = 6
	testB = 2
)

// languageModel is a small model in float64.
func languageModel(change ...func(*layers.LanguageModelConfig)) *layers.LanguageModel {
	c := layers.DefaultLanguageModel(testV, 4, 5, 2)
	c.EmbedLimit, c.Dtype, c.Seed = 1, tensor.Float64, 1
	c.EGRU.Surrogate, c.EGRU.KernelGain = surrogate.Triangle{Dampening: 0.7, Support: 4}, 3
	for _, f := range change {
		f(&c)
	}
	return must(layers.NewLanguageModel(c))
}

func ofGRU(c *layers.LanguageModelConfig)   { c.Cell = layers.CellGRU }
func ofPaper(c *layers.LanguageModelConfig) { c.EGRU.Variant = ops.Paper }

// masked turns on everything that draws random masks.
func masked(c *layers.LanguageModelConfig) {
	c.WordDropout, c.EmbedDropout, c.LayerDropout, c.OutputDropout = 0.2, 0.2, 0.2, 0.2
	c.EGRU.Zoneout, c.EGRU.DropConnect = 0.2, 0.2
	c.GRU.Zoneout, c.GRU.DropConnect = 0.2, 0.2
}

func newSession(m *layers.LanguageModel) *Session {
	return must(NewSession(LanguageModel{LanguageModel: m, Trace: true}, Config{Seed: 3}))
}

// text is n tokens that follow each other by a rule.
func text(n int) []int {
	tokens := make([]int, n)
	for i := 2; i < n; i++ {
		tokens[i] = (tokens[i-1] + tokens[i-2] + 1) % testV
	}
	return tokens
}

// window is steps from..from+T of a text in testB rows.
func window(from, T int) Feeds {
	w := must(NewWindows(text(60), testB, T))
	if err := w.Seek(from); err != nil {
		panic(err)
	}
	w.Next()
	return w.Feeds()
}

// train and evaluate want a run to succeed.
func train(t *testing.T, s *Session, stream *Stream, f Feeds) Result {
	t.Helper()
	r, err := s.Train(stream, f)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func evaluate(t *testing.T, s *Session, stream *Stream, f Feeds) Result {
	t.Helper()
	r, err := s.Evaluate(stream, f)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// snapshot is all that a run gave, and the state it left, copied.
type snapshot map[string][]float64

func snapshotOf(r Result, stream *Stream) snapshot {
	s := snapshot{"loss": {r.Loss}}
	for name, v := range r.Outputs {
		s["output "+name] = numbers(v)
	}
	for _, g := range r.Grads {
		s["gradient of "+g.(*G.Node).Name()] = numbers(must(g.Grad()))
	}
	for name, v := range stream.States() {
		s["state "+name] = numbers(v)
	}
	return s
}

func numbers(v G.Value) []float64 {
	switch x := v.Data().(type) {
	case []float64:
		return slices.Clone(x)
	case float64:
		return []float64{x}
	case float32:
		return []float64{float64(x)}
	case []float32:
		wide := make([]float64, len(x))
		for i, f := range x {
			wide[i] = float64(f)
		}
		return wide
	}
	panic(fmt.Sprintf("no numbers in %T", v.Data()))
}

// sameBits wants two runs to have given the same.
func sameBits(t *testing.T, what string, got, want snapshot) {
	t.Helper()
	for name, w := range want {
		if !slices.Equal(got[name], w) {
			t.Errorf("%s: %s is %v, want %v", what, name, got[name], w)
		}
	}
	if len(got) != len(want) {
		t.Errorf("%s: %d arrays, want %d", what, len(got), len(want))
	}
}

// near wants arrays within tolerance of the largest number.
func near(t *testing.T, what string, got, want []float64, tolerance float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%s has %d numbers, want %d", what, len(got), len(want))
		return
	}
	scale := 0.0
	for _, w := range want {
		scale = max(scale, math.Abs(w))
	}
	for i, w := range want {
		if !(math.Abs(got[i]-w) <= tolerance*scale) {
			t.Errorf("%s[%d] is %v, want %v", what, i, got[i], w)
			return
		}
	}
}

func wantError(t *testing.T, name string, err, sentinel error, says string) {
	t.Helper()
	if err == nil || !errors.Is(err, sentinel) || !strings.Contains(err.Error(), says) {
		t.Errorf("%s: got error %v, want it to wrap %q and say %q", name, err, sentinel, says)
	}
}

// modelOf is a model made of a function.
type modelOf struct {
	params []*layers.Param
	build  func(w *Window) error
}

func (m modelOf) Params() []*layers.Param { return m.params }
func (m modelOf) Build(w *Window) error   { return m.build(w) }
