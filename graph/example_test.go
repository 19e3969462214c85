package graph_test

import (
	"fmt"
	"log"
	"math"

	"github.com/egru/egru/graph"
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

// fibonacci is a text over 6 words in which two words decide the next.
func fibonacci(n int) []int {
	text := make([]int, n)
	for i := 2; i < n; i++ {
		text[i] = (text[i-1] + text[i-2] + 1) % 6
	}
	return text
}

// A language model trained by truncated backpropagation through time, with
// Adam and thresholds kept in [0, 1].
func ExampleSession() {
	const rows, steps = 4, 10
	text := fibonacci(201)
	config := layers.DefaultLanguageModel(6, 32, 32, 1)
	config.EmbedLimit, config.EGRU.OutputGain, config.EGRU.LearnGain = 1, 3, true
	model := must(layers.NewLanguageModel(config))
	session := must(graph.NewSession(graph.LanguageModel{LanguageModel: model}, graph.Config{Seed: 1}))

	adam := optim.DefaultAdam()
	adam.LearnRate = 0.02
	solver := must(optim.NewProject(must(optim.NewAdam(adam)),
		optim.Bound{Names: []string{"*.threshold"}, Low: 0, High: 1}))
	for range 20 {
		windows := must(graph.NewWindows(text, rows, steps))
		stream := session.NewStream(rows) // from zeros; each window goes on where the last ended
		for windows.Next() {
			result := must(session.Train(stream, windows.Feeds()))
			check(solver.Step(result.Grads))
		}
	}

	// The same weights, one row, windows of another length.
	windows := must(graph.NewWindows(text, 1, 50))
	stream := session.NewStream(1)
	loss := 0.0
	for windows.Next() {
		result := must(session.Evaluate(stream, windows.Feeds()))
		loss += result.Loss * float64(windows.Count()) / 200
	}
	fmt.Println("it may choose between 6 words, and hesitates between fewer than 1.2:", math.Exp(loss) < 1.2)
	// Output:
	// it may choose between 6 words, and hesitates between fewer than 1.2: true
}

// Ten tokens and the one after them, in two rows, three steps at a time. The
// last window is shorter.
func ExampleWindows() {
	windows := must(graph.NewWindows([]int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10}, 2, 3))
	for windows.Next() {
		feeds := windows.Feeds()
		fmt.Println("at", windows.Position(), "tokens", feeds[graph.Tokens].Data(), "targets", feeds[graph.Targets].Data())
	}
	// Output:
	// at 0 tokens [0 5 1 6 2 7] targets [1 6 2 7 3 8]
	// at 3 tokens [3 8 4 9] targets [4 9 5 10]
}

// Windows of random length in the second of several epochs. The rate goes with
// the length, and the session builds a graph for each of the lengths, which all
// use the same weights and gradients.
func ExampleLengths() {
	config := graph.DefaultLengths(20)
	config.Full, config.Seed = 0.7, 1
	lengths := must(graph.NewLengths(config))

	const epoch = 2
	windows := must(graph.NewWindows(fibonacci(201), 2, config.Base))
	for n := 0; windows.NextOf(lengths.Of(epoch, n)); n++ {
		scale := lengths.Scale(windows.Steps())
		// result, err := session.Train(stream, windows.Feeds())
		// err = optim.StepScaled(solver, result.Grads, scale)
		fmt.Printf("at %2d  %2d steps  scale %.2f\n", windows.Position(), windows.Steps(), scale)
	}
	// Output:
	// at  0  22 steps  scale 1.10
	// at 22  30 steps  scale 1.50
	// at 52   9 steps  scale 0.45
	// at 61   8 steps  scale 0.40
	// at 69  12 steps  scale 0.60
	// at 81  19 steps  scale 0.95
}
