package server

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func TestWordsAreDrawnAsOftenAsTheyAreLikely(t *testing.T) {
	logits := []float32{1, 3, 2, 2, float32(math.Inf(-1))}
	for _, c := range []struct {
		name        string
		temperature float64
		topK        int
		want        []float64 // up to their sum
	}{
		{"as predicted", 1, 0, []float64{math.E, math.Pow(math.E, 3), math.Pow(math.E, 2), math.Pow(math.E, 2), 0}},
		{"hot", 2, 0, []float64{math.Exp(0.5), math.Exp(1.5), math.E, math.E, 0}},
		{"cold", 1e-6, 0, []float64{0, 1, 0, 0, 0}},
		{"of equal ones the first", 1, 2, []float64{0, math.E, 1, 0, 0}},
		{"the likeliest", 1, 1, []float64{0, 1, 0, 0, 0}},
		{"more than there are", 1, 9, []float64{math.E, math.Pow(math.E, 3), math.Pow(math.E, 2), math.Pow(math.E, 2), 0}},
	} {
		sum := 0.0
		for _, w := range c.want {
			sum += w
		}
		s := newSampler(1, c.temperature, c.topK)
		counts := make([]float64, len(logits))
		const n = 20_000
		for range n {
			counts[s.next(logits)]++
		}
		for i, w := range c.want {
			p := w / sum
			if math.Abs(counts[i]/n-p) > 5*math.Sqrt(p*(1-p)/n) {
				t.Errorf("%s: word %d %v of the time, want %v", c.name, i, counts[i]/n, p)
			}
		}
	}
}

func TestDrawnWordsAreAmongTheLikeliest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		logits := rapid.SliceOfN(rapid.Float32Range(-1e30, 1e30), 1, 50).Draw(t, "logits")
		k := rapid.IntRange(0, 60).Draw(t, "k")
		s := newSampler(rapid.Uint64().Draw(t, "seed"), rapid.Float64Range(minTemperature, maxTemperature).Draw(t, "temperature"), k)
		before := slices.Clone(logits)
		got := s.next(logits)
		larger := 0
		for _, v := range logits {
			if v > logits[got] {
				larger++
			}
		}
		if k > 0 && larger >= k || !slices.Equal(before, logits) {
			t.Fatalf("drew %d, %d are likelier", got, larger)
		}
		if z := logSum(logits); math.IsNaN(z) || z < float64(slices.Max(logits)) {
			t.Fatalf("log of the sum %v", z)
		}
	})
}
