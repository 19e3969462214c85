package main

import (
	"cmp"
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/pkg/errors"
	"gorgonia.org/tensor"

	"github.com/egru/egru/examples/lm/corpus"
	"github.com/egru/egru/graph"
	"github.com/egru/egru/layers"
)

// sampling says how text is drawn from a model.
type sampling struct {
	words       int
	temperature float64 // p^(1/temperature), normalised
	topK        int     // only the likeliest words; 0: all
	prompt      string
}

// defaultSample is the number of words of -mode sample.
const defaultSample = 100

// text lets a model go on after the prompt, each word drawn from its
// prediction.
func (s sampling) text(ctx context.Context, m *layers.LanguageModel, vocabulary *corpus.Vocabulary, seed uint64) (string, error) {
	session, err := graph.NewSession(graph.LanguageModel{LanguageModel: m, Trace: true}, graph.Config{})
	if err != nil {
		return "", err
	}
	prompt, err := s.tokens(vocabulary)
	if err != nil {
		return "", err
	}
	random := rand.New(rand.NewPCG(seed, 0))
	stream := session.NewStream(1)
	// A sentence has just ended before the prompt.
	end, _ := vocabulary.ID(corpus.EndOfSentence)
	read := append([]int{end}, prompt...)
	var text strings.Builder
	for i := range len(prompt) + s.words {
		if ctx.Err() != nil {
			return "", ctx.Err()
		}
		one := func(id int) *tensor.Dense {
			return tensor.New(tensor.WithShape(1, 1), tensor.WithBacking([]int{id}))
		}
		result, err := session.Evaluate(stream, graph.Feeds{graph.Tokens: one(read[i]), graph.Targets: one(read[i])})
		if err != nil {
			return "", err
		}
		if i+1 == len(read) {
			p, err := m.Predict(result.Outputs[graph.Features])
			if err != nil {
				return "", err
			}
			s.sharpen(p)
			read = append(read, draw(p, random.Float64()))
		}
		word, _ := vocabulary.Word(read[i+1])
		if word == corpus.EndOfSentence {
			word = "\n"
		} else {
			word += " "
		}
		text.WriteString(word)
	}
	return strings.TrimSpace(text.String()), nil
}

// tokens are the words of the prompt.
func (s sampling) tokens(vocabulary *corpus.Vocabulary) ([]int, error) {
	var ids []int
	for _, word := range strings.Fields(s.prompt) {
		id, ok := vocabulary.ID(word)
		if !ok {
			if id, ok = vocabulary.ID(corpus.Unknown); !ok {
				return nil, errors.Errorf("-prompt: the vocabulary has no word %q", word)
			}
		}
		ids = append(ids, id)
	}
	return ids, nil
}

// sharpen applies top-k, of equal probabilities the lower ids, and temperature.
func (s sampling) sharpen(p []float64) {
	if s.topK > 0 && s.topK < len(p) {
		order := make([]int, len(p))
		for i := range order {
			order[i] = i
		}
		slices.SortStableFunc(order, func(i, j int) int { return cmp.Compare(p[j], p[i]) })
		for _, i := range order[s.topK:] {
			p[i] = 0
		}
	}
	if top := slices.Max(p); s.temperature != 1 && top > 0 {
		for i := range p {
			p[i] = math.Pow(p[i]/top, 1/s.temperature)
		}
	}
	sum := 0.0
	for _, q := range p {
		sum += q
	}
	for i := range p {
		p[i] /= sum
	}
}

// draw finds where u, uniform in [0, 1), falls among probabilities.
func draw(p []float64, u float64) int {
	last := 0
	for i, q := range p {
		if q == 0 {
			continue
		}
		if last = i; u < q {
			return i
		}
		u -= q
	}
	return last // rounding left a rest
}
