package graph

import (
	"maps"
	"slices"
	"testing"

	"gorgonia.org/tensor"

	"github.com/egru/egru/layers"
	"github.com/egru/egru/ops"
)

func TestTraceShowsFeaturesAndEvents(t *testing.T) {
	const T = 3
	for _, c := range []struct {
		name   string
		change func(*layers.LanguageModelConfig)
		want   []string
	}{
		{"EGRU", func(*layers.LanguageModelConfig) {}, []string{"features", "rnn.0.events", "rnn.1.events"}},
		{"GRU", ofGRU, []string{"features"}},
	} {
		m := languageModel(c.change)
		s := newSession(m)
		r := evaluate(t, s, s.NewStream(testB), window(0, T))
		if got := slices.Sorted(maps.Keys(r.Outputs)); !slices.Equal(got, c.want) {
			t.Errorf("%s: outputs are %q, want %q", c.name, got, c.want)
		}
		if r := train(t, s, s.NewStream(testB), window(0, T)); len(r.Outputs) != 0 {
			t.Errorf("%s: training has the outputs %v", c.name, r.Outputs)
		}
		plain := must(NewSession(LanguageModel{LanguageModel: m}, Config{}))
		untraced := evaluate(t, plain, plain.NewStream(testB), window(0, T))
		if len(untraced.Outputs) != 0 || untraced.Loss != r.Loss {
			t.Errorf("%s: untraced it has loss %v and outputs %v, want loss %v", c.name, untraced.Loss, untraced.Outputs, r.Loss)
		}
		for i, l := range m.Stack().Layers() {
			events := r.Outputs[Events(l)]
			if events == nil {
				continue
			}
			if want := []int{T, testB, l.Units()}; !slices.Equal(events.Shape(), want) {
				t.Errorf("events of layer %d have shape %v, want %v", i, events.Shape(), want)
			}
			for _, o := range numbers(events) {
				if o != 0 && o != 1 {
					t.Fatalf("an event of layer %d is %v", i, o)
				}
			}
		}
		// Without dropout, what the decoder sees is what the last layer sent.
		if events := r.Outputs["rnn.1.events"]; events != nil {
			for i, y := range numbers(r.Outputs[Features]) {
				if (y != 0) != (numbers(events)[i] == 1) {
					t.Fatalf("feature %d is %v with an event of %v", i, y, numbers(events)[i])
				}
			}
		}
	}
}

// The loss is the mean over the targets that count.
func TestIgnoredTargetsDoNotCount(t *testing.T) {
	s := newSession(languageModel())
	loss := func(ignored ...int) float64 {
		f := window(0, 3)
		for _, i := range ignored {
			f[Targets].Data().([]int)[i] = ops.IgnoreTarget
		}
		return evaluate(t, s, s.NewStream(testB), f).Loss
	}
	near(t, "loss", []float64{(2*loss(2, 3, 4, 5) + 4*loss(0, 1)) / 6}, []float64{loss()}, 1e-14)
	if got := loss(0, 1, 2, 3, 4, 5); got != 0 {
		t.Errorf("loss of nothing is %v", got)
	}
}

func TestLanguageModelInFloat32(t *testing.T) {
	s := newSession(languageModel(func(c *layers.LanguageModelConfig) { c.Dtype = tensor.Float32 }))
	stream := s.NewStream(testB)
	r := train(t, s, stream, window(0, 3))
	exact := newSession(languageModel())
	want := train(t, exact, exact.NewStream(testB), window(0, 3))
	near(t, "loss", []float64{r.Loss}, []float64{want.Loss}, 1e-6)
	for name, v := range stream.States() {
		if v.Dtype() != tensor.Float32 {
			t.Errorf("state %s is of %v", name, v.Dtype())
		}
	}
}
