package layers_test

import (
	"fmt"
	"log"
	"math"
	"math/rand/v2"
	"slices"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/egru/egru/layers"
)

// must and check end the program on an error.
func must[T any](v T, err error) T {
	check(err)
	return v
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

// echo is a task for a memory: repeat the random bits of x (T, B, 1) two steps
// later.
func echo(g *G.ExprGraph, T, B int) (x, target *G.Node) {
	r := rand.New(rand.NewPCG(1, 2))
	bits, later := make([]float32, T*B), make([]float32, T*B)
	for i := range bits {
		bits[i] = float32(r.IntN(2))
	}
	copy(later[2*B:], bits)
	of := func(name string, numbers []float32) *G.Node {
		v := tensor.New(tensor.WithShape(T, B, 1), tensor.WithBacking(numbers))
		return G.NewTensor(g, G.Float32, 3, G.WithShape(T, B, 1), G.WithName(name), G.WithValue(v))
	}
	return of("x", bits), of("target", later)
}

// The layer in a plain Gorgonia graph, with Gorgonia's machine and solver.
func ExampleEGRU() {
	g := G.NewGraph()
	x, target := echo(g, 20, 16) // (T, B, 1): repeat each bit two steps later

	rnn := must(layers.NewEGRU("rnn", layers.DefaultEGRU(1, 32)))
	readout := must(layers.NewLinear("readout", layers.DefaultLinear(32, 1)))
	y := must(readout.Forward(must(rnn.Forward(x)))) // (T, B, 1)

	loss := must(G.Mean(must(G.Square(must(G.Sub(y, target))))))
	weights := append(must(rnn.Nodes(g)), must(readout.Nodes(g))...)
	must(G.Grad(loss, weights...))
	var lossValue G.Value
	G.Read(loss, &lossValue)

	vm := G.NewTapeMachine(g, G.BindDualValues(weights...))
	solver := G.NewAdamSolver(G.WithLearnRate(0.01))
	for range 150 {
		check(vm.RunAll())
		check(solver.Step(G.NodesToValueGrads(weights)))
		check(rnn.Threshold().Clamp(0, 1)) // Gorgonia's solvers know no bounds
		vm.Reset()
	}
	fmt.Println("loss fell below 0.01:", lossValue.Data().(float32) < 0.01)
	fmt.Println("thresholds are at least 0:", slices.Min(rnn.Threshold().Value().Float32s()) >= 0)
	fmt.Println("most units stay silent:", rnn.Meter().Counts().Activity() < 0.5)
	// Output:
	// loss fell below 0.01: true
	// thresholds are at least 0: true
	// most units stay silent: true
}

// The dense baseline takes the place of an EGRU wherever one stands.
func ExampleGRU() {
	g := G.NewGraph()
	x := G.NewTensor(g, G.Float32, 3, G.WithShape(20, 16, 3), G.WithName("x"))

	rnn := must(layers.NewGRU("rnn", layers.DefaultGRU(3, 8)))
	y := must(rnn.Forward(x))

	fmt.Println("y", y.Shape())
	for _, w := range rnn.Params() {
		fmt.Println(w.Name(), w.Value().Shape())
	}
	// Output:
	// y (20, 16, 8)
	// rnn.kernel (3, 24)
	// rnn.recurrent_kernel (8, 24)
	// rnn.bias (24)
	// rnn.recurrent_bias (24)
}

// Two event-based layers with dropout between them. The upper one multiplies
// only the events of the lower, forward and backward.
func ExampleStack() {
	g := G.NewGraph()
	x, _ := echo(g, 20, 16)
	key := tensor.New(tensor.WithBacking([]int{1, 0})) // seed, number of the run
	run := layers.Run{
		Train: true,
		Key:   G.NewVector(g, tensor.Int, G.WithShape(2), G.WithName("key"), G.WithValue(key)),
	}

	stack := must(layers.NewStack(
		layers.Dropout{Name: "dropout", P: 0.1},
		must(layers.NewEGRU("lower", layers.DefaultEGRU(1, 32))),
		must(layers.NewEGRU("upper", layers.DefaultEGRU(32, 16))),
	))
	out := must(stack.Run(layers.Signal{X: x, Fixed: true}, nil, run))
	loss := must(G.Mean(must(G.Square(out.X))))

	weights := must(layers.Nodes(g, stack.Params()))
	must(G.Grad(loss, weights...))
	check(G.NewTapeMachine(g, G.BindDualValues(weights...)).RunAll())

	upper := stack.Meters()[1].Counts()
	fmt.Println("y", out.X.Shape())
	fmt.Println("less than half of the dense work forward:", upper.ForwardMACs < upper.DenseForwardMACs/2)
	fmt.Println("less than the dense work backward:", upper.BackwardMACs < upper.DenseBackwardMACs)
	// Output:
	// y (20, 16, 16)
	// less than half of the dense work forward: true
	// less than the dense work backward: true
}

// Sequences of different lengths, read in both directions: the reading backward
// starts at each row's own end.
func ExampleBidirectional() {
	g := G.NewGraph()
	x := G.NewTensor(g, G.Float32, 3, G.WithShape(5, 2, 3), G.WithName("x"))
	lengths := G.NewVector(g, tensor.Int, G.WithShape(2), G.WithName("lengths"),
		G.WithValue(tensor.New(tensor.WithBacking([]int{5, 3}))))

	both := must(layers.NewBidirectional(
		must(layers.NewEGRU("ahead", layers.DefaultEGRU(3, 8))),
		must(layers.NewEGRU("back", layers.DefaultEGRU(3, 8))),
	))
	out := must(both.Run(layers.Signal{X: x}, layers.Run{Lengths: lengths}))
	fmt.Println("y", out.X.Shape())
	// Output:
	// y (5, 2, 16)
}

// Embedding, two event-based layers and a decoder that shares its matrix with
// the embedding. Package graph trains it.
func ExampleLanguageModel() {
	model := must(layers.NewLanguageModel(layers.DefaultLanguageModel(50, 16, 32, 2)))

	g := G.NewGraph()
	text := make([]int, 10*4)
	for i := range text {
		text[i] = i % 50
	}
	of := func(name string, first int) *G.Node {
		v := tensor.New(tensor.WithShape(9, 4), tensor.WithBacking(text[first:first+9*4]))
		return G.NewMatrix(g, tensor.Int, G.WithShape(9, 4), G.WithName(name), G.WithValue(v))
	}
	words, next := of("words", 0), of("next", 4) // (T, B)

	out := must(model.Run(words, nil, layers.Run{}))
	loss := must(must(model.Loss(out.Signal, next)).Loss())
	var lossValue, features G.Value
	G.Read(loss, &lossValue)
	G.Read(out.X, &features)
	check(G.NewTapeMachine(g).RunAll())

	p := must(model.Predict(features.(*tensor.Dense))) // of the word after the last
	fmt.Println("probabilities", len(p))
	fmt.Println("untrained, it knows nothing:", math.Abs(float64(lossValue.Data().(float32))-math.Log(50)) < 0.01)
	// Output:
	// probabilities 50
	// untrained, it knows nothing: true
}
