package main

import (
	"math"

	"github.com/pkg/errors"

	"github.com/egru/egru/examples/lm/corpus"
	"github.com/egru/egru/examples/lm/toylang"
	"github.com/egru/egru/graph"
)

// toyTest is the number of words to validate and to test with on the artificial
// language.
const toyTest = 10_000

// task is a text to learn, with the perplexities of simple models on its test
// part to compare with.
type task struct {
	*corpus.Corpus
	floor           float64 // of the true model; NaN where it is unknown
	unigram, bigram float64
}

// newTask reads the corpus of -data, or generates the artificial one.
func newTask(c config) (*task, error) {
	t := &task{floor: math.NaN()}
	if c.data == "" {
		language, err := toylang.New(toylang.DefaultConfig())
		if err != nil {
			return nil, err
		}
		if t.Corpus, err = language.Corpus(c.seed, c.words, toyTest, toyTest); err != nil {
			return nil, err
		}
		if t.floor, err = language.Perplexity(t.Test); err != nil {
			return nil, err
		}
	} else {
		var err error
		if t.Corpus, err = corpus.Load(c.data); err != nil {
			return nil, err
		}
	}
	for _, part := range []struct {
		name   string
		tokens []int
		rows   int
	}{{"train", t.Train, c.batch}, {"valid", t.Valid, c.evalBatch}, {"test", t.Test, c.evalBatch}} {
		if _, err := graph.NewWindows(part.tokens, part.rows, c.bptt); err != nil {
			return nil, errors.Wrapf(err, "%s text of %s", part.name, t.Name)
		}
	}
	return t, t.baselines()
}

func (t *task) baselines() error {
	unigram, err := corpus.FitUnigram(t.Train, t.Vocabulary.Size())
	if err != nil {
		return err
	}
	bigram, err := corpus.FitBigram(t.Train, t.Valid, t.Vocabulary.Size())
	if err != nil {
		return err
	}
	if t.unigram, err = unigram.Perplexity(t.Test); err != nil {
		return err
	}
	t.bigram, err = bigram.Perplexity(t.Test)
	return err
}
