package main

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"

	"github.com/pkg/errors"

	"github.com/egru/egru/examples/internal/runs"
	"github.com/egru/egru/examples/lm/corpus"
	"github.com/egru/egru/examples/lm/toylang"
	"github.com/egru/egru/graph"
)

// task is a text to learn, with simple models to compare with.
type task struct {
	*corpus.Corpus
	baselines []baseline
}

// baseline is a model that needs no training of ours, with its perplexities.
type baseline struct {
	name        string
	valid, test float64
}

// The names of the baselines. The floor is the true model of the artificial
// language; no other can be better, but by luck.
const (
	bigrams  = "bigrams"
	unigrams = "unigrams"
	floor    = "floor"
)

// newTask reads the corpus of -data, or generates the artificial one.
func newTask(c config) (*task, error) {
	t := &task{}
	var language *toylang.Language
	var err error
	if t.Corpus, language, err = (runs.Text{Data: c.Data, Words: c.Words, Seed: c.Seed}).Load(); err != nil {
		return nil, err
	}
	if language != nil {
		if err := t.compare(floor, language.Perplexity); err != nil {
			return nil, err
		}
	}
	for _, part := range []struct {
		name   string
		tokens []int
		rows   int
	}{{"train", t.Train, c.Batch}, {"valid", t.Valid, c.EvalBatch}, {"test", t.Test, c.EvalBatch}} {
		if _, err := graph.NewWindows(part.tokens, part.rows, c.Window); err != nil {
			return nil, errors.Wrapf(err, "%s text of %s", part.name, t.Name)
		}
	}
	return t, t.fit()
}

// hash tells texts apart, by their words.
func (t *task) hash() string {
	h := sha256.New()
	var token [8]byte
	for _, part := range [][]int{t.Train, t.Valid, t.Test} {
		for _, id := range append([]int{len(part)}, part...) {
			binary.LittleEndian.PutUint64(token[:], uint64(id))
			h.Write(token[:])
		}
	}
	return hex.EncodeToString(h.Sum(nil))
}

// fit fits the baselines of every text to its training part.
func (t *task) fit() error {
	bigram, err := corpus.FitBigram(t.Train, t.Valid, t.Vocabulary.Size())
	if err != nil {
		return err
	}
	if err := t.compare(bigrams, bigram.Perplexity); err != nil {
		return err
	}
	unigram, err := corpus.FitUnigram(t.Train, t.Vocabulary.Size())
	if err != nil {
		return err
	}
	return t.compare(unigrams, unigram.Perplexity)
}

// compare adds a baseline.
func (t *task) compare(name string, perplexity func([]int) (float64, error)) error {
	b := baseline{name: name}
	var err error
	if b.valid, err = perplexity(t.Valid); err != nil {
		return err
	}
	if b.test, err = perplexity(t.Test); err != nil {
		return err
	}
	t.baselines = append(t.baselines, b)
	return nil
}
