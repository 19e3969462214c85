package optim

import (
	"math"
	"reflect"
	"slices"
	"testing"

	G "gorgonia.org/gorgonia"

	"github.com/egru/egru/internal/kernel"
)

func TestGroupsSetRateAndDecay(t *testing.T) {
	c := SGDConfig{LearnRate: 0.5, WeightDecay: 0.5, Groups: []Group{
		Frozen("*.threshold"),
		NoDecay("*.bias", "slow.*"),
		{Names: []string{"slow.*"}, LearnRateScale: 0.5, WeightDecay: 1},
		{Names: []string{"fast.*"}, LearnRateScale: 2, WeightDecay: 0.25},
	}}
	want := map[string]float64{ // from 2, with gradient 1: 2 - rate*(1+2*decay)
		"a.threshold":    2,
		"fast.threshold": 2,
		"a.bias":         1.5,
		"slow.kernel":    1.5, // the first group that names it decides
		"fast.kernel":    0.5,
		"a.kernel":       1,
	}
	s := must(NewSGD(c))
	c.Groups[0].Names[0] = "*" // the caller's later edits do not reach the solver
	c.Groups[1].LearnRateScale = 0
	var model []G.ValueGrad
	for name := range want {
		model = append(model, vector(name, []float64{2}, []float64{1}))
	}
	step(t, s, model)
	for _, vg := range model {
		name := vg.(*weight).name
		wantNumbers(t, name, numbers(t, vg.Value()), []float64{want[name]}, 0)
	}
}

func TestFrozenParametersKeepTheirBits(t *testing.T) {
	t.Run("float32", func(t *testing.T) {
		frozenKeepTheirBits(t, []float32{float32(math.Copysign(0, -1)), 0.5, float32(math.NaN()), 1e-45})
	})
	t.Run("float64", func(t *testing.T) {
		frozenKeepTheirBits(t, []float64{math.Copysign(0, -1), 0.5, math.NaN(), 5e-324})
	})
}

func frozenKeepTheirBits[F kernel.Float](t *testing.T, special []F) {
	for name, solver := range solvers() {
		s := solver() // w3 is frozen in all
		w := vector("w3", slices.Clone(special), []F{1, -1, 1, 0})
		before := bits(t, w.value)
		step(t, s, []G.ValueGrad{w, vector("w4", []F{0.1}, []F{0.1})})
		if got := bits(t, w.value); !reflect.DeepEqual(got, before) {
			t.Errorf("%s: bits %x, want %x", name, got, before)
		}
		wantNumbers(t, "gradient", numbers(t, w.grad), make([]float64, 4), 0)
		if st := s.State(); len(st.Steps) != 1 || st.Steps["w4"] != 1 {
			t.Errorf("%s: steps %v, want those of w4 alone", name, st.Steps)
		}
	}
}
