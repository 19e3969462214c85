package optim

import (
	"math"
	"reflect"
	"testing"

	G "gorgonia.org/gorgonia"
)

// twice is a pruned solver within another, after one step of a (2) in float32 and
// b (2) in float64, of which the first numbers are pruned.
func twice(t testing.TB) Solver {
	t.Helper()
	inner, outer := DefaultPrune(0.5), DefaultPrune(0.5)
	inner.Names, outer.Names = []string{"a"}, []string{"b"}
	s := must(NewPrune(must(NewPrune(must(NewAdam(DefaultAdam())), inner)), outer))
	step(t, s, []G.ValueGrad{vector("a", []float32{1, 2}, []float32{3, 3}), vector("b", []float64{1, 2}, []float64{3, 3})})
	return s
}

func TestMasksAreInTheState(t *testing.T) {
	st := twice(t).State()
	if !reflect.DeepEqual(st.Prunings, []int{1, 1}) {
		t.Errorf("prunings %v", st.Prunings)
	}
	if got := st.Tensors["a/mask"]; !reflect.DeepEqual(got, Tensor{Shape: []int{2}, Float32: []float32{0, 1}}) {
		t.Errorf("mask of a is %v", got)
	}
	if got := st.Tensors["b/mask2"]; !reflect.DeepEqual(got, Tensor{Shape: []int{2}, Float64: []float64{0, 1}}) {
		t.Errorf("mask of b is %v", got)
	}
	if n := len(st.Tensors); n != 6 {
		t.Errorf("%d tensors, want two masks and four moments", n)
	}
}

// A state says nothing of pruning where there is none, as states did before.
func TestAStateWithoutPruningIsAsItWas(t *testing.T) {
	s := must(NewAdam(DefaultAdam()))
	step(t, s, []G.ValueGrad{vector("a", []float32{1}, []float32{1})})
	if st := s.State(); st.Prunings != nil {
		t.Errorf("prunings %v", st.Prunings)
	}
	wantError(t, s.Restore(twice(t).State()), ErrState, "Adam: state has 2 prunings more than there are wrappers")
}

func TestBadMasksAreReportedAndChangeNothing(t *testing.T) {
	f64 := func(n ...float64) Tensor { return Tensor{Shape: []int{len(n)}, Float64: n} }
	for words, change := range map[string]func(*State){
		"Prune: state counts fewer prunings than there are wrappers":                        func(s *State) { s.Prunings = nil },
		"Prune: the time of the state is -1, want >= 0":                                     func(s *State) { s.Prunings[1] = -1 },
		`Prune: mask of parameter "b": number 1 is 0.5, want 0 or 1`:                        func(s *State) { s.Tensors["b/mask2"] = f64(1, 0.5) },
		`Prune: mask of parameter "b": number 0 is NaN, want 0 or 1`:                        func(s *State) { s.Tensors["b/mask2"] = f64(math.NaN(), 1) },
		`Prune: mask of parameter "b": has shape [2] for 1 numbers`:                         func(s *State) { s.Tensors["b/mask2"] = Tensor{Shape: []int{2}, Float64: []float64{1}} },
		`Prune: mask of parameter "b": has both or none of Float32 and Float64`:             func(s *State) { s.Tensors["b/mask2"] = Tensor{Shape: []int{2}} },
		`Prune: mask of parameter "c": the solver prunes no such parameter, but ["b"]`:      func(s *State) { s.Tensors["c/mask2"] = f64(1) },
		`Prune: mask of parameter "b": does not have shape (2) of float64, as the solver's`: func(s *State) { s.Tensors["b/mask2"] = f64(1) },
		`Prune: mask of parameter "a": does not have shape (2) of float32, as the solver's`: func(s *State) { s.Tensors["a/mask"] = f64(1, 1) },
		"Adam: state has 5 tensors for 2 parameters":                                        func(s *State) { s.Tensors["a/mask3"] = f64(1, 1) },
	} {
		s := twice(t)
		bad := s.State()
		change(&bad)
		before := s.State()
		wantError(t, s.Restore(bad), ErrState, words)
		if !reflect.DeepEqual(s.State(), before) {
			t.Errorf("%s: the solver has changed", words)
		}
	}
}

// A pruned weight that starts at zero is not the same as one that is zero by
// chance: the masks are saved, not guessed.
func TestAZeroThatIsNotPrunedGoesOnAfterRestoring(t *testing.T) {
	c := DefaultPrune(0.25)
	prune := func() *Prune { return must(NewPrune(must(NewSGD(SGDConfig{LearnRate: 1})), c)) }
	p := prune()
	w := vector("a.kernel", []float64{0, 0, 1, 1}, []float64{0, 0, 0, 0})
	step(t, p, []G.ValueGrad{w})
	again := restored(t, prune(), p.State())
	_, grad, _ := floats(w.grad)
	copy(grad, []float64{-3, -3, 0, 0})
	step(t, again, []G.ValueGrad{w})
	wantNumbers(t, "weight", numbers(t, w.value), []float64{0, 3, 1, 1}, 0)
}
