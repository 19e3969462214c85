package graph

import (
	"strings"
	"testing"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/egru/egru/layers"
	"github.com/egru/egru/ops"
)

// sums is a model that sums its inputs up over a stream:
//
//	state = state + sum_t x[t],  loss = sum (w * state)
//
// with x (T, B, 2), a state (B, 2) and a weight w (B, 2) for B = testB.
type sums struct {
	w *layers.Param
	// spoil takes part in Build where it is not nil.
	spoil func(w *Window, state, end *G.Node) error
}

func newSums() sums {
	v := tensor.New(tensor.WithShape(testB, 2), tensor.WithBacking([]float64{1, 2, 3, 4}))
	return sums{w: layers.NewParam("w", v)}
}

func (m sums) Params() []*layers.Param { return []*layers.Param{m.w} }

func (m sums) Build(w *Window) error {
	x := w.Input("x", tensor.Float64, w.T, w.B, 2)
	state := w.State("sum", tensor.Float64, w.B, 2)
	end := state
	for t := range w.T {
		step, err := ops.TimeSlice(x, t)
		if err != nil {
			return err
		}
		if end, err = G.Add(end, step); err != nil {
			return err
		}
	}
	if m.spoil != nil {
		return m.spoil(w, state, end)
	}
	w.Carry("sum", end)
	return m.lossOf(w, end)
}

func (m sums) lossOf(w *Window, end *G.Node) error {
	weight, err := m.w.Node(w.Graph())
	if err != nil {
		return err
	}
	product, err := G.HadamardProd(weight, end)
	if err != nil {
		return err
	}
	loss, err := G.Sum(product)
	w.Loss(loss)
	return err
}

// spoiledBy lets the model build as it should but for one thing.
func (m sums) spoiledBy(f func(w *Window, end *G.Node)) sums {
	m.spoil = func(w *Window, _, end *G.Node) error {
		w.Carry("sum", end)
		err := m.lossOf(w, end)
		f(w, end)
		return err
	}
	return m
}

// counting feeds 1, 2, 3, ...
func counting(T int) Feeds {
	x := make([]float64, T*testB*2)
	for i := range x {
		x[i] = float64(i + 1)
	}
	return Feeds{"x": tensor.New(tensor.WithShape(T, testB, 2), tensor.WithBacking(x))}
}

func TestAnyModelCanBeRun(t *testing.T) {
	s := must(NewSession(newSums(), Config{}))
	stream := s.NewStream(testB)
	r := train(t, s, stream, counting(2))
	// Sums over time of 1..8: (1+5, 2+6, 3+7, 4+8).
	near(t, "state", numbers(stream.States()["sum"]), []float64{6, 8, 10, 12}, 0)
	near(t, "loss", []float64{r.Loss}, []float64{6 + 16 + 30 + 48}, 0)
	near(t, "gradient", numbers(must(r.Grads[0].Grad())), []float64{6, 8, 10, 12}, 0)
	r = evaluate(t, s, stream, counting(1))
	near(t, "state after another window", numbers(stream.States()["sum"]), []float64{7, 10, 13, 16}, 0)
	near(t, "loss after another window", []float64{r.Loss}, []float64{7 + 20 + 39 + 64}, 0)
	if len(r.Outputs) != 0 {
		t.Errorf("outputs are %v, want none", r.Outputs)
	}
}

