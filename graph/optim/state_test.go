package optim

import (
	"bytes"
	"encoding/gob"
	"encoding/json"
	"math"
	"reflect"
	"testing"

	G "gorgonia.org/gorgonia"
	"pgregory.net/rapid"
)

func TestRestoredSolversGoOnBitForBit(t *testing.T) {
	all := solvers()
	all["SGD without momentum"] = func() Solver { return must(NewSGD(SGDConfig{LearnRate: 0.1})) }
	for name, solver := range all {
		t.Run(name, func(t *testing.T) {
			rapid.Check(t, func(rt *rapid.T) {
				before, after := rapid.IntRange(0, 6).Draw(rt, "before"), rapid.IntRange(1, 6).Draw(rt, "after")
				stops, goesOn := newProblem(10, 3, 40, 5, 6), newProblem(10, 3, 40, 5, 6)
				s1, s2 := solver(), solver()
				s1.SetLearnRate(0.02)
				s2.SetLearnRate(0.02)
				for i := range before + after {
					if i == before {
						s1 = restored(t, solver(), s1.State())
					}
					// The last parameter comes late.
					k := len(stops.model)
					if i < 4 {
						k--
					}
					stops.draw(t)
					goesOn.draw(t)
					step(t, s1, stops.model[:k])
					step(t, s2, goesOn.model[:k])
				}
				if modelBits(t, stops.model) != modelBits(t, goesOn.model) {
					rt.Error("the models differ")
				}
				if !reflect.DeepEqual(s1.State(), s2.State()) {
					rt.Error("the states differ")
				}
			})
		})
	}
}

func restored(t *testing.T, s Solver, state State) Solver {
	t.Helper()
	if err := s.Restore(state); err != nil {
		t.Fatal(err)
	}
	return s
}

func TestStateIsACopy(t *testing.T) {
	p, s := newProblem(11, 4, 4), solvers()["chain"]()
	p.draw(t)
	step(t, s, p.model)
	kept := s.State()
	before := string(must(json.Marshal(kept)))
	p.draw(t)
	step(t, s, p.model)
	if string(must(json.Marshal(kept))) != before {
		t.Error("a step changes a state given before")
	}

	// Nor does a solver hold on to the state that it was restored from.
	restored(t, s, kept)
	p.draw(t)
	step(t, s, p.model)
	if string(must(json.Marshal(kept))) != before {
		t.Error("a step changes the state restored from")
	}
}

func TestStateCanBeEncoded(t *testing.T) {
	p, s := newProblem(12, 4, 4), solvers()["chain"]()
	p.draw(t)
	step(t, s, p.model)
	want := s.State()

	var viaJSON, viaGob State
	if err := json.Unmarshal(must(json.Marshal(want)), &viaJSON); err != nil {
		t.Fatal(err)
	}
	var buffer bytes.Buffer
	if err := gob.NewEncoder(&buffer).Encode(want); err != nil {
		t.Fatal(err)
	}
	if err := gob.NewDecoder(&buffer).Decode(&viaGob); err != nil {
		t.Fatal(err)
	}
	for name, got := range map[string]State{"JSON": viaJSON, "gob": viaGob} {
		if got := restored(t, solvers()["chain"](), got).State(); !reflect.DeepEqual(got, want) {
			t.Errorf("by way of %s: %v, want %v", name, got, want)
		}
	}
}

func TestStateNamesItsParts(t *testing.T) {
	s := solvers()["chain"]()
	step(t, s, []G.ValueGrad{vector("egru/R", []float32{0.1, 0.2}, []float32{1, -2}), &weight{"s", G.NewF64(0), G.NewF64(2)}})
	st := s.State()
	if st.Solver != "AdamW" || st.LearnRate != 1e-3 || !reflect.DeepEqual(st.Schedules, []int{1, 1}) ||
		!reflect.DeepEqual(st.Steps, map[string]int{"egru/R": 1, "s": 1}) {
		t.Errorf("state %+v", st)
	}
	for key, want := range map[string][]float64{"egru/R/moment1": {0.1, -0.2}, "egru/R/moment2": {0.001, 0.004}, "s/moment1": {0.2}, "s/moment2": {0.004}} {
		got := st.Tensors[key]
		values := append([]float64{}, got.Float64...)
		for _, x := range got.Float32 {
			values = append(values, float64(x))
		}
		wantNumbers(t, key, values, want, 1e-6)
	}
	if len(st.Tensors) != 4 || !reflect.DeepEqual(st.Tensors["egru/R/moment2"].Shape, []int{2}) || len(st.Tensors["s/moment1"].Shape) != 0 {
		t.Errorf("tensors %v", st.Tensors)
	}
}

