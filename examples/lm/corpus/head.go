package corpus

import (
	"slices"

	"github.com/pkg/errors"
)

// Head is the beginning of a corpus, for a short training: up to so many tokens
// of train, valid and test. Its vocabulary is that of its train in the order of
// first appearance, with <eos> and <unk>, and its other words are <unk>:
// perplexities are not those of the whole corpus.
//
// Fewer than two tokens of a part are an error that wraps ErrTooShort.
func (c *Corpus) Head(train, valid, test int) (*Corpus, error) {
	cut := func(tokens []int, n int) []int { return tokens[:max(0, min(n, len(tokens)))] }
	words := []string{EndOfSentence, Unknown}
	now := map[int]int{} // ids by those they had
	for i, word := range words {
		if id, ok := c.Vocabulary.ID(word); ok {
			now[id] = i
		}
	}
	for _, id := range cut(c.Train, train) {
		if _, ok := now[id]; !ok {
			word, known := c.Vocabulary.Word(id)
			if !known {
				return nil, errors.Wrapf(ErrUnknownWord, "corpus: head of %s: id %d", c.Name, id)
			}
			now[id] = len(words)
			words = append(words, word)
		}
	}
	vocabulary, err := NewVocabulary(words)
	if err != nil {
		return nil, err
	}
	unknown := slices.Index(words, Unknown)
	again := func(tokens []int) []int {
		ids := make([]int, len(tokens))
		for i, id := range tokens {
			var ok bool
			if ids[i], ok = now[id]; !ok {
				ids[i] = unknown
			}
		}
		return ids
	}
	return New(c.Name, vocabulary, again(cut(c.Train, train)), again(cut(c.Valid, valid)), again(cut(c.Test, test)))
}
