package main

import (
	"math"
	"math/rand/v2"
	"strings"

	"gorgonia.org/tensor"

	"github.com/egru/egru/examples/lm/corpus"
	"github.com/egru/egru/graph"
)

// sample lets the model write n words, each drawn from its prediction.
func (tr *trainer) sample(n int) (string, error) {
	session, err := graph.NewSession(graph.LanguageModel{LanguageModel: tr.model, Trace: true}, graph.Config{})
	if err != nil {
		return "", err
	}
	random := rand.New(rand.NewPCG(tr.config.seed, 0))
	stream := session.NewStream(1)
	word, ok := tr.task.Vocabulary.ID(corpus.EndOfSentence)
	if !ok {
		word = 0
	}
	var text strings.Builder
	for range n {
		one := func(id int) *tensor.Dense {
			return tensor.New(tensor.WithShape(1, 1), tensor.WithBacking([]int{id}))
		}
		result, err := session.Evaluate(stream, graph.Feeds{graph.Tokens: one(word), graph.Targets: one(word)})
		if err != nil {
			return "", err
		}
		p, err := tr.model.Predict(result.Outputs[graph.Features])
		if err != nil {
			return "", err
		}
		word = draw(p, random.Float64())
		w, _ := tr.task.Vocabulary.Word(word)
		if w == corpus.EndOfSentence {
			w = "\n"
		} else {
			w += " "
		}
		text.WriteString(w)
	}
	return strings.TrimSpace(text.String()), nil
}

// draw finds where u, uniform in [0, 1), falls among probabilities.
func draw(p []float64, u float64) int {
	for i, q := range p {
		if u -= q; u < 0 {
			return i
		}
	}
	return argmax(p) // rounding left a rest
}

func argmax(p []float64) int {
	best, at := math.Inf(-1), 0
	for i, q := range p {
		if q > best {
			best, at = q, i
		}
	}
	return at
}
