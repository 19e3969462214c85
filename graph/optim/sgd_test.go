package optim

import (
	"math"
	"testing"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"
)

func TestSGDStepsInClosedForm(t *testing.T) {
	cases := []struct {
		name   string
		config SGDConfig
		start  float64
		want   []float64 // after each step, with gradient 1
	}{
		{"plain", SGDConfig{LearnRate: 0.5}, 0, []float64{-0.5, -1, -1.5}},
		{"momentum: velocity 1, 1.5, 1.75", SGDConfig{LearnRate: 0.5, Momentum: 0.5}, 0, []float64{-0.5, -1.25, -2.125}},
		{"Nesterov: 1 + velocity/2", SGDConfig{LearnRate: 0.5, Momentum: 0.5, Nesterov: true}, 0, []float64{-0.75, -1.625, -2.5625}},
		{"coupled decay enters the velocity", SGDConfig{LearnRate: 0.5, Momentum: 0.5, WeightDecay: 0.5}, 2, []float64{1, -0.25, -1.3125}},
		{"coupled decay without momentum", SGDConfig{LearnRate: 0.5, WeightDecay: 0.5}, 2, []float64{1, 0.25}},
		{"decoupled decay does not enter it", SGDConfig{LearnRate: 0.5, Momentum: 0.5, WeightDecay: 0.5, Decoupled: true}, 2, []float64{1, 0, -0.875}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			f32 := vector("f32", []float32{float32(c.start)}, []float32{0})
			f64 := vector("f64", []float64{c.start}, []float64{0})
			s := must(NewSGD(c.config))
			for _, want := range c.want {
				f32.grad, f64.grad = dense([]int{1}, float32(1)), dense([]int{1}, 1.0)
				step(t, s, []G.ValueGrad{f32, f64})
				wantNumbers(t, "float32", numbers(t, f32.value), []float64{want}, 0) // powers of two: exact
				wantNumbers(t, "float64", numbers(t, f64.value), []float64{want}, 0)
			}
		})
	}
}

func TestSGDConfigIsValidated(t *testing.T) {
	if err := DefaultSGD().Validate(); err != nil {
		t.Fatal(err)
	}
	wrong := map[string]func(*SGDConfig){
		"LearnRate is -1":                func(c *SGDConfig) { c.LearnRate = -1 },
		"LearnRate is NaN":               func(c *SGDConfig) { c.LearnRate = math.NaN() },
		"LearnRate is +Inf":              func(c *SGDConfig) { c.LearnRate = math.Inf(1) },
		"WeightDecay is -1":              func(c *SGDConfig) { c.WeightDecay = -1 },
		"Momentum is 1":                  func(c *SGDConfig) { c.Momentum = 1 },
		"Nesterov needs Momentum > 0":    func(c *SGDConfig) { c.Momentum, c.Nesterov = 0, true },
		"Groups[1].Names is empty":       func(c *SGDConfig) { c.Groups = []Group{Frozen("a"), {}} },
		"Groups[0].LearnRateScale is -1": func(c *SGDConfig) { c.Groups = []Group{{Names: []string{"a"}, LearnRateScale: -1}} },
		"Groups[0].WeightDecay is NaN":   func(c *SGDConfig) { c.Groups = []Group{{Names: []string{"a"}, WeightDecay: math.NaN()}} },
		"LearnRate is -1, want a finite number >= 0; WeightDecay is -2": func(c *SGDConfig) { c.LearnRate, c.WeightDecay = -1, -2 },
	}
	for message, change := range wrong {
		c := DefaultSGD()
		change(&c)
		_, err := NewSGD(c)
		wantError(t, err, ErrConfig, "SGD: "+message)
		if !errors.Is(c.Validate(), ErrConfig) {
			t.Errorf("%s: Validate says %v", message, c.Validate())
		}
	}
}
