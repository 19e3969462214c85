package graph

import (
	"maps"
	"slices"
	"testing"

	"gorgonia.org/tensor"

	"github.com/egru/egru/layers"
)

func TestStatesOfAStreamHaveNames(t *testing.T) {
	for _, c := range []struct {
		change func(*layers.LanguageModelConfig)
		want   []string
	}{
		{func(*layers.LanguageModelConfig) {}, []string{"rnn.0.h", "rnn.0.y", "rnn.1.h", "rnn.1.y"}},
		{ofPaper, []string{"rnn.0.c", "rnn.0.y", "rnn.1.c", "rnn.1.y"}},
		{ofGRU, []string{"rnn.0.h", "rnn.1.h"}},
	} {
		s := newSession(languageModel(c.change))
		stream := s.NewStream(testB)
		if len(stream.States()) != 0 || stream.Batch() != testB {
			t.Errorf("a new stream has %d rows and the states %v", stream.Batch(), stream.States())
		}
		evaluate(t, s, stream, window(0, 3))
		if got := slices.Sorted(maps.Keys(stream.States())); !slices.Equal(got, c.want) {
			t.Errorf("states are %q, want %q", got, c.want)
		}
	}
}

func TestResetGoesBackToZeros(t *testing.T) {
	s := newSession(languageModel())
	stream := s.NewStream(testB)
	want := snapshotOf(evaluate(t, s, stream, window(0, 3)), stream)
	if again := evaluate(t, s, stream, window(0, 3)); again.Loss == want["loss"][0] {
		t.Error("the state changed nothing")
	}
	stream.Reset()
	if len(stream.States()) != 0 {
		t.Errorf("after a reset the states are %v", stream.States())
	}
	sameBits(t, "after a reset", snapshotOf(evaluate(t, s, stream, window(0, 3)), stream), want)
}

func TestStatesContinueInAnotherStream(t *testing.T) {
	m := languageModel()
	s := newSession(m)
	stream := s.NewStream(testB)
	train(t, s, stream, window(0, 5))
	states := stream.States()
	want := snapshotOf(evaluate(t, s, stream, window(5, 3)), stream)

	other := newSession(m)
	next := other.NewStream(testB)
	evaluate(t, other, next, window(20, 3))
	if err := next.SetStates(states); err != nil {
		t.Fatal(err)
	}
	for _, v := range states { // copied, they can be done with as one likes
		clear(v.Float64s())
	}
	for _, v := range next.States() {
		clear(v.Float64s())
	}
	sameBits(t, "the other stream", snapshotOf(evaluate(t, other, next, window(5, 3)), next), want)
}

// States that were cut out of larger tensors, or turned, are read row by row.
func TestStatesMayBeViews(t *testing.T) {
	s := must(NewSession(newSums(), Config{}))
	turned := tensor.New(tensor.WithShape(2, testB), tensor.WithBacking([]float64{1, 3, 2, 4}))
	if err := turned.T(); err != nil {
		t.Fatal(err)
	}
	wide := tensor.New(tensor.WithShape(testB, 4), tensor.WithBacking([]float64{0, 1, 2, 0, 0, 3, 4, 0}))
	for name, v := range map[string]*tensor.Dense{
		"transposed": turned,
		"sliced":     must(wide.Slice(nil, tensor.S(1, 3))).(*tensor.Dense),
	} {
		stream := s.NewStream(testB)
		if err := stream.SetStates(map[string]*tensor.Dense{"sum": v}); err != nil {
			t.Fatal(err)
		}
		near(t, name, numbers(stream.States()["sum"]), []float64{1, 2, 3, 4}, 0)
		evaluate(t, s, stream, counting(1))
		near(t, name+" and a window", numbers(stream.States()["sum"]), []float64{2, 4, 6, 8}, 0)
	}
}

func TestStreamErrors(t *testing.T) {
	s := newSession(languageModel())
	stream := s.NewStream(testB)
	evaluate(t, s, stream, window(0, 3))
	before := stream.States()
	zeros := func(dt tensor.Dtype, shape ...int) *tensor.Dense {
		return tensor.New(tensor.WithShape(shape...), tensor.Of(dt))
	}
	for name, v := range map[string]*tensor.Dense{
		"nil": nil, "rows": zeros(tensor.Float64, 3, 5), "scalar": tensor.New(tensor.FromScalar(1.0)),
	} {
		err := stream.SetStates(map[string]*tensor.Dense{"rnn.0.h": v, "rnn.0.y": before["rnn.0.y"]})
		wantError(t, name, err, ErrStream, "state rnn.0.h does not have 2 rows")
	}
	for name, v := range before {
		near(t, "after errors "+name, numbers(stream.States()[name]), numbers(v), 0)
	}

	// What only the model can tell is an error of the next run.
	for _, c := range []struct {
		name   string
		states map[string]*tensor.Dense
		says   string
	}{
		{"units", map[string]*tensor.Dense{"rnn.0.h": zeros(tensor.Float64, testB, 7)}, "state rnn.0.h is (2, 7) of float64, the model wants (2, 5) of float64"},
		{"dtype", map[string]*tensor.Dense{"rnn.0.h": zeros(tensor.Float32, testB, 5)}, "state rnn.0.h is (2, 5) of float32"},
		{"name", map[string]*tensor.Dense{"rnn.7.h": zeros(tensor.Float64, testB, 5)}, "the model has 0 of the stream's 1 states"},
	} {
		if err := stream.SetStates(c.states); err != nil {
			t.Fatal(err)
		}
		_, err := s.Evaluate(stream, window(0, 3))
		wantError(t, c.name, err, ErrStream, c.says)
		if len(stream.States()) != 1 {
			t.Errorf("%s: the failed run left %d states", c.name, len(stream.States()))
		}
	}
	other := newSession(languageModel(ofPaper))
	foreign := other.NewStream(testB)
	evaluate(t, other, foreign, window(0, 3))
	_, err := s.Evaluate(foreign, window(0, 3))
	wantError(t, "a stream of another model", err, ErrStream, "the model has 2 of the stream's 4 states")
}