// Training minimises the sum of loss and penalties; they are told apart in the
// result.
func TestPenaltiesAreMinimisedBesideTheLoss(t *testing.T) {
	m := newSums().spoiledBy(func(w *Window, end *G.Node) {
		w.Penalty(G.Must(ops.MeanPenalty(end, ops.MeanPenaltyConfig{Weight: 1}))) // of what no weight can change
		weight := w.Graph().ByName("w")[0]
		w.Penalty(G.Must(ops.MeanPenalty(weight, ops.MeanPenaltyConfig{Weight: 2, Target: 0.5})))
	})
	s := must(NewSession(m, Config{}))
	for range 2 {
		r := train(t, s, s.NewStream(testB), counting(2))
		near(t, "loss", []float64{r.Loss}, []float64{100}, 0)
		near(t, "penalty", []float64{r.Penalty}, []float64{9*9 + 2*2*2}, 0)
		near(t, "gradient", numbers(must(r.Grads[0].Grad())), []float64{6 + 2, 8 + 2, 10 + 2, 12 + 2}, 0)
	}
	r := evaluate(t, s, s.NewStream(testB), counting(2))
	near(t, "loss of an evaluation", []float64{r.Loss}, []float64{100}, 0)
}

// Outputs can be any nodes: scalars, inputs, views, and the loss itself.
func TestOutputsOfAnyKind(t *testing.T) {
	m := newSums().spoiledBy(func(w *Window, end *G.Node) {
		w.Output("end", end)
		w.Output("twice", end)
		w.Output("loss", w.loss)
		w.Output("input", w.inputs["x"])
		w.Output("column", G.Must(G.Slice(end, nil, G.S(1))))
		w.Output("columns", G.Must(G.Transpose(end, 1, 0)))
	})
	s := must(NewSession(m, Config{}))
	for name, run := range map[string]func(*Stream, Feeds) (Result, error){"training": s.Train, "evaluation": s.Evaluate} {
		r := must(run(s.NewStream(testB), counting(2)))
		for output, want := range map[string][]float64{
			"end": {6, 8, 10, 12}, "twice": {6, 8, 10, 12}, "loss": {100}, "input": {1, 2, 3, 4, 5, 6, 7, 8},
			"column": {8, 12}, "columns": {6, 10, 8, 12},
		} {
			v := r.Outputs[output]
			if v == nil {
				t.Errorf("%s: no output %s", name, output)
				continue
			}
			near(t, name+": "+output, numbers(v), want, 0)
		}
	}
}

// The number of steps is read off the inputs, of which one may be as wide as
// the batch without running along time.
func TestInputsBesideTime(t *testing.T) {
	m := newSums().spoiledBy(func(w *Window, _ *G.Node) {
		w.Output("labels", w.Input("labels", tensor.Float64, w.B, testB))
		w.Output("scale", w.Input("scale", tensor.Float64, 3))
	})
	s := must(NewSession(m, Config{}))
	for _, T := range []int{1, testB, 5} {
		f := counting(T)
		f["labels"] = tensor.New(tensor.WithShape(testB, testB), tensor.WithBacking([]float64{1, 2, 3, 4}))
		f["scale"] = tensor.New(tensor.WithShape(3), tensor.WithBacking([]float64{5, 6, 7}))
		r := evaluate(t, s, s.NewStream(testB), f)
		near(t, "labels", numbers(r.Outputs["labels"]), []float64{1, 2, 3, 4}, 0)
		near(t, "scale", numbers(r.Outputs["scale"]), []float64{5, 6, 7}, 0)
		if s.machines[key{T, testB, false}] == nil {
			t.Errorf("no graph of %d steps", T)
		}
		f["scale"] = tensor.New(tensor.WithShape(3, 1), tensor.Of(tensor.Float64))
		_, err := s.Evaluate(s.NewStream(testB), f)
		wantError(t, "a column for a vector", err, ErrFeed, "input scale has shape (3, 1), want (3)")
	}
}

