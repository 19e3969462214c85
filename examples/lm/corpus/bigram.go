package corpus

import (
	"math"

	"github.com/pkg/errors"
)

// Bigram predicts a word from the one before it by interpolated Kneser-Ney
// smoothing (Chen and Goodman, An Empirical Study of Smoothing Techniques for
// Language Modeling, 1999, section 2.7):
//
//	p(w|v) = (max(c(v,w) - D, 0) + D u(v) q(w)) / c(v)
//	q(w)   = (k(w) + 1) / (K + V)
//
// c(v,w) counts the training pairs v w, c(v) those that start with v; u(v) is
// the number of different words after v, k(w) that of different words before
// w, K the number of different pairs and V the size of the vocabulary. A v
// without a follower leaves q(w). The discount D is tuned on validation text.
type Bigram struct {
	discount     float64
	pairs        map[pair]int
	starts       []int     // c(v)  (V)
	followers    []int     // u(v)  (V)
	continuation []float64 // q(w)  (V)
}

type pair struct{ before, word int32 }

// FitBigram counts the training text and chooses the discount in 0 < D < 1
// that gives valid the lowest perplexity. Ids are in 0 <= id < size.
func FitBigram(train, valid []int, size int) (*Bigram, error) {
	if size > math.MaxInt32 {
		return nil, errors.Errorf("corpus: FitBigram: size is %d, want at most %d", size, math.MaxInt32)
	}
	if err := checkTokens(train, size); err != nil {
		return nil, errors.Wrap(err, "corpus: FitBigram: train")
	}
	if err := checkTokens(valid, size); err != nil {
		return nil, errors.Wrap(err, "corpus: FitBigram: valid")
	}
	b := &Bigram{
		pairs:     make(map[pair]int),
		starts:    make([]int, size),
		followers: make([]int, size),
	}
	predecessors := make([]int, size)
	for i, w := range train[1:] {
		v := train[i]
		p := pair{int32(v), int32(w)}
		if b.pairs[p] == 0 {
			b.followers[v]++
			predecessors[w]++
		}
		b.pairs[p]++
		b.starts[v]++
	}
	b.continuation = addOne(predecessors, len(b.pairs))
	b.discount = b.tune(valid)
	return b, nil
}

// tune minimises the perplexity of valid over the discount by golden section.
// p(w|v) is linear in D as long as 0 < D < 1, so the mean logarithm is concave
// and the section finds its maximum.
func (b *Bigram) tune(valid []int) float64 {
	// p = level + D*slope for each prediction, so that the map is read once.
	level := make([]float64, len(valid)-1)
	slope := make([]float64, len(valid)-1)
	for i, w := range valid[1:] {
		level[i], slope[i] = b.line(valid[i], w)
	}
	logLikelihood := func(discount float64) float64 {
		sum := 0.0
		for i := range level {
			sum += math.Log(level[i] + discount*slope[i])
		}
		return sum
	}
	const tolerance = 1e-4
	ratio := (math.Sqrt(5) - 1) / 2
	low, high := 0.0, 1.0
	left, right := high-ratio*(high-low), low+ratio*(high-low)
	atLeft, atRight := logLikelihood(left), logLikelihood(right)
	for high-low > tolerance {
		if atLeft >= atRight {
			high, right, atRight = right, left, atLeft
			left = high - ratio*(high-low)
			atLeft = logLikelihood(left)
		} else {
			low, left, atLeft = left, right, atRight
			right = low + ratio*(high-low)
			atRight = logLikelihood(right)
		}
	}
	return (low + high) / 2
}

// line returns p(word|before) as a function of the discount: level + D*slope.
func (b *Bigram) line(before, word int) (level, slope float64) {
	starts := float64(b.starts[before])
	if starts == 0 {
		return b.continuation[word], 0
	}
	slope = float64(b.followers[before]) * b.continuation[word] / starts
	if count := b.pairs[pair{int32(before), int32(word)}]; count > 0 {
		level = float64(count) / starts
		slope -= 1 / starts
	}
	return level, slope
}

// Discount returns D.
func (b *Bigram) Discount() float64 { return b.discount }

// Probability returns p(word|before), and 0 outside the vocabulary.
func (b *Bigram) Probability(before, word int) float64 {
	size := len(b.starts)
	if before < 0 || before >= size || word < 0 || word >= size {
		return 0
	}
	level, slope := b.line(before, word)
	return level + b.discount*slope
}

// Perplexity returns exp(-mean log p) over tokens[1:].
func (b *Bigram) Perplexity(tokens []int) (float64, error) {
	if err := checkTokens(tokens, len(b.starts)); err != nil {
		return 0, errors.Wrap(err, "corpus: Bigram.Perplexity")
	}
	sum := 0.0
	for i, w := range tokens[1:] {
		sum += math.Log(b.Probability(tokens[i], w))
	}
	return math.Exp(-sum / float64(len(tokens)-1)), nil
}
