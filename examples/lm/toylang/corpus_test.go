package toylang

import (
	"slices"
	"strings"
	"testing"

	"github.com/egru/egru/examples/lm/corpus"
)

func TestCorpusHasThreeDifferentTextsOfTheLanguage(t *testing.T) {
	l := mustNew(t, DefaultConfig())
	c, err := l.Corpus(1, 600, 500, 400)
	if err != nil {
		t.Fatal(err)
	}
	if c.Name != "toylang" || c.Vocabulary != l.Vocabulary() {
		t.Errorf("corpus %q does not have the vocabulary of the language", c.Name)
	}
	for _, part := range []struct {
		name   string
		tokens []int
		stream uint64
		want   int
	}{{"train", c.Train, TrainStream, 600}, {"valid", c.Valid, ValidStream, 500}, {"test", c.Test, TestStream, 400}} {
		if want := mustGenerate(t, l, 1, part.stream, part.want); !slices.Equal(part.tokens, want.Tokens) {
			t.Errorf("%s is not the text of its stream", part.name)
		}
	}
	if slices.Equal(c.Train[:400], c.Valid[:400]) || slices.Equal(c.Valid[:400], c.Test[:400]) || slices.Equal(c.Train[:400], c.Test[:400]) {
		t.Error("two texts are the same")
	}
	if _, err := l.Corpus(1, 600, 0, 400); err == nil || !strings.Contains(err.Error(), "valid") {
		t.Errorf("no valid text: error %v, want one that names valid", err)
	}
}

// The language is worth training on only as long as short memory does badly on
// it: measured are unigram 96.5, bigram 15.7 and floor 6.5.
func TestFloorIsLessThanHalfTheBigramPerplexity(t *testing.T) {
	l := mustNew(t, DefaultConfig())
	c, err := l.Corpus(1, 100_000, 10_000, 10_000)
	if err != nil {
		t.Fatal(err)
	}
	size := c.Vocabulary.Size()
	unigram, err := corpus.FitUnigram(c.Train, size)
	if err != nil {
		t.Fatal(err)
	}
	bigram, err := corpus.FitBigram(c.Train, c.Valid, size)
	if err != nil {
		t.Fatal(err)
	}
	perplexity := func(of func([]int) (float64, error)) float64 {
		p, err := of(c.Test)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	floor, two, one := perplexity(l.Perplexity), perplexity(bigram.Perplexity), perplexity(unigram.Perplexity)
	if !(floor < 0.5*two && two < 0.25*one) {
		t.Errorf("floor %.2f, bigram %.2f, unigram %.2f: want floor < bigram/2 and bigram < unigram/4", floor, two, one)
	}
}
