package stream

import (
	"fmt"
	"math"
	"slices"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"github.com/egru/egru/layers"
)

// configs are one for each way that weights can be laid out.
func configs() map[string]Config {
	cs := map[string]Config{}
	for _, precision := range []Precision{Float32, Int8} {
		for _, storage := range []Storage{Dense, Packed} {
			for _, table := range []int64{0, math.MaxInt64} {
				c := DefaultConfig()
				c.Precision, c.Storage, c.TableBytes = precision, storage, table
				cs[fmt.Sprintf("%v %v table=%v", precision, storage, table > 0)] = c
			}
		}
	}
	return cs
}

// eachEngine runs a test for every cell in every layout.
func eachEngine(t *testing.T, f func(t *testing.T, e *Engine)) {
	for _, cell := range cells {
		for name, c := range configs() {
			t.Run(cell+" "+name, func(t *testing.T) { f(t, must(New(Of(small(cell).model()), c))) })
		}
	}
}

func TestStepsAllocateNothing(t *testing.T) {
	eachEngine(t, func(t *testing.T, e *Engine) {
		s, other := e.NewStream(), e.NewStream()
		i := 0
		steps := func() {
			must(s.Step(i % 11))
			_ = s.Feed((i + 3) % 11)
			_ = s.Output()
			_ = s.Events(1)
			_ = s.Counters().Add(s.Last())
			_ = other.CopyFrom(s)
			if e.embedding != nil {
				must(s.StepVector(vector[:]))
				must(s.StepEvents(places, values))
			}
			if i%50 == 0 {
				s.Reset()
			}
			i++
		}
		if n := testing.AllocsPerRun(200, steps); n != 0 {
			t.Errorf("%v allocations a step, want none", n)
		}
	})
}

var (
	vector = [12]float32{0, 1, -1}
	places = []int32{2, 7}
	values = []float32{0.5, -2}
)

func TestManyStreamsOfOneEngineRunAsEachAlone(t *testing.T) {
	const streams, steps = 64, 60
	eachEngine(t, func(t *testing.T, e *Engine) {
		run := func(id int) []float32 {
			s := e.NewStream()
			var all []float32
			for _, token := range text(uint64(id), steps, 11) {
				all = append(all, must(s.Step(token))...)
			}
			return all
		}
		together := make([][]float32, streams)
		var wait sync.WaitGroup
		for id := range streams {
			wait.Go(func() { together[id] = run(id) })
		}
		wait.Wait()
		for id, got := range together {
			if !slices.Equal(got, run(id)) {
				t.Errorf("stream %d has other numbers beside others than alone", id)
			}
		}
	})
}

func TestForksGoTheirOwnWays(t *testing.T) {
	eachEngine(t, func(t *testing.T, e *Engine) {
		s := e.NewStream()
		for _, token := range text(1, 20, 11) {
			must(s.Step(token))
		}
		fork := s.Fork()
		sameNumbers(t, "output of a fork", fork.Output(), s.Output())
		fork = s.Fork()
		if fork.Counters() != (Counters{}) {
			t.Errorf("a fork begins with %+v, want counters of its own", fork.Counters())
		}
		for _, token := range text(2, 20, 11) {
			must(fork.Step(token))
		}
		alone := e.NewStream()
		for _, token := range text(1, 20, 11) {
			must(alone.Step(token))
		}
		for _, token := range text(3, 20, 11) {
			sameNumbers(t, "the first, after its fork", must(s.Step(token)), must(alone.Step(token)))
		}
	})
}

