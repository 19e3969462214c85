package stream_test

import (
	"errors"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"slices"

	"github.com/egru/egru/graph/checkpoint"
	"github.com/egru/egru/graph/stream"
	"github.com/egru/egru/layers"
	"github.com/egru/egru/ops"
)

func must[T any](v T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return v
}

// model is a language model of 100 words.
func model() *layers.LanguageModel {
	c := layers.DefaultLanguageModel(100, 32, 64, 2)
	c.EmbedLimit, c.Seed = 1, 1
	return must(layers.NewLanguageModel(c))
}

func best(logits []float32) int { return slices.Index(logits, slices.Max(logits)) }

// A model that was trained writes on.
func Example() {
	engine := must(stream.New(stream.Of(model()), stream.DefaultConfig()))
	s := engine.NewStream()
	for _, token := range []int{17, 4} { // the prompt
		if err := s.Feed(token); err != nil {
			log.Fatal(err)
		}
	}
	for range 5 {
		token := best(s.Output())
		if _, err := s.Step(token); err != nil {
			log.Fatal(err)
		}
		fmt.Println("wrote", token, "on", len(s.Events(0).Units), "and", len(s.Events(1).Units), "events")
	}
	c := s.Counters()
	fmt.Printf("%d steps, activity %.2f, %.2f of the multiply-accumulates and %.2f of the energy of a dense model\n",
		c.Steps, c.Activity(), float64(c.MACs)/float64(c.DenseMACs), c.Energy(stream.DefaultCosts())/c.DenseEnergy(stream.DefaultCosts()))
	// Output:
	// wrote 31 on 18 and 14 events
	// wrote 31 on 22 and 16 events
	// wrote 71 on 19 and 15 events
	// wrote 71 on 17 and 15 events
	// wrote 31 on 18 and 16 events
	// 7 steps, activity 0.35, 0.24 of the multiply-accumulates and 0.26 of the energy of a dense model
}

// A run of examples/lm keeps its best weights in RUN/egru/best.safetensors, and what
// its model was made with in RUN/config.json.
func ExampleFromCheckpoint() {
	trained := model()
	dir := must(os.MkdirTemp("", ""))
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "best.safetensors")
	snapshot := must(checkpoint.Take(trained.Params(), nil, nil, nil))
	if err := checkpoint.Save(file, snapshot); err != nil {
		log.Fatal(err)
	}

	settings := layers.DefaultLanguageModel(100, 32, 64, 2) // words, embed, hidden, layers
	engine := must(stream.FromCheckpoint(file, settings, stream.DefaultConfig()))
	s := engine.NewStream()
	same := must(stream.New(stream.Of(trained), stream.DefaultConfig())).NewStream()
	fmt.Println("the same step:", slices.Equal(must(s.Step(5)), must(same.Step(5))))

	settings.EGRU.Variant = ops.Paper // which has one bias
	_, err := stream.FromCheckpoint(file, settings, stream.DefaultConfig())
	fmt.Println("of another model:", errors.Is(err, checkpoint.ErrFit))
	// Output:
	// the same step: true
	// of another model: true
}

// Two beams go on from one state.
func ExampleStream_Fork() {
	s := must(stream.New(stream.Of(model()), stream.DefaultConfig())).NewStream()
	first := slices.Clone(must(s.Step(3)))
	other := s.Fork()
	must(other.Step(best(first)))
	fmt.Println("the first is where it was:", slices.Equal(s.Output(), first))
	fmt.Println("the other has gone on:", !slices.Equal(other.Output(), first))
	// Output:
	// the first is where it was: true
	// the other has gone on: true
}

// A state goes to a file and comes back.
func ExampleState() {
	engine := must(stream.New(stream.Of(model()), stream.DefaultConfig()))
	s := engine.NewStream()
	must(s.Step(3))
	file := must(s.State().MarshalBinary())

	var state stream.State
	if err := state.UnmarshalBinary(file); err != nil {
		log.Fatal(err)
	}
	again := engine.NewStream()
	if err := again.Restore(state); err != nil {
		log.Fatal(err)
	}
	fmt.Println("the same step:", slices.Equal(must(again.Step(5)), must(s.Step(5))))
	file[20] ^= 1
	fmt.Println("a changed byte is found:", errors.Is(state.UnmarshalBinary(file), stream.ErrState))
	// Output:
	// the same step: true
	// a changed byte is found: true
}

// A sensor that mostly sends nothing.
func ExampleStream_StepEvents() {
	rnn := must(layers.NewEGRU("rnn", layers.DefaultEGRU(1000, 32)))
	readout := must(layers.NewLinear("readout", layers.DefaultLinear(32, 1)))
	m := stream.Model{Layers: []layers.Recurrent{rnn}}.WithLinear(readout)
	s := must(stream.New(m, stream.DefaultConfig())).NewStream()
	y := must(s.StepEvents([]int32{12, 700}, []float32{1, -0.5}))
	fmt.Println(len(y), "output, after", s.Last().MACs, "multiply-accumulates of", s.Last().DenseMACs)
	// Output:
	// 1 output, after 192 multiply-accumulates of 99104
}

// Eight bits for each weight, their scales fitted to what the units do.
func ExampleConfig() {
	m := stream.Of(model())
	config := stream.DefaultConfig()
	exact := must(stream.New(m, config))
	profile := must(exact.Profile([]int{3, 1, 4, 15, 92, 65, 35, 89, 79})) // typical text

	config.Precision, config.Profile = stream.Int8, profile
	small := must(stream.New(m, config))
	fmt.Printf("%.2f of the bytes\n", float64(small.WeightBytes())/float64(exact.WeightBytes()))
	// Output:
	// 0.35 of the bytes
}

// Units that never send an event are left out, and nothing is missing.
func ExampleProfile_Silent() {
	lm := model()
	for _, l := range lm.Stack().Layers() {
		thresholds := l.(*layers.EGRU).Threshold().Value().Float32s()
		thresholds[0], thresholds[7] = 1, 1 // above any state
	}
	config := stream.DefaultConfig()
	whole := must(stream.New(stream.Of(lm), config))
	text := make([]int, 500)
	for i := range text {
		text[i] = i * i % 100
	}
	config.Remove = must(whole.Profile(text)).Silent(0)
	less := must(stream.New(stream.Of(lm), config))
	fmt.Println(whole.Units(0), whole.Units(1), "units, then", less.Units(0), less.Units(1))
	fmt.Println("the same step:", slices.Equal(must(less.NewStream().Step(9)), must(whole.NewStream().Step(9))))
	// Output:
	// 64 32 units, then 52 29
	// the same step: true
}
