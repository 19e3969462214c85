package graph_test

import (
	"fmt"
	"math"
	"math/rand/v2"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/egru/egru/graph"
	"github.com/egru/egru/graph/optim"
	"github.com/egru/egru/layers"
	"github.com/egru/egru/ops/surrogate"
)

// A surrogate of one's own is a function and how far it reaches. It trains a
// layer in a plain Gorgonia graph, and a language model in a session.
func Example_ownSurrogate() {
	bump, err := surrogate.New(
		"bump", // stands for the function: another one, another name
		func(v float64) float64 { return 1 - v*v }, // v: distance to the threshold
		nil, // its antiderivative, only for checking gradients
		1,   // from here on it is 0, and the backward pass skips the unit
	)
	check(err)

	config := layers.DefaultEGRU(1, 32)
	config.Surrogate = bump
	fmt.Println("Gorgonia: loss fell below 0.01:", echoLoss(config) < 0.01)

	lm := layers.DefaultLanguageModel(6, 32, 32, 1)
	lm.EGRU.Surrogate = bump
	fmt.Println("session: perplexity of 6 words fell below 1.2:", fibonacciPerplexity(lm) < 1.2)
	// Output:
	// Gorgonia: loss fell below 0.01: true
	// session: perplexity of 6 words fell below 1.2: true
}

// echoLoss trains a layer to repeat random bits two steps later, and gives the
// last loss.
func echoLoss(config layers.EGRUConfig) float64 {
	const T, B = 20, 16
	r := rand.New(rand.NewPCG(1, 2))
	bits, later := make([]float32, T*B), make([]float32, T*B)
	for i := range bits {
		bits[i] = float32(r.IntN(2))
	}
	copy(later[2*B:], bits)
	g := G.NewGraph()
	of := func(name string, numbers []float32) *G.Node {
		v := tensor.New(tensor.WithShape(T, B, 1), tensor.WithBacking(numbers))
		return G.NewTensor(g, G.Float32, 3, G.WithShape(T, B, 1), G.WithName(name), G.WithValue(v))
	}
	rnn := must(layers.NewEGRU("rnn", config))
	readout := must(layers.NewLinear("readout", layers.DefaultLinear(config.Hidden, 1)))
	y := must(readout.Forward(must(rnn.Forward(of("x", bits)))))
	loss := must(G.Mean(must(G.Square(must(G.Sub(y, of("target", later)))))))
	weights := append(must(rnn.Nodes(g)), must(readout.Nodes(g))...)
	must(G.Grad(loss, weights...))
	var last G.Value
	G.Read(loss, &last)

	vm := G.NewTapeMachine(g, G.BindDualValues(weights...))
	defer vm.Close()
	solver := G.NewAdamSolver(G.WithLearnRate(0.01))
	for range 150 {
		check(vm.RunAll())
		check(solver.Step(G.NodesToValueGrads(weights)))
		check(rnn.Threshold().Clamp(0, 1))
		vm.Reset()
	}
	return float64(last.Data().(float32))
}

// fibonacciPerplexity trains a model on a text in which two words decide the
// next.
func fibonacciPerplexity(config layers.LanguageModelConfig) float64 {
	const rows, steps = 4, 10
	text := fibonacci(201)
	config.EmbedLimit, config.EGRU.OutputGain, config.EGRU.LearnGain = 1, 3, true
	model := must(layers.NewLanguageModel(config))
	session := must(graph.NewSession(graph.LanguageModel{LanguageModel: model}, graph.Config{Seed: 1}))
	adam := optim.DefaultAdam()
	adam.LearnRate = 0.02
	solver := must(optim.NewProject(must(optim.NewAdam(adam)), optim.Bound{Names: []string{"*.threshold"}, Low: 0, High: 1}))
	last := 0.0
	for range 25 {
		last = 0
		windows := must(graph.NewWindows(text, rows, steps))
		stream := session.NewStream(rows)
		for windows.Next() {
			result := must(session.Train(stream, windows.Feeds()))
			check(solver.Step(result.Grads))
			last += result.Loss * float64(windows.Count()) / 200
		}
	}
	return math.Exp(last)
}
