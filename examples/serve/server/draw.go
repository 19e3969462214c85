package server

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
)

// sampler draws words from logits. It keeps its memory from word to word.
type sampler struct {
	temperature float64
	topK        int // 0: all
	random      *rand.Rand

	p     []float64
	order []int
}

func newSampler(seed uint64, temperature float64, topK int) *sampler {
	return &sampler{temperature: temperature, topK: topK, random: rand.New(rand.NewPCG(seed, 0))}
}

// next draws a word with probability
//
//	exp(logit/temperature) / sum exp(logit'/temperature)
//
// over the topK largest logits, of equal ones those of lower ids. Each word takes
// one number of the seeded source.
func (s *sampler) next(logits []float32) int {
	s.p, s.order = s.p[:0], s.order[:0]
	for i := range logits {
		s.order = append(s.order, i)
	}
	if s.topK > 0 && s.topK < len(logits) {
		slices.SortFunc(s.order, func(i, j int) int {
			return cmp.Or(cmp.Compare(logits[j], logits[i]), cmp.Compare(i, j))
		})
		s.order = s.order[:s.topK]
		slices.Sort(s.order)
	}
	top := math.Inf(-1)
	for _, i := range s.order {
		top = max(top, float64(logits[i]))
	}
	sum := 0.0
	for _, i := range s.order {
		p := math.Exp((float64(logits[i]) - top) / s.temperature)
		s.p = append(s.p, p)
		sum += p
	}
	u := s.random.Float64() * sum
	last := 0
	for k, p := range s.p {
		if p == 0 {
			continue
		}
		if last = s.order[k]; u < p {
			return last
		}
		u -= p
	}
	return last // rounding left a rest
}

// logSum is log sum exp(logit): log-probabilities are logits less it.
func logSum(logits []float32) float64 {
	top := math.Inf(-1)
	for _, v := range logits {
		top = max(top, float64(v))
	}
	sum := 0.0
	for _, v := range logits {
		sum += math.Exp(float64(v) - top)
	}
	return top + math.Log(sum)
}