func TestBadStatesAreReportedAndChangeNothing(t *testing.T) {
	stepped := func() Solver {
		s := solvers()["chain"]()
		step(t, s, []G.ValueGrad{vector("a", []float32{0.1, 0.2}, []float32{1, -2}), vector("b", []float64{0.3}, []float64{1})})
		return s
	}
	f64 := func(n ...float64) Tensor { return Tensor{Shape: []int{len(n)}, Float64: n} }
	anyway := map[string]func(*State){ // into any solver
		`AdamW: state is of "Adam"`:                            func(s *State) { s.Solver = "Adam" },
		"AdamW: state has rate NaN":                            func(s *State) { s.LearnRate = math.NaN() },
		"Scheduled: state counts fewer schedules":              func(s *State) { s.Schedules = s.Schedules[:1] },
		"AdamW: state has 1 schedules more":                    func(s *State) { s.Schedules = append(s.Schedules, 1) },
		"Scheduled: state has made -1 steps":                   func(s *State) { s.Schedules[0] = -1 },
		"AdamW: state has 3 tensors for 2 parameters":          func(s *State) { delete(s.Tensors, "a/moment1") },
		"AdamW: state has 5 tensors for 2 parameters":          func(s *State) { s.Tensors["c/moment1"] = f64(1) },
		"AdamW: state has 4 tensors for 1 parameters":          func(s *State) { delete(s.Steps, "b") },
		`parameter "b": has no moment2`:                        func(s *State) { s.Tensors["b/velocity"] = f64(1); delete(s.Tensors, "b/moment2") },
		`parameter "a": has 0 steps, want at least 1`:          func(s *State) { s.Steps["a"] = 0 },
		`parameter "b": moment1: has shape [2] for 1 numbers`:  func(s *State) { s.Tensors["b/moment1"] = Tensor{Shape: []int{2}, Float64: []float64{1}} },
		`parameter "b": moment1: has shape [-1] for 1 numbers`: func(s *State) { s.Tensors["b/moment1"] = Tensor{Shape: []int{-1}, Float64: []float64{1}} },
		`parameter "b": moment1: has shape [4 4611686018427387905]`: func(s *State) { // 4 numbers, if the product overflows
			s.Tensors["b/moment1"] = Tensor{Shape: []int{4, 1<<62 + 1}, Float64: make([]float64, 4)}
		},
		`parameter "b": moment1: has both or none of Float32 and Float64`: func(s *State) { s.Tensors["b/moment1"] = Tensor{Shape: []int{1}} },
		`parameter "b": moment2 differs in shape or dtype from moment1`:   func(s *State) { s.Tensors["b/moment2"] = f64(1, 2) },
		`parameter "a": moment2 differs in shape or dtype from moment1`:   func(s *State) { s.Tensors["a/moment2"] = f64(1, 2) },
	}
	known := map[string]func(*State){ // into a solver that knows a and b
		`parameter "c": solver has no such parameter`: func(s *State) {
			s.Steps["c"], s.Tensors["c/moment1"], s.Tensors["c/moment2"] = 1, f64(1), f64(1)
		},
		`parameter "b": does not have shape (1) of float64, as the solver's`: func(s *State) {
			s.Tensors["b/moment1"], s.Tensors["b/moment2"] = f64(1, 2), f64(1, 2)
		},
		`parameter "a": does not have shape (2) of float32, as the solver's`: func(s *State) {
			s.Tensors["a/moment1"], s.Tensors["a/moment2"] = f64(1, 2), f64(1, 2)
		},
	}
	refuses := func(words string, s Solver, change func(*State)) {
		bad := stepped().State()
		change(&bad)
		before := s.State()
		wantError(t, s.Restore(bad), ErrState, words)
		if !reflect.DeepEqual(s.State(), before) {
			t.Errorf("%s: the solver has changed", words)
		}
	}
	for words, change := range anyway {
		refuses(words, stepped(), change)
		refuses(words, solvers()["chain"](), change)
	}
	for words, change := range known {
		refuses(words, stepped(), change)
	}
}

func TestStateOfAnotherShapeIsReportedByTheNextStep(t *testing.T) {
	s := must(NewAdam(DefaultAdam()))
	step(t, s, []G.ValueGrad{vector("a", []float32{1, 2}, []float32{1, 2})})
	fresh := restored(t, must(NewAdam(DefaultAdam())), s.State())
	wantError(t, fresh.Step([]G.ValueGrad{vector("a", []float32{1}, []float32{1})}), ErrChanged, `parameter "a"`)
}

func TestStateOfMomentumDoesNotFitPlainSGD(t *testing.T) {
	s := must(NewSGD(DefaultSGD()))
	step(t, s, []G.ValueGrad{vector("a", []float32{1, 2}, []float32{1, 2})})
	wantError(t, sgdOfRate1().Restore(s.State()), ErrState, "SGD: state has 1 tensors for 1 parameters, want 0 for each")
}