// A state may end as a view, as the state it started as, or as one that
// another ends as.
func TestStatesMayShareNodes(t *testing.T) {
	m := newSums()
	m.spoil = func(w *Window, _, end *G.Node) error {
		kept := w.State("kept", tensor.Float64, w.B, 2)
		turned := w.State("turned", tensor.Float64, 2, w.B)
		w.State("twin", tensor.Float64, w.B, 2)
		w.Carry("sum", end)
		w.Carry("kept", kept)
		w.Carry("turned", G.Must(G.Transpose(G.Must(G.Add(end, G.Must(G.Transpose(turned, 1, 0)))), 1, 0)))
		w.Carry("twin", end)
		return m.lossOf(w, end)
	}
	s := must(NewSession(m, Config{}))
	stream := s.NewStream(testB)
	states := map[string]*tensor.Dense{"kept": tensor.New(tensor.WithShape(testB, 2), tensor.WithBacking([]float64{1, 2, 3, 4}))}
	if err := stream.SetStates(states); err != nil {
		t.Fatal(err)
	}
	for i, want := range []map[string][]float64{
		{"sum": {1, 2, 3, 4}, "twin": {1, 2, 3, 4}, "kept": {1, 2, 3, 4}, "turned": {1, 3, 2, 4}},
		{"sum": {2, 4, 6, 8}, "twin": {2, 4, 6, 8}, "kept": {1, 2, 3, 4}, "turned": {3, 9, 6, 12}},
	} {
		if i == 0 {
			train(t, s, stream, counting(1))
		} else {
			evaluate(t, s, stream, counting(1))
		}
		for name, w := range want {
			near(t, name, numbers(stream.States()[name]), w, 0)
		}
	}
}

func TestModelsThatCannotBeBuilt(t *testing.T) {
	cause := errors.New("no such thing")
	good := newSums()
	spoiled := func(f func(w *Window, end *G.Node)) Model { return good.spoiledBy(f) }
	custom := func(f func(w *Window, state, end *G.Node) error) Model {
		m := good
		m.spoil = f
		return m
	}
	for _, c := range []struct {
		name     string
		model    Model
		sentinel error
		says     string
	}{
		{"error", custom(func(*Window, *G.Node, *G.Node) error { return cause }), cause, "graph of 2 steps and 2 rows: no such thing"},
		{"panic", custom(func(*Window, *G.Node, *G.Node) error { panic("out of ideas") }), ErrBuild, "out of ideas"},
		{"op", custom(func(w *Window, _, _ *G.Node) error {
			_, err := ops.TimeSlice(w.inputs["x"], w.T)
			return err
		}), ops.ErrIndex, "t is 2"},
		{"input twice", spoiled(func(w *Window, _ *G.Node) { w.Input("x", tensor.Float64, w.T, w.B, 2) }), ErrBuild, "input x is declared twice"},
		{"no dtype", spoiled(func(w *Window, _ *G.Node) { w.Input("z", tensor.Dtype{}, 2) }), ErrBuild, ""},
		{"state twice", spoiled(func(w *Window, _ *G.Node) { w.State("sum", tensor.Float64, w.B, 2) }), ErrBuild, "state sum is declared twice"},
		{"state not carried", spoiled(func(w *Window, _ *G.Node) { w.State("y", tensor.Float64, w.B, 2) }), ErrBuild, "state y is declared but not carried"},
		{"state not declared", spoiled(func(w *Window, end *G.Node) { w.Carry("y", end) }), ErrBuild, "state y is carried but not declared"},
		{"nil state", spoiled(func(w *Window, _ *G.Node) { w.Carry("sum", nil) }), ErrBuild, "state sum ends as nil"},
		{"shape of a state", spoiled(func(w *Window, _ *G.Node) {
			w.State("y", tensor.Float64, w.B)
			w.Carry("y", w.Input("z", tensor.Float64, w.B, 1))
		}), ErrBuild, "state y ends as (2, 1) of float64, want (2) of float64"},
		{"dtype of a state", spoiled(func(w *Window, _ *G.Node) {
			w.State("y", tensor.Float64, w.B)
			w.Carry("y", w.Input("z", tensor.Float32, w.B))
		}), ErrBuild, "state y ends as (2) of float32, want (2) of float64"},
		{"no loss", spoiled(func(w *Window, _ *G.Node) { w.Loss(nil) }), ErrBuild, "declared no loss"},
		{"loss of many", spoiled(func(w *Window, end *G.Node) { w.Loss(end) }), ErrBuild, "the loss has shape (2, 2), want a scalar"},
		{"nil penalty", spoiled(func(w *Window, _ *G.Node) { w.Penalty(nil) }), ErrBuild, "a penalty is nil"},
		{"penalty of many", spoiled(func(w *Window, end *G.Node) { w.Penalty(end) }), ErrBuild, "a penalty has shape (2, 2), want a scalar"},
		{"penalty of another graph", spoiled(func(w *Window, _ *G.Node) {
			w.Penalty(G.NewScalar(G.NewGraph(), tensor.Float64, G.WithName("penalty")))
		}), ErrBuild, "a penalty belongs to another graph"},
		{"dtype of a penalty", spoiled(func(w *Window, _ *G.Node) {
			w.Penalty(G.NewScalar(w.Graph(), tensor.Float32, G.WithName("penalty"), G.WithValue(float32(1))))
		}), ErrBuild, "sum of loss and penalty"},
		{"dtypes of penalties", spoiled(func(w *Window, _ *G.Node) {
			w.Penalty(G.NewScalar(w.Graph(), tensor.Float32, G.WithName("narrow"), G.WithValue(float32(1))))
			w.Penalty(G.NewScalar(w.Graph(), tensor.Float64, G.WithName("wide"), G.WithValue(1.0)))
		}), ErrBuild, "sum of penalties"},
		{"nil output", spoiled(func(w *Window, _ *G.Node) { w.Output("o", nil) }), ErrBuild, "output o is nil"},
		{"output twice", spoiled(func(w *Window, end *G.Node) { w.Output("o", end); w.Output("o", end) }), ErrBuild, "declared twice"},
		{"first of two", spoiled(func(w *Window, end *G.Node) { w.Carry("first", end); w.Carry("second", end) }), ErrBuild, "state first is"},
		{"loss without weights", custom(func(w *Window, _, end *G.Node) error {
			w.Carry("sum", end)
			w.Loss(G.Must(G.Sum(end)))
			return nil
		}), ErrBuild, "gradient of the loss"},
	} {
		s := must(NewSession(c.model, Config{}))
		stream := s.NewStream(testB)
		r, err := s.Train(stream, counting(2))
		wantError(t, c.name, err, c.sentinel, c.says)
		if r.Grads != nil || len(stream.States()) != 0 || s.Runs() != 0 || len(s.machines) != 0 {
			t.Errorf("%s: an error left something behind", c.name)
		}
	}
}

