package corpus

import (
	"math"

	"github.com/pkg/errors"
)

// Unigram predicts every word by its frequency alone:
//
//	p(w) = (c(w) + 1) / (N + V)
//
// with c(w) the count of w among the N training tokens and V the size of the
// vocabulary. The added one gives words without a count a chance.
type Unigram struct {
	probability []float64 // (V)
}

// FitUnigram counts the training text, ids in 0 <= id < size.
func FitUnigram(train []int, size int) (*Unigram, error) {
	if err := checkTokens(train, size); err != nil {
		return nil, errors.Wrap(err, "corpus: FitUnigram: train")
	}
	count := make([]int, size)
	for _, w := range train {
		count[w]++
	}
	return &Unigram{probability: addOne(count, len(train))}, nil
}

func addOne(count []int, total int) []float64 {
	p := make([]float64, len(count))
	for w, c := range count {
		p[w] = float64(c+1) / float64(total+len(count))
	}
	return p
}

// Probability returns p(word), and 0 outside the vocabulary.
func (u *Unigram) Probability(word int) float64 {
	if word < 0 || word >= len(u.probability) {
		return 0
	}
	return u.probability[word]
}

// Perplexity returns exp(-mean log p) over tokens[1:]. The first token is left
// out because a bigram or a recurrent model does not predict it.
func (u *Unigram) Perplexity(tokens []int) (float64, error) {
	if err := checkTokens(tokens, len(u.probability)); err != nil {
		return 0, errors.Wrap(err, "corpus: Unigram.Perplexity")
	}
	sum := 0.0
	for _, w := range tokens[1:] {
		sum += math.Log(u.probability[w])
	}
	return math.Exp(-sum / float64(len(tokens)-1)), nil
}
