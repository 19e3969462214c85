package docs_test

import (
	"fmt"
	"math"
	"os"
	"path/filepath"

	"github.com/egru/egru/graph"
	"github.com/egru/egru/graph/archive"
	"github.com/egru/egru/graph/checkpoint"
	"github.com/egru/egru/graph/exchange"
	"github.com/egru/egru/graph/optim"
	"github.com/egru/egru/layers"
)

// counting is a text in which each word decides the next.
func counting(words int) []int {
	text := make([]int, words)
	for i := range text {
		text[i] = i % V
	}
	return text
}

// AdamW with thresholds of their own rate and without decay, clipped by global
// norm, on a cosine schedule, and thresholds set back into [0, 1].
func newSolver() *optim.Project {
	config := optim.DefaultAdamW()
	config.LearnRate, config.WeightDecay = 0.01, 0.1
	config.Beta1, config.Beta2 = 0.0, 0.999
	config.Groups = []optim.Group{
		{Names: []string{"*.threshold"}, LearnRateScale: 0.1}, // no decay
		optim.NoDecay("*bias"),
	}
	adamW := must(optim.NewAdamW(config))
	clip := must(optim.NewClip(adamW, 0.25))
	scheduled := must(optim.NewScheduled(clip, optim.Cosine{Start: 700, End: 1000}))
	return must(optim.NewProject(scheduled, optim.Bound{Names: []string{"*.threshold"}, Low: 0, High: 1}))
}

func newModel() *layers.LanguageModel {
	config := layers.DefaultLanguageModel(V, I, H, 2)
	config.EGRU.Zoneout = 0.1
	return must(layers.NewLanguageModel(config))
}

// Windows of 10 steps: the state goes on, the gradient does not.
func Example_truncatedBackpropagation() {
	model, solver, text := newModel(), newSolver(), counting(401)

	session := must(graph.NewSession(graph.LanguageModel{LanguageModel: model}, graph.Config{Seed: 1}))
	for range 5 {
		stream := session.NewStream(B) // zeros
		windows := must(graph.NewWindows(text, B, 10))
		for windows.Next() {
			result := must(session.Train(stream, windows.Feeds()))
			check(solver.Step(result.Grads)) // and sets the gradients to zero
		}
	}

	stream, loss := session.NewStream(1), 0.0
	windows := must(graph.NewWindows(text, 1, 50))
	for windows.Next() {
		result := must(session.Evaluate(stream, windows.Feeds())) // no dropout, no gradients
		loss += result.Loss * float64(windows.Count())
	}
	perplexity := math.Exp(loss / float64(len(text)-1))

	fmt.Println("better than by chance:", perplexity < V)
	// Output: better than by chance: true
}

// A run is weights, solver and stream; its position goes with them as JSON.
func Example_saving() {
	path := filepath.Join(must(os.MkdirTemp("", "egru")), "run.safetensors")
	defer os.RemoveAll(filepath.Dir(path))
	model, solver := newModel(), newSolver()
	session := must(graph.NewSession(graph.LanguageModel{LanguageModel: model}, graph.Config{Seed: 1}))
	stream := session.NewStream(B)
	windows := must(graph.NewWindows(counting(401), B, 10))
	windows.Next()
	check(solver.Step(must(session.Train(stream, windows.Feeds())).Grads))

	snapshot := must(checkpoint.Take(model.Params(), solver, stream, session.Runs()))
	check(checkpoint.Save(path, snapshot))

	loaded := must(checkpoint.Load(path))
	check(loaded.Restore(model.Params(), solver, stream))
	var runs int
	check(loaded.Decode(&runs))
	session.SetRuns(runs)

	fmt.Println("runs", runs, "weights", len(loaded.Weights))
	// Output: runs 1 weights 14
}

// Weights from files of PyTorch and EvNN, and back.
func Example_weights() {
	dir := must(os.MkdirTemp("", "egru"))
	defer os.RemoveAll(dir)
	gruFile, evnnFile := "../graph/exchange/testdata/gru.pt", "../graph/exchange/testdata/evnn.pt"

	gru := must(exchange.NewTorchGRU(must(archive.Read(gruFile)), "", "rnn", layers.DefaultGRU(1, 1)))
	egru := must(exchange.NewEvNN(must(archive.Read(evnnFile)), "", "rnn", layers.DefaultEGRU(1, 1)))

	a := &archive.Archive{}
	check(exchange.ExportEvNN(a, "", egru))
	check(a.WriteFile(filepath.Join(dir, "egru.npz")))

	fmt.Println("GRU of", gru[0].Units(), "units,", "EGRU of", egru.Units(), "units")
	for _, p := range egru.Params() {
		fmt.Println(p.Name(), p.Value().Shape())
	}
	// Output:
	// GRU of 5 units, EGRU of 5 units
	// rnn.kernel (4, 15)
	// rnn.recurrent_kernel (5, 15)
	// rnn.bias (15)
	// rnn.recurrent_bias (15)
	// rnn.threshold (5)
}