func TestAFailedStepChangesNothing(t *testing.T) {
	eachEngine(t, func(t *testing.T, e *Engine) {
		s, twin := e.NewStream(), e.NewStream()
		must(s.Step(3))
		must(twin.Step(3))
		for _, token := range []int{-1, 11, math.MaxInt, math.MinInt} {
			_, err := s.Step(token)
			wantError(t, fmt.Sprint("token ", token), err, ErrInput, "0..10")
		}
		for name, f := range map[string]func() error{
			"short":      func() error { return s.FeedVector(vector[:11]) },
			"long":       func() error { return s.FeedVector(make([]float32, 13)) },
			"nil":        func() error { return s.FeedVector(nil) },
			"NaN":        func() error { return s.FeedVector(append(make([]float32, 11), float32(math.NaN()))) },
			"Inf":        func() error { return s.FeedVector(append(make([]float32, 11), float32(math.Inf(-1)))) },
			"beyond":     func() error { return s.FeedEvents([]int32{12}, []float32{1}) },
			"negative":   func() error { return s.FeedEvents([]int32{-1}, []float32{1}) },
			"twice":      func() error { return s.FeedEvents([]int32{4, 4}, []float32{1, 1}) },
			"descending": func() error { return s.FeedEvents([]int32{4, 3}, []float32{1, 1}) },
			"zero":       func() error { return s.FeedEvents([]int32{4}, []float32{0}) },
			"NaN event":  func() error { return s.FeedEvents([]int32{4}, []float32{float32(math.NaN())}) },
			"uneven":     func() error { return s.FeedEvents([]int32{4, 5}, []float32{1}) },
		} {
			wantError(t, name, f(), ErrInput, "")
		}
		if s.Counters() != twin.Counters() {
			t.Errorf("failed steps count: %+v, want %+v", s.Counters(), twin.Counters())
		}
		sameNumbers(t, "the step after them", must(s.Step(4)), must(twin.Step(4)))
	})
}

// The table of tokens of the default takes the place of the first kernel.
func TestAModelWithAnEmbeddingTakesVectorsOnlyWithoutATable(t *testing.T) {
	m := small(evnn).model()
	config := DefaultConfig()
	s := must(New(Of(m), config)).NewStream()
	_, err := s.StepVector(vector[:])
	wantError(t, "vector", err, ErrInput, "Config.TableBytes 0")
	_, err = s.StepEvents([]int32{4}, []float32{1})
	wantError(t, "events", err, ErrInput, "Config.TableBytes 0")

	config.TableBytes = 0
	of := must(New(Of(m), config))
	word := m.Embedding().Weight().Value().Float32s()[3*12:][:12]
	sameNumbers(t, "the vector of a token", must(of.NewStream().StepVector(word)), must(of.NewStream().Step(3)))
}

// A state that overflows would stay what is no number for ever.
func TestAStateThatIsNotANumberIsAnError(t *testing.T) {
	for _, cell := range cells {
		c := small(cell)
		c.n = 3
		m := c.model()
		for _, p := range m.Params() {
			if p.Name() == "rnn.1.kernel" || p.Name() == "rnn.1.recurrent_kernel" {
				for i, x := range p.Value().Float32s() {
					p.Value().Float32s()[i] = float32(math.Copysign(math.MaxFloat32, float64(x)))
				}
			}
		}
		s := must(New(Of(m), DefaultConfig())).NewStream()
		if cell == paper { // whose weights alone cannot do it
			st := s.State()
			st.Layers[1].H[5], st.Layers[1].Y[5] = math.MaxFloat32, -math.MaxFloat32
			if err := s.Restore(st); err != nil {
				t.Fatal(err)
			}
		}
		var err error
		var before State
		for i := 0; i < 100 && err == nil; i++ {
			before = s.State()
			err = s.Feed(i % 11)
		}
		wantError(t, cell, err, ErrNaN, "rnn.1")
		for i, l := range s.State().Layers {
			sameNumbers(t, cell+": state after the error", l.H, before.Layers[i].H)
			sameNumbers(t, cell+": output after the error", l.Y, before.Layers[i].Y)
		}
	}
}

