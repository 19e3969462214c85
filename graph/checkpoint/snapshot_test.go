package checkpoint

import (
	"math"
	"testing"

	"gorgonia.org/tensor"

	"github.com/egru/egru/layers"
)

func TestASnapshotSharesNothingWithItsRun(t *testing.T) {
	r := newRun(tensor.Float64, 1)
	r.train(t, 3)
	s := r.take(t, nil)
	before := encoded(t, s)
	r.train(t, 3)
	if string(encoded(t, s)) != string(before) {
		t.Error("training has changed a snapshot")
	}

	r.restore(t, s)
	for _, d := range s.Weights {
		clear(d.Float64s())
	}
	for _, d := range s.States {
		clear(d.Float64s())
	}
	for _, d := range s.Solver.Tensors {
		clear(d.Float64)
	}
	s.Solver.Steps["rnn.0.kernel"] = 77
	if string(encoded(t, r.take(t, nil))) != string(before) {
		t.Error("changing a snapshot has changed the run restored from it")
	}
}

func TestPartsMayBeLeftOut(t *testing.T) {
	r := newRun(tensor.Float32, 1)
	r.train(t, 2)
	s, err := Take(r.params, nil, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	s = must(decodeBytes(encoded(t, s)))
	if s.States != nil || s.Run != nil || s.Solver.Solver != "" {
		t.Errorf("a snapshot of weights has %+v", s)
	}
	other := newRun(tensor.Float32, 2)
	if err := s.Restore(other.params, nil, nil); err != nil {
		t.Fatal(err)
	}
	for i, p := range other.params {
		if bits(p.Value()) != bits(r.params[i].Value()) {
			t.Errorf("weight %s has not been restored", p.Name())
		}
	}
	before := encoded(t, other.take(t, nil))
	wantError(t, "a stream", s.Restore(other.params, nil, other.stream), ErrFit, "the snapshot has no states of a stream")
	wantError(t, "a solver", s.Restore(other.params, other.solver, nil), ErrFit, "state")
	wantError(t, "a run", s.Decode(new(progress)), ErrFit, "the snapshot has no run part")
	if string(encoded(t, other.take(t, nil))) != string(before) {
		t.Error("an error changed something")
	}
}

// A stream that has not begun has no states, and goes back to that.
func TestAStreamAtItsStartIsRestored(t *testing.T) {
	r := newRun(tensor.Float32, 1)
	s := must(decodeBytes(encoded(t, r.take(t, nil))))
	r.train(t, 2)
	if err := s.Restore(r.params, r.solver, r.stream); err != nil {
		t.Fatal(err)
	}
	if n := len(r.stream.States()); n != 0 {
		t.Errorf("the stream has %d states, want none", n)
	}
}

func TestWhatCannotBeTaken(t *testing.T) {
	w := tensor.New(tensor.WithShape(2, 2), tensor.WithBacking([]float32{1, 2, 3, 4}))
	view := must(w.Slice(nil, tensor.S(1))).(*tensor.Dense)
	one := func(d *tensor.Dense) []*layers.Param { return []*layers.Param{layers.NewParam("w", d)} }
	for name, c := range map[string]struct {
		params []*layers.Param
		run    any
		says   string
	}{
		"a nil weight":       {[]*layers.Param{nil}, nil, "weight 0 is nil"},
		"a weight of no one": {one(nil), nil, "weight w: has no tensor"},
		"an empty weight":    {one(new(tensor.Dense)), nil, "weight w: has no elements"},
		"a view":             {one(view), nil, "weight w: is masked, a view or not row-major"},
		"one name twice":     {append(one(w), one(w)...), nil, "two weights are named w"},
		"NaN":                {one(w), progress{Losses: []float64{1, math.NaN()}}, "the run part cannot be JSON: json: unsupported value: NaN"},
		"infinity":           {one(w), map[string]float64{"loss": math.Inf(-1)}, "the run part cannot be JSON: json: unsupported value: -Inf"},
		"a channel":          {one(w), make(chan int), "the run part cannot be JSON"},
	} {
		s, err := Take(c.params, nil, nil, c.run)
		wantError(t, name, err, ErrSnapshot, c.says)
		if s != nil {
			t.Errorf("%s: a snapshot besides the error", name)
		}
	}
}

func TestTheRunPartIsReadStrictly(t *testing.T) {
	for text, says := range map[string]string{
		`{"Runs":1,"Epoch":2}`: `unknown field "Epoch"`,
		`{"Runs":"1"}`:         "cannot unmarshal string",
		`{"Runs":1.5}`:         "cannot unmarshal number 1.5",
		`{"Runs":1} {}`:        "more follows",
		`{"Runs":1`:            "unexpected EOF",
		``:                     "EOF",
	} {
		s := Snapshot{Run: []byte(text)}
		wantError(t, text, s.Decode(new(progress)), ErrFit, "checkpoint: run part: ", says)
	}
	wantError(t, "into nothing", (&Snapshot{Run: []byte("1")}).Decode(nil), ErrFit, "nil")
}

// Every float64 comes back, and counters beyond 2^53.
func TestNumbersOfTheRunPartAreExact(t *testing.T) {
	type numbers struct {
		F []float64
		N int64
		U uint64
	}
	want := numbers{
		F: []float64{0.1, 1.0 / 3, math.MaxFloat64, math.SmallestNonzeroFloat64, math.Copysign(0, -1), math.Nextafter(1, 2), -math.Pi * 1e-300},
		N: math.MinInt64, U: math.MaxUint64,
	}
	s := must(decodeBytes(encoded(t, must(Take(nil, nil, nil, want)))))
	var got numbers
	if err := s.Decode(&got); err != nil {
		t.Fatal(err)
	}
	for i := range want.F {
		if !sameBits64(got.F[i], want.F[i]) {
			t.Errorf("%v came back as %v", want.F[i], got.F[i])
		}
	}
	if got.N != want.N || got.U != want.U {
		t.Errorf("counters %d and %d came back as %d and %d", want.N, want.U, got.N, got.U)
	}
}
