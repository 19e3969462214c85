package graph

import (
	"math"
	"testing"

	"gorgonia.org/tensor"

	"github.com/egru/egru/graph/optim"
	"github.com/egru/egru/layers"
	"github.com/egru/egru/ops"
	"github.com/egru/egru/ops/surrogate"
)

// With penalties the loss that is reported stays the cross-entropy, to the last
// bit, and the gradient is that of the sum.
func TestPenaltiesLeaveTheCrossEntropyAsItIs(t *testing.T) {
	activity, state := ops.MeanPenaltyConfig{Weight: 3, Target: 0.5}, ops.MeanPenaltyConfig{Weight: 2, Target: -0.5}
	for name, cell := range map[string]func(*layers.LanguageModelConfig){
		"EvNN": func(*layers.LanguageModelConfig) {}, "Paper": ofPaper, "GRU": ofGRU,
	} {
		for _, dt := range []tensor.Dtype{tensor.Float64, tensor.Float32} {
			run := func(change func(c *layers.LanguageModelConfig)) (trained Result, grads [][]float64, evaluated Result) {
				s := newSession(languageModel(masked, cell, change, func(c *layers.LanguageModelConfig) { c.Dtype = dt }))
				trained = train(t, s, s.NewStream(testB), window(0, 5))
				for _, g := range trained.Grads {
					grads = append(grads, numbers(must(g.Grad())))
				}
				return trained, grads, evaluate(t, s, s.NewStream(testB), window(0, 5))
			}
			plain, without, plainEvaluated := run(func(*layers.LanguageModelConfig) {})
			both, with, evaluated := run(func(c *layers.LanguageModelConfig) { c.ActivityPenalty, c.StatePenalty = activity, state })
			if both.Loss != plain.Loss || evaluated.Loss != plainEvaluated.Loss {
				t.Errorf("%s: losses are %v and %v, without penalty %v and %v", name, both.Loss, evaluated.Loss, plain.Loss, plainEvaluated.Loss)
			}
			if plain.Penalty != 0 || !(both.Penalty > 0) || evaluated.Penalty != 0 {
				t.Errorf("%s: penalties are %v without, %v with, %v in evaluation", name, plain.Penalty, both.Penalty, evaluated.Penalty)
			}
			changed := false
			for i := range with {
				for j, d := range with[i] {
					changed = changed || d != without[i][j]
				}
			}
			if !changed {
				t.Errorf("%s: the penalty has no gradient", name)
			}
		}
	}
}

// trainWith trains a small model of two layers on the text, and gives the
// activity of each layer after it, and the penalty of the first and of the last
// window.
func trainWith(t *testing.T, change func(c *layers.LanguageModelConfig)) (activity []float64, first, last float64) {
	t.Helper()
	m := languageModel(func(c *layers.LanguageModelConfig) {
		c.Embed, c.Hidden, c.EGRU.Surrogate = 24, 24, surrogate.DefaultTriangle()
		c.EGRU.KernelGain, c.EGRU.ThresholdMean = 1, 0.1
	}, change)
	s := must(NewSession(LanguageModel{LanguageModel: m}, Config{Seed: 3}))
	config := optim.DefaultAdam()
	config.LearnRate = 0.01
	solver := must(optim.NewAdam(config))
	for epoch := range 30 {
		w := must(NewWindows(text(201), 4, 10))
		stream := s.NewStream(4)
		for w.Next() {
			r := train(t, s, stream, w.Feeds())
			if last = r.Penalty; epoch == 0 && w.Position() == 0 {
				first = r.Penalty
			}
			if err := solver.Step(r.Grads); err != nil {
				t.Fatal(err)
			}
		}
	}
	w := must(NewWindows(text(201), 4, 50))
	w.Next()
	for _, l := range m.Stack().Layers() {
		l.Meter().Reset()
	}
	evaluate(t, s, s.NewStream(4), w.Feeds())
	for _, l := range m.Stack().Layers() {
		activity = append(activity, l.Meter().Counts().Activity())
	}
	return activity, first, last
}

// From one start, training ends at the activity that it is asked for.
func TestTrainingMeetsItsTargetOfActivity(t *testing.T) {
	for _, target := range []float64{0.1, 0.7} {
		activity, _, _ := trainWith(t, func(c *layers.LanguageModelConfig) {
			c.ActivityPenalty = ops.MeanPenaltyConfig{Weight: 50, Target: target}
		})
		for i, a := range activity {
			if math.Abs(a-target) > 0.05 {
				t.Errorf("layer %d has an activity of %.3f, want %v", i, a, target)
			}
		}
	}
}

func TestTrainingMeetsItsTargetOfStates(t *testing.T) {
	for _, target := range []float64{-0.3, 0.2} {
		const weight = 50
		_, first, last := trainWith(t, func(c *layers.LanguageModelConfig) {
			c.StatePenalty = ops.MeanPenaltyConfig{Weight: weight, Target: target}
		})
		if off := math.Sqrt(last / weight); off > 0.05 || first < 10*last {
			t.Errorf("the mean states are %.3f off the target of %v, want at most 0.05; the penalty fell from %.4f to %.4f", off, target, first, last)
		}
	}
}