// An input that the session does not know, and nobody gave a value.
func TestAnInputWithoutValueIsAnError(t *testing.T) {
	m := newSums()
	m.spoil = func(w *Window, _, end *G.Node) error {
		w.Carry("sum", end)
		free := G.NewMatrix(w.Graph(), tensor.Float64, G.WithShape(w.B, 2), G.WithName("free"))
		return m.lossOf(w, G.Must(G.Add(end, free)))
	}
	s := must(NewSession(m, Config{}))
	stream := s.NewStream(testB)
	_, err := s.Train(stream, counting(2))
	if err == nil || !strings.Contains(err.Error(), "free") || len(stream.States()) != 0 || s.Runs() != 0 {
		t.Errorf("got error %v, %d states and %d runs", err, len(stream.States()), s.Runs())
	}
}

// A window length that cannot be built is no reason not to run others.
func TestAFailedBuildIsForgotten(t *testing.T) {
	m := newSums()
	broken := true
	m.spoil = func(w *Window, _, end *G.Node) error {
		if broken && w.T == 3 {
			panic("not today")
		}
		w.Carry("sum", end)
		return m.lossOf(w, end)
	}
	s := must(NewSession(m, Config{}))
	stream := s.NewStream(testB)
	evaluate(t, s, stream, counting(2))
	_, err := s.Evaluate(stream, counting(3))
	wantError(t, "broken", err, ErrBuild, "not today")
	evaluate(t, s, stream, counting(2))
	broken = false
	evaluate(t, s, stream, counting(3))
}
