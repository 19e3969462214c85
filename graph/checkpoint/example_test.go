package checkpoint_test

import (
	"fmt"
	"log"
	"os"
	"slices"

	"github.com/pkg/errors"

	"github.com/egru/egru/graph"
	"github.com/egru/egru/graph/checkpoint"
	"github.com/egru/egru/graph/optim"
	"github.com/egru/egru/layers"
)

func must[T any](v T, err error) T {
	check(err)
	return v
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

// run is what the checkpoints keep beside weights, solver and stream.
type run struct {
	Runs     int // of the session: random masks are drawn from it
	Position int // in the text
	Losses   []float64
}

// train makes a model and trains it up to a window, going on where the last
// checkpoint in dir was written.
func train(dir string, windows int) []float64 {
	config := layers.DefaultLanguageModel(6, 8, 8, 1)
	config.EmbedLimit, config.EGRU.Zoneout = 1, 0.1
	model := must(layers.NewLanguageModel(config))
	session := must(graph.NewSession(graph.LanguageModel{LanguageModel: model}, graph.Config{Seed: 1}))
	solver := must(optim.NewAdam(optim.DefaultAdam()))
	stream := session.NewStream(2)
	text := must(graph.NewWindows(slices.Repeat([]int{0, 1, 2, 3, 4, 5}, 20), 2, 6))

	var now run
	store := must(checkpoint.Open(dir, checkpoint.DefaultConfig()))
	switch snap, step, err := store.Latest(); {
	case err == nil:
		check(snap.Decode(&now))
		check(snap.Restore(model.Params(), solver, stream))
		check(text.Seek(now.Position))
		session.SetRuns(now.Runs)
		fmt.Println("going on after window", step)
	case errors.Is(err, checkpoint.ErrNone):
		fmt.Println("a new run")
	default:
		log.Fatal(err) // there are checkpoints, and none can be read
	}
	for _, damaged := range store.Damaged() {
		fmt.Println("skipped:", damaged)
	}

	for len(now.Losses) < windows && text.Next() {
		result := must(session.Train(stream, text.Feeds()))
		check(solver.Step(result.Grads))
		now = run{session.Runs(), text.Position() + text.Steps(), append(now.Losses, result.Loss)}
		if len(now.Losses)%2 == 0 {
			snap := must(checkpoint.Take(model.Params(), solver, stream, now))
			check(store.Save(len(now.Losses), snap))
		}
	}
	return now.Losses
}

// A run that is stopped after five windows goes on after the fourth, when it
// was last saved, and comes to what it would have come to.
func ExampleStore() {
	whole, dir := must(os.MkdirTemp("", "")), must(os.MkdirTemp("", ""))
	defer os.RemoveAll(whole)
	defer os.RemoveAll(dir)
	want := train(whole, 8)
	train(dir, 5)
	got := train(dir, 8)
	fmt.Println("the same losses to the bit:", slices.Equal(got, want))
	for _, file := range must(os.ReadDir(dir)) {
		fmt.Println(file.Name())
	}
	// Output:
	// a new run
	// a new run
	// going on after window 4
	// the same losses to the bit: true
	// step-000000006.safetensors
	// step-000000008.safetensors
}
