package graph_test

import (
	"fmt"
	"slices"

	"github.com/egru/egru/graph"
	"github.com/egru/egru/graph/optim"
	"github.com/egru/egru/layers"
	"github.com/egru/egru/ops/surrogate"
)

// The published recipe for Penn Treebank (EvNN 0.2.0), in small: behind a number
// stands that of the recipe where it is another.
func Example_recipe() {
	const (
		vocabulary  = 6    // 10,000
		embed       = 16   // 750
		hidden      = 24   // 1350
		rows, steps = 4, 8 // 64, 70
		epochs      = 3    // 1000
		constant    = 2    // 700, then the rate falls
		rate        = 1.2e-3
		seed        = 1
	)
	config := layers.DefaultLanguageModel(vocabulary, embed, hidden, 3)
	config.WordDropout, config.EmbedDropout, config.LayerDropout, config.OutputDropout = 0.1, 0.6, 0.25, 0.5
	config.Variational = true
	config.EGRU = layers.DefaultEGRU(embed, hidden)
	config.EGRU.ThresholdMean, config.EGRU.DropConnect = 0.01, 0.7
	config.EGRU.Surrogate = surrogate.Triangle{Dampening: 3.6, Support: 3.6}
	config.Seed = seed
	model := must(layers.NewLanguageModel(config))
	session := must(graph.NewSession(graph.LanguageModel{LanguageModel: model}, graph.Config{Seed: seed}))

	adamW := optim.DefaultAdamW()
	adamW.Beta1, adamW.Beta2, adamW.LearnRate, adamW.WeightDecay = 0, 0.999, rate, 0.1
	adamW.Groups = []optim.Group{optim.Frozen("*.threshold")}
	solver := must(optim.NewClip(must(optim.NewAdamW(adamW)), 0.1))
	check(optim.CheckNames(solver, model.Params())) // a mistyped name would train the thresholds
	fall := optim.Cosine{Start: constant, End: epochs}

	threshold := model.Stack().Layers()[0].(*layers.EGRU).Threshold().Value()
	before := slices.Clone(threshold.Float32s())
	drawn := graph.DefaultLengths(steps)
	drawn.Seed = seed
	lengths := must(graph.NewLengths(drawn))
	text := fibonacci(401)
	for epoch := range epochs {
		solver.SetLearnRate(rate * fall.Factor(epoch))
		windows := must(graph.NewWindows(text, rows, steps))
		stream := session.NewStream(rows)
		for n := 0; windows.NextOf(lengths.Of(epoch, n)); n++ {
			result := must(session.Train(stream, windows.Feeds()))
			check(optim.StepScaled(solver, result.Grads, lengths.Scale(windows.Steps())))
		}
	}

	windows := must(graph.NewWindows(text, 1, steps))
	stream := session.NewStream(1)
	targets := 0
	for windows.Next() {
		must(session.Evaluate(stream, windows.Feeds()))
		targets += windows.Count()
	}
	fmt.Println("evaluated on", targets, "targets; thresholds stay frozen:", slices.Equal(threshold.Float32s(), before))
	for _, p := range model.Params() {
		if p.Value().Dims() == 2 {
			fmt.Println(p.Name(), p.Value().Shape())
		}
	}
	// Output:
	// evaluated on 400 targets; thresholds stay frozen: true
	// embedding.weight (6, 16)
	// rnn.0.kernel (16, 72)
	// rnn.0.recurrent_kernel (24, 72)
	// rnn.1.kernel (24, 72)
	// rnn.1.recurrent_kernel (24, 72)
	// rnn.2.kernel (24, 48)
	// rnn.2.recurrent_kernel (16, 48)
}
