package optim

import (
	"math"
	"slices"
	"testing"

	G "gorgonia.org/gorgonia"
)

func TestProjectKeepsParametersInTheirBounds(t *testing.T) {
	inf := math.Inf(1)
	p := must(NewProject(must(NewSGD(SGDConfig{LearnRate: 1, Groups: []Group{Frozen("frozen threshold")}})),
		Bound{Names: []string{"*threshold"}, Low: 0, High: 1},
		Bound{Names: []string{"*"}, Low: -inf, High: 5}))
	start := []float64{-3, 0, 0.25, 1, 1.5, 9, inf, -inf, math.NaN()}
	gradients := make([]float64, len(start))
	gradients[2], gradients[3] = -0.5, -0.5 // to 0.75 and 1.5
	model := []G.ValueGrad{
		vector("threshold", slices.Clone(start), gradients),
		vector("frozen threshold", to[float32](start), make([]float32, len(start))),
		vector("kernel", start, make([]float64, len(start))),
		&weight{"scalar threshold", G.NewF64(2), G.NewF64(0)},
	}
	step(t, p, model)
	for i, want := range [][]float64{
		{0, 0, 0.75, 1, 1, 1, 1, 0, math.NaN()},
		{0, 0, 0.25, 1, 1, 1, 1, 0, math.NaN()},
		{-3, 0, 0.25, 1, 1.5, 5, 5, -inf, math.NaN()},
		{1},
	} {
		if got := numbers(t, model[i].Value()); !slices.EqualFunc(got, want, same) {
			t.Errorf("%s is %v, want %v", model[i].(*weight).name, got, want)
		}
	}
}

// same is equality in which NaN is NaN.
func same(a, b float64) bool { return a == b || a != a && b != b }

// Over several blocks too.
func TestProjectReachesEveryElement(t *testing.T) {
	n := 2*blockSize + 3
	x := make([]float64, n)
	for i := range x {
		x[i] = 7 - 14*float64(i%2)
	}
	p := must(NewProject(sgdOfRate1(), Bound{Names: []string{"w"}, Low: -1, High: 1}))
	w := vector("w", x, make([]float64, n))
	step(t, p, []G.ValueGrad{w})
	for i, v := range numbers(t, w.value) {
		if want := 1 - 2*float64(i%2); v != want {
			t.Fatalf("number %d is %v, want %v", i, v, want)
		}
	}
}

func TestProjectIsValidated(t *testing.T) {
	_, err := NewProject(nil)
	wantError(t, err, ErrConfig, "Project: the inner solver is nil")
	_, err = NewProject(sgdOfRate1(), Bound{Names: []string{"a"}}, Bound{Names: []string{"a"}, Low: 1, High: 0})
	wantError(t, err, ErrConfig, "Project: bounds[1] has Low 1 and High 0, want Low <= High")
	_, err = NewProject(sgdOfRate1(), Bound{Low: math.NaN()})
	wantError(t, err, ErrConfig, "bounds[0].Names is empty, want at least one name; bounds[0] has Low NaN")
}
