// Package sample lets a language model write.
package sample

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

// Config says how text is drawn from a model. Start from Default.
type Config struct {
	Words       int     // of text after the prompt; at least 0
	Temperature float64 // p^(1/Temperature), normalised; finite and above 0, default 1
	TopK        int     // draw from the likeliest words only; 0, the default, for all
	Prompt      string  // default none
}

// Default draws a number of words as the model predicts them.
func Default(words int) Config { return Config{Words: words, Temperature: 1} }

// Validate reports the first setting outside its domain.
func (c Config) Validate() error {
	switch {
	case c.Words < 0:
		return errors.Errorf("sample: %d words, want at least 0", c.Words)
	case !(c.Temperature > 0) || math.IsInf(c.Temperature, 1):
		return errors.Errorf("sample: temperature is %v, want it finite and above 0", c.Temperature)
	case c.TopK < 0:
		return errors.Errorf("sample: top k is %d, want at least 0", c.TopK)
	}
	return nil
}

// Text lets a model go on after the prompt, each word drawn from its prediction.
// The same seed gives the same text. A word of the prompt that the vocabulary
// does not have is read as <unk>, and is an error if there is no such word. Where
// the context ends, its error comes with the text so far.
func (c Config) Text(ctx context.Context, m *layers.LanguageModel, vocabulary *corpus.Vocabulary, seed uint64) (string, error) {
	if err := c.Validate(); err != nil {
		return "", err
	}
	session, err := graph.NewSession(graph.LanguageModel{LanguageModel: m, Trace: true}, graph.Config{})
	if err != nil {
		return "", err
	}
	prompt, err := c.tokens(vocabulary)
	if err != nil {
		return "", err
	}
	random := rand.New(rand.NewPCG(seed, 0))
	stream := session.NewStream(1)
	// A sentence has just ended before the prompt.
	end, _ := vocabulary.ID(corpus.EndOfSentence)
	read := append([]int{end}, prompt...)
	var text strings.Builder
	for i := range len(prompt) + c.Words {
		if ctx.Err() != nil {
			return strings.TrimSpace(text.String()), ctx.Err()
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
			c.sharpen(p)
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
func (c Config) tokens(vocabulary *corpus.Vocabulary) ([]int, error) {
	var ids []int
	for _, word := range strings.Fields(c.Prompt) {
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
func (c Config) sharpen(p []float64) {
	if c.TopK > 0 && c.TopK < len(p) {
		order := make([]int, len(p))
		for i := range order {
			order[i] = i
		}
		slices.SortStableFunc(order, func(i, j int) int { return cmp.Compare(p[j], p[i]) })
		for _, i := range order[c.TopK:] {
			p[i] = 0
		}
	}
	if top := slices.Max(p); c.Temperature != 1 && top > 0 {
		for i := range p {
			p[i] = math.Pow(p[i]/top, 1/c.Temperature)
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
