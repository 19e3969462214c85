package optim

import (
	"math"
	"testing"

	G "gorgonia.org/gorgonia"
)

// Without a gradient only the decay is left.
func TestAdamWDecaysByRateTimesDecay(t *testing.T) {
	c := DefaultAdamW()
	c.LearnRate, c.WeightDecay = 0.5, 0.25
	s := must(NewAdamW(c))
	w := vector("w", []float64{1, -2}, []float64{0, 0})
	for range 4 {
		step(t, s, []G.ValueGrad{w})
	}
	k := math.Pow(0.875, 4)
	wantNumbers(t, "w", numbers(t, w.value), []float64{k, -2 * k}, 1e-15)
}

func TestAdamWWithoutDecayIsAdam(t *testing.T) {
	c := DefaultAdamW()
	c.WeightDecay = 0
	a, b := newProblem(3, 5, 7), newProblem(3, 5, 7)
	adamW, adam := must(NewAdamW(c)), must(NewAdam(DefaultAdam()))
	for range 5 {
		a.draw(t)
		b.draw(t)
		step(t, adamW, a.model)
		step(t, adam, b.model)
	}
	if modelBits(t, a.model) != modelBits(t, b.model) {
		t.Error("they differ")
	}
}
