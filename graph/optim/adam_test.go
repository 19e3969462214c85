package optim

import (
	"math"
	"testing"

	G "gorgonia.org/gorgonia"
)

// With a constant gradient g the corrected moments are g and g*g in every step,
// whatever the betas: each step goes rate*g/(|g|+epsilon).
func TestAdamStepsInClosedForm(t *testing.T) {
	for _, betas := range [][2]float64{{0.9, 0.999}, {0, 0.5}, {0.5, 0}} {
		c := AdamConfig{LearnRate: 0.25, Beta1: betas[0], Beta2: betas[1], Epsilon: 0.5}
		s := must(NewAdam(c))
		w := vector("w", []float64{1, 1, 1}, []float64{0, 0, 0})
		for i := 1.0; i <= 5; i++ {
			w.grad = dense([]int{3}, 2.0, -0.5, 0)
			step(t, s, []G.ValueGrad{w})
			wantNumbers(t, "w", numbers(t, w.value), []float64{1 - i*0.25*0.8, 1 + i*0.25*0.5, 1}, 1e-14)
		}
	}
}

func TestAdamDecayIsPartOfTheGradient(t *testing.T) {
	c := DefaultAdam()
	c.WeightDecay = 0.5
	decayed, plain := must(NewAdam(c)), must(NewAdam(DefaultAdam()))
	a := vector("w", []float64{2, -4}, []float64{0.25, 0.5})
	b := vector("w", []float64{2, -4}, []float64{0.25 + 1, 0.5 - 2})
	step(t, decayed, []G.ValueGrad{a})
	step(t, plain, []G.ValueGrad{b})
	wantNumbers(t, "w", numbers(t, a.value), numbers(t, b.value), 0)
}

// Gradients whose squares leave the range of float32 must not stop the step.
func TestAdamSurvivesExtremeGradients(t *testing.T) {
	s := must(NewAdam(DefaultAdam()))
	w := vector("w", []float32{1, 1, 1}, []float32{1e-30, 1e-40, 0})
	step(t, s, []G.ValueGrad{w})
	for i, v := range numbers(t, w.value) {
		if math.IsNaN(v) || math.Abs(v-1) > 1e-3 {
			t.Errorf("number %d is %v", i, v)
		}
	}
}

func TestAdamConfigIsValidated(t *testing.T) {
	if err := DefaultAdam().Validate(); err != nil {
		t.Fatal(err)
	}
	wrong := map[string]func(*AdamConfig){
		"LearnRate is -1":          func(c *AdamConfig) { c.LearnRate = -1 },
		"Beta1 is 1":               func(c *AdamConfig) { c.Beta1 = 1 },
		"Beta1 is -0.1":            func(c *AdamConfig) { c.Beta1 = -0.1 },
		"Beta2 is NaN":             func(c *AdamConfig) { c.Beta2 = math.NaN() },
		"Epsilon is 0":             func(c *AdamConfig) { c.Epsilon = 0 },
		"Epsilon is 1e-60":         func(c *AdamConfig) { c.Epsilon = 1e-60 },
		"Epsilon is +Inf":          func(c *AdamConfig) { c.Epsilon = math.Inf(1) },
		"WeightDecay is -1":        func(c *AdamConfig) { c.WeightDecay = -1 },
		"Groups[0].Names is empty": func(c *AdamConfig) { c.Groups = make([]Group, 1) },
	}
	for message, change := range wrong {
		c := DefaultAdam()
		change(&c)
		_, err := NewAdam(c)
		wantError(t, err, ErrConfig, "Adam: "+message)
		_, err = NewAdamW(AdamWConfig(c))
		wantError(t, err, ErrConfig, "AdamW: "+message)
		wantError(t, c.Validate(), ErrConfig, "Adam: "+message)
		wantError(t, AdamWConfig(c).Validate(), ErrConfig, "AdamW: "+message)
	}
}
