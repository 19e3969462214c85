package corpus

import (
	"math"
	"os"
	"path/filepath"
	"testing"
)

// The corpora may not be copied here. EGRU_DATA_DIR names a directory that has
// them in ptb and wikitext-2.
func TestPublishedCorporaHaveTheirKnownSizes(t *testing.T) {
	data := os.Getenv("EGRU_DATA_DIR")
	if data == "" {
		t.Skip("EGRU_DATA_DIR is not set")
	}
	for _, test := range []struct {
		name                      string
		train, valid, test, words int
		unigram, bigram           float64 // test perplexities of this code, to 1 %
	}{
		{"ptb", 929_589, 73_760, 82_430, 10_000, 639.8, 186.6},
		{"wikitext-2", 2_088_628, 217_646, 245_569, 33_278, 914.4, 266.4},
	} {
		c, err := Load(filepath.Join(data, test.name))
		if err != nil {
			t.Errorf("%s: %v", test.name, err)
			continue
		}
		if len(c.Train) != test.train || len(c.Valid) != test.valid || len(c.Test) != test.test || c.Vocabulary.Size() != test.words {
			t.Errorf("%s: %d, %d, %d tokens of %d words, want %d, %d, %d of %d", test.name,
				len(c.Train), len(c.Valid), len(c.Test), c.Vocabulary.Size(), test.train, test.valid, test.test, test.words)
		}
		unigram, err := FitUnigram(c.Train, test.words)
		if err != nil {
			t.Fatal(err)
		}
		bigram, err := FitBigram(c.Train, c.Valid, test.words)
		if err != nil {
			t.Fatal(err)
		}
		one, err := unigram.Perplexity(c.Test)
		if err != nil {
			t.Fatal(err)
		}
		two, err := bigram.Perplexity(c.Test)
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%s: unigram %.2f, bigram %.2f with discount %.4f", test.name, one, two, bigram.Discount())
		if math.Abs(one/test.unigram-1) > 0.01 || math.Abs(two/test.bigram-1) > 0.01 {
			t.Errorf("%s: unigram %.1f, bigram %.1f, want %.1f and %.1f", test.name, one, two, test.unigram, test.bigram)
		}
	}
}