func TestTokensAreNotForModelsOfVectors(t *testing.T) {
	l := must(layers.NewGRU("rnn", layers.DefaultGRU(3, 4)))
	s := must(New(Model{Layers: []layers.Recurrent{l}}, DefaultConfig())).NewStream()
	_, err := s.Step(0)
	wantError(t, "a token", err, ErrInput, "takes vectors")
	table := must(New(Of(small(evnn).model()), DefaultConfig()))
	_, err = table.NewStream().StepVector(vector[:])
	wantError(t, "a vector", err, ErrInput, "TableBytes")
}

// What a stream gives is a function of the tokens since its state was zero, whatever
// else was done with it and others.
func TestStreamsAreFunctionsOfWhatTheyWereFed(t *testing.T) {
	engines := map[string]*Engine{}
	for _, cell := range cells {
		engines[cell] = must(New(Of(small(cell).model()), DefaultConfig()))
	}
	rapid.Check(t, func(t *rapid.T) {
		e := engines[rapid.SampledFrom(cells).Draw(t, "cell")]
		streams, fed := []*Stream{e.NewStream()}, [][]int{nil}
		for range rapid.IntRange(1, 40).Draw(t, "operations") {
			i := rapid.IntRange(0, len(streams)-1).Draw(t, "stream")
			switch op := rapid.SampledFrom([]string{"step", "step", "feed", "fork", "reset", "restore", "copy"}).Draw(t, "operation"); op {
			case "step", "feed":
				token := rapid.IntRange(0, 10).Draw(t, "token")
				if op == "feed" {
					if err := streams[i].Feed(token); err != nil {
						t.Fatal(err)
					}
				} else {
					must(streams[i].Step(token))
				}
				fed[i] = append(slices.Clone(fed[i]), token)
			case "fork":
				streams, fed = append(streams, streams[i].Fork()), append(fed, fed[i])
			case "reset":
				streams[i].Reset()
				fed[i] = nil
			case "restore", "copy":
				j := rapid.IntRange(0, len(streams)-1).Draw(t, "from")
				err := streams[i].CopyFrom(streams[j])
				if op == "restore" {
					var st State
					b := must(streams[j].State().MarshalBinary())
					if err = st.UnmarshalBinary(b); err == nil {
						err = streams[i].Restore(st)
					}
				}
				if err != nil {
					t.Fatal(err)
				}
				fed[i] = fed[j]
			}
		}
		for i, s := range streams {
			alone := e.NewStream()
			for _, token := range fed[i] {
				must(alone.Step(token))
			}
			for layer := range e.Layers() {
				got, want := s.Events(layer), alone.Events(layer)
				if !slices.Equal(got.Units, want.Units) || !slices.Equal(got.Values, want.Values) {
					t.Fatalf("events of layer %d are %v, want %v", layer, got, want)
				}
			}
			if !slices.Equal(s.Output(), alone.Output()) {
				t.Fatalf("stream %d, fed %v, gives %v, want %v", i, fed[i], s.Output(), alone.Output())
			}
		}
	})
}

// Events are what a step's cost is made of, and what is seen of a layer.
func TestEventsAreTheOutputsThatAreNotZero(t *testing.T) {
	eachEngine(t, func(t *testing.T, e *Engine) {
		s := e.NewStream()
		total := int64(0)
		for _, token := range text(6, 30, 11) {
			must(s.Step(token))
			for i, l := range s.State().Layers {
				y, events := l.Y, s.Events(i)
				if y == nil {
					y = l.H
				}
				dense := make([]float32, len(y))
				for j, k := range events.Units {
					dense[k] = events.Values[j]
				}
				sameNumbers(t, fmt.Sprintf("layer %d", i), dense, y)
				total += int64(len(events.Units))
			}
		}
		if s.Counters().Events != total {
			t.Errorf("%d events were counted, there were %d", s.Counters().Events, total)
		}
		if none := s.Events(2); none.Units != nil || s.Events(-1).Units != nil {
			t.Errorf("a layer that is not there sent %v", none)
		}
	})
}
