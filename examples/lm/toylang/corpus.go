package toylang

import (
	"github.com/egru/egru/examples/lm/corpus"
	"github.com/pkg/errors"
)

// Streams of Generate that Corpus uses.
const (
	TrainStream uint64 = iota
	ValidStream
	TestStream
)

// Corpus generates a corpus named "toylang" whose three texts have at least
// the given numbers of tokens and share the vocabulary of the language; all of
// its words are in there, whether train has them or not.
func (l *Language) Corpus(seed uint64, train, valid, test int) (*corpus.Corpus, error) {
	var texts [3]Text
	for i, part := range []struct {
		name   string
		stream uint64
		tokens int
	}{{"train", TrainStream, train}, {"valid", ValidStream, valid}, {"test", TestStream, test}} {
		var err error
		if texts[i], err = l.Generate(seed, part.stream, part.tokens); err != nil {
			return nil, errors.Wrapf(err, "toylang: Corpus: %s", part.name)
		}
	}
	return corpus.New("toylang", l.vocabulary, texts[0].Tokens, texts[1].Tokens, texts[2].Tokens)
}
