package runs

import (
	"github.com/egru/egru/examples/lm/corpus"
	"github.com/egru/egru/examples/lm/toylang"
)

// toyTest is the number of words to validate and to test with on the artificial
// language.
const toyTest = 10_000

// Text says what a model was trained on.
type Text struct {
	Data  string `json:"data"`  // folder of the corpus; empty: an artificial language
	Words int    `json:"words"` // of the artificial training text
	Seed  uint64 `json:"seed"`  // of the artificial language
}

// Load reads the corpus, or generates the artificial one: then its language comes
// with it.
func (t Text) Load() (*corpus.Corpus, *toylang.Language, error) {
	if t.Data != "" {
		c, err := corpus.Load(t.Data)
		return c, nil, err
	}
	language, err := toylang.New(toylang.DefaultConfig())
	if err != nil {
		return nil, nil, err
	}
	c, err := language.Corpus(t.Seed, t.Words, toyTest, toyTest)
	return c, language, err
}
