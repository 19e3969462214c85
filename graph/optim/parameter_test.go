package optim

import (
	"reflect"
	"testing"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// failing is a parameter whose gradient is an error.
type failing struct{ weight }

func (failing) Grad() (G.Value, error) { return nil, errors.New("no such gradient") }

func TestAnErrorChangesNothing(t *testing.T) {
	good := func() *weight { return vector("good", []float64{1, 2}, []float64{3, 4}) }
	other := func() *weight { return vector("other", []float32{1, 2, 3}, []float32{4, 5, 6}) }
	matrix := func() *tensor.Dense {
		return tensor.New(tensor.WithShape(2, 3), tensor.WithBacking([]float64{1, 2, 3, 4, 5, 6}))
	}
	column := must(matrix().Slice(nil, tensor.S(1)))
	transposed := matrix()
	if err := transposed.T(); err != nil {
		t.Fatal(err)
	}
	masked := tensor.New(tensor.WithShape(2), tensor.WithBacking([]float64{1, 2}, []bool{true, false}))
	shared := dense([]int{3}, 1.0, 2, 3)
	overlapping := matrix()
	head := must(overlapping.Slice(tensor.S(0, 1)))
	var noNode *G.Node

	cases := []struct {
		name     string
		bad      []G.ValueGrad
		sentinel error
		words    string
	}{
		{"nil parameter", []G.ValueGrad{nil}, ErrValue, "parameter 2 is nil"},
		{"nil node", []G.ValueGrad{noNode}, ErrValue, "parameter 2 is nil"},
		{"name twice", []G.ValueGrad{good()}, ErrName, `parameter "good" comes twice`},
		{"no value", []G.ValueGrad{&weight{"bad", nil, G.NewF64(1)}}, ErrValue, `parameter "bad": has no value`},
		{"integer scalar", []G.ValueGrad{&weight{"bad", G.NewI(1), G.NewI(1)}}, ErrValue, "value is a *gorgonia.I, want"},
		{"integer tensor", []G.ValueGrad{&weight{"bad", tensor.New(tensor.WithBacking([]int{1})), shared}}, ErrValue, "value has dtype int, want float32 or float64"},
		{"strided value", []G.ValueGrad{&weight{"bad", column.(G.Value), dense([]int{2}, 1.0, 2)}}, ErrValue, "strided view"},
		{"transposed value", []G.ValueGrad{&weight{"bad", transposed, dense([]int{3, 2}, 1.0, 2, 3, 4, 5, 6)}}, ErrValue, "transposed"},
		{"transposed gradient", []G.ValueGrad{&weight{"bad", dense([]int{3, 2}, 1.0, 2, 3, 4, 5, 6), transposed}}, ErrGradient, "gradient is masked or a transposed"},
		{"masked value", []G.ValueGrad{&weight{"bad", masked, dense([]int{2}, 1.0, 2)}}, ErrValue, "masked"},
		{"gradient fails", []G.ValueGrad{&failing{*vector("bad", []float64{1}, []float64{1})}}, ErrGradient, `parameter "bad": no such gradient`},
		{"no gradient", []G.ValueGrad{&weight{"bad", G.NewF64(1), nil}}, ErrGradient, `parameter "bad": has no gradient`},
		{"gradient of other shape", []G.ValueGrad{vector("bad", []float64{1, 2}, []float64{1, 2, 3})}, ErrGradient, "gradient has shape (3), want (2)"},
		{"gradient of other dtype", []G.ValueGrad{&weight{"bad", G.NewF64(1), G.NewF32(1)}}, ErrGradient, "gradient has dtype float32, want float64"},
		{"one gradient for two", []G.ValueGrad{&weight{"bad", dense([]int{3}, 1.0, 2, 3), shared}, &weight{"worse", dense([]int{3}, 1.0, 2, 3), shared}}, ErrShared, `the gradient of "bad" and the gradient of "worse" overlap`},
		{"one weight under two names", []G.ValueGrad{&weight{"bad", shared, dense([]int{3}, 1.0, 2, 3)}, &weight{"worse", shared, dense([]int{3}, 1.0, 2, 3)}}, ErrShared, `the value of "bad" and the value of "worse" overlap`},
		{"weight and a part of it", []G.ValueGrad{&weight{"bad", overlapping, matrix()}, &weight{"worse", head.(G.Value), dense([]int{3}, 1.0, 2, 3)}}, ErrShared, "overlap"},
		{"gradient is its own weight", []G.ValueGrad{&weight{"bad", shared, shared}}, ErrShared, `the value of "bad" and the gradient of "bad" overlap`},
		{"known parameter of other shape", []G.ValueGrad{&weight{"w2", dense([]int{1, 3}, float32(1), 2, 3), dense([]int{1, 3}, float32(1), 2, 3)}}, ErrChanged, `parameter "w2" has shape (1, 3) of float32, want (3) of float32 as before`},
		{"known parameter of other dtype", []G.ValueGrad{vector("w2", []float64{1, 2, 3}, []float64{1, 2, 3})}, ErrChanged, "of float64, want (3) of float32"},
	}
	for name, solver := range solvers() {
		for _, c := range cases {
			t.Run(name+"/"+c.name, func(t *testing.T) {
				s := solver()
				p := newProblem(8, 1, 2, 3)
				p.draw(t)
				step(t, s, p.model)
				state := s.State()
				// Good parameters on both sides, one of them new to the solver.
				model := append([]G.ValueGrad{good(), other()}, c.bad...)
				model = append(model, vector("last", []float64{5}, []float64{50}))
				before := modelBits(t, model)

				wantError(t, s.Check(model), c.sentinel, c.words)
				wantError(t, s.Step(model), c.sentinel, c.words)
				if modelBits(t, model) != before {
					t.Error("the model has changed")
				}
				if !reflect.DeepEqual(s.State(), state) {
					t.Error("the state has changed")
				}
			})
		}
	}
}

func TestRateOutsideItsDomainIsReported(t *testing.T) {
	for name, solver := range solvers() {
		s := solver()
		s.SetLearnRate(-1)
		model := []G.ValueGrad{vector("w0", []float64{1}, []float64{9})}
		before := modelBits(t, model)
		wantError(t, s.Step(model), ErrConfig, "learn rate is -1")
		wantError(t, s.Check(model), ErrConfig, "learn rate is -1")
		if modelBits(t, model) != before || len(s.State().Steps) != 0 {
			t.Errorf("%s: the step went on", name)
		}
	}
}

func TestViewsInOnePieceAreParameters(t *testing.T) {
	whole := tensor.New(tensor.WithShape(3, 2), tensor.WithBacking([]float64{1, 2, 3, 4, 5, 6}))
	rows := must(whole.Slice(tensor.S(1, 3))).(G.Value)
	s := must(NewSGD(SGDConfig{LearnRate: 1}))
	step(t, s, []G.ValueGrad{&weight{"rows", rows, dense([]int{2, 2}, 1.0, 1, 1, 1)}})
	wantNumbers(t, "whole", numbers(t, whole), []float64{1, 2, 2, 3, 4, 5}, 0)
}

// Of a row stored by columns Gorgonia gives one stride.
func TestARowStoredByColumnsIsAParameter(t *testing.T) {
	row := tensor.New(tensor.WithShape(1, 3), tensor.AsFortran([]float64{1, 2, 3}))
	s := must(NewSGD(SGDConfig{LearnRate: 1}))
	step(t, s, []G.ValueGrad{&weight{"row", row, dense([]int{1, 3}, 1.0, 1, 1)}})
	wantNumbers(t, "row", numbers(t, row), []float64{0, 1, 2}, 0)
}

func TestScalarsOfAllForms(t *testing.T) {
	s := must(NewSGD(SGDConfig{LearnRate: 0.5}))
	model := []G.ValueGrad{
		&weight{"F32", G.NewF32(1), G.NewF32(1)},
		&weight{"F64", G.NewF64(1), G.NewF64(1)},
		&weight{"tensor", tensor.New(tensor.FromScalar(1.0)), tensor.New(tensor.FromScalar(1.0))},
		&weight{"mixed", tensor.New(tensor.FromScalar(1.0)), G.NewF64(1)},
		&weight{"one element", dense([]int{1, 1}, 1.0), dense([]int{1, 1}, 1.0)},
	}
	step(t, s, model)
	for _, vg := range model {
		wantNumbers(t, vg.(*weight).name, numbers(t, vg.Value()), []float64{0.5}, 0)
	}
}

// Gorgonia shares its constants among all graphs, and hands them out as gradients
// where BindDualValues is missing. A solver that sets such a
// gradient to zero falsifies the derivatives of every graph after it.
func TestConstantGradientsAreNotOverwritten(t *testing.T) {
	derivative := func() (*G.Node, error) {
		g := G.NewGraph()
		a := G.NewScalar(g, G.Float64, G.WithName("a"), G.WithValue(2.0))
		b := G.NewScalar(g, G.Float64, G.WithName("b"), G.WithValue(3.0))
		if _, err := G.Grad(G.Must(G.Add(a, b)), a, b); err != nil {
			return nil, err
		}
		m := G.NewTapeMachine(g) // with BindDualValues the gradient is a's own
		defer m.Close()
		return a, m.RunAll()
	}
	a := must(derivative())
	wantError(t, must(NewSGD(DefaultSGD())).Step([]G.ValueGrad{a}), ErrGradient, `parameter "a": gradient is a constant`)
	again := must(derivative())
	wantNumbers(t, "gradient", numbers(t, must(again.Grad())), []float64{1}, 0)
}

func TestTapeMachineWithoutDualValuesIsReported(t *testing.T) {
	g := G.NewGraph()
	x := func(name string) *G.Node {
		return G.NewVector(g, G.Float64, G.WithShape(2), G.WithName(name), G.WithValue(dense([]int{2}, 1.0, 2)))
	}
	a, b := x("a"), x("b")
	cost := G.Must(G.Sum(G.Must(G.Square(G.Must(G.Add(a, b))))))
	must(G.Grad(cost, a, b))
	m := G.NewTapeMachine(g)
	defer m.Close()
	if err := m.RunAll(); err != nil {
		t.Fatal(err)
	}
	wantError(t, must(NewSGD(DefaultSGD())).Step(G.NodesToValueGrads(G.Nodes{a, b})), ErrShared, "gorgonia.BindDualValues")
}
