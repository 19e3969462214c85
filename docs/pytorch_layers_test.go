package docs_test

import (
	"fmt"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/egru/egru/layers"
	"github.com/egru/egru/ops/surrogate"
)

const T, B, I, H, V = 20, 4, 8, 16, 50

// A torch.nn.GRU, and the state to go on from.
func Example_gruLayer() {
	g := G.NewGraph()
	x := of(g, "x", make([]float32, T*B*I), T, B, I)

	gru := must(layers.NewGRU("rnn", layers.DefaultGRU(I, H)))
	out := must(gru.Run(layers.Signal{X: x}, layers.State{}, layers.Run{}))
	y := out.X               // (T, B, H)
	end := must(out.Final()) // end.H (B, H)

	fmt.Println(y.Shape(), end.H.Shape())
	// Output: (20, 4, 16) (4, 16)
}

// An EGRU of EvNN in training, and all that it made of a sequence.
func Example_egruLayer() {
	g := G.NewGraph()
	x := of(g, "x", make([]float32, T*B*I), T, B, I)
	key := of(g, "key", []int{1, 0}, 2) // seed and number of the run

	config := layers.DefaultEGRU(I, H)
	config.Surrogate = surrogate.Triangle{Dampening: 0.7, Support: 1}
	config.ThresholdMean = 0.3
	config.DropConnect, config.Zoneout = 0.5, 0.1
	egru := must(layers.NewEGRU("rnn", config))

	out := must(egru.Run(layers.Signal{X: x}, layers.State{}, layers.Run{Train: true, Key: key}))
	y := out.X                         // (T, B, H)
	h := must(out.Sequence().States()) // (T, B, H)
	o := must(out.Sequence().Events()) // (T, B, H)
	end := must(out.Final())           // end.H and end.Y (B, H), both to go on from

	fmt.Println(y.Shape(), h.Shape(), o.Shape(), end.H.Shape(), end.Y.Shape())
	// Output: (20, 4, 16) (20, 4, 16) (20, 4, 16) (4, 16) (4, 16)
}

// The language model of EvNN's benchmarks, in small.
func Example_languageModel() {
	config := layers.DefaultLanguageModel(V, I, H, 3) // I -> H -> H -> I, tied
	config.EGRU.ThresholdMean = 0.01
	config.EGRU.Surrogate = surrogate.Triangle{Dampening: 3.6, Support: 3.6}
	config.EGRU.OutputGain, config.EGRU.LearnGain = 1, false // as EvNN has none
	config.EGRU.DropConnect = 0.7
	config.WordDropout, config.EmbedDropout = 0.1, 0.6
	config.LayerDropout, config.OutputDropout = 0.25, 0.5
	config.Variational = true
	model := must(layers.NewLanguageModel(config))

	for _, p := range model.Params() {
		fmt.Println(p.Name(), p.Value().Shape())
	}
	// Output:
	// embedding.weight (50, 8)
	// rnn.0.kernel (8, 48)
	// rnn.0.recurrent_kernel (16, 48)
	// rnn.0.bias (48)
	// rnn.0.recurrent_bias (48)
	// rnn.0.threshold (16)
	// rnn.1.kernel (16, 48)
	// rnn.1.recurrent_kernel (16, 48)
	// rnn.1.bias (48)
	// rnn.1.recurrent_bias (48)
	// rnn.1.threshold (16)
	// rnn.2.kernel (16, 24)
	// rnn.2.recurrent_kernel (8, 24)
	// rnn.2.bias (24)
	// rnn.2.recurrent_bias (24)
	// rnn.2.threshold (8)
	// decoder.bias (50)
}

// Dropout beside the layers, as modules of their own.
func Example_dropout() {
	g := G.NewGraph()
	x := of(g, "x", []float32{1, 1, 1, 1, 1, 1, 1, 1}, 2, 2, 2)
	stepOf := tensor.New(tensor.WithBacking([]int{1, 0}))
	key := G.NewVector(g, tensor.Int, G.WithShape(2), G.WithName("key"), G.WithValue(stepOf))

	locked := layers.Dropout{Name: "dropout", P: 0.5, Variational: true} // one mask for all steps
	training := must(locked.Run(layers.Signal{X: x}, layers.Run{Train: true, Key: key}))
	evaluation := must(locked.Run(layers.Signal{X: x}, layers.Run{}))

	values := read(training.X)
	tape(g)
	fmt.Println("training", (*values).Data())
	fmt.Println("evaluation is x itself:", evaluation.X == x)
	// Output:
	// training [0 2 2 0 0 2 2 0]
	// evaluation is x itself: true
}
