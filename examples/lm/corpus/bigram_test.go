package corpus

import (
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// kneserNey is the formula in the documentation of Bigram, counted afresh for
// every probability.
func kneserNey(train []int, size int, discount float64, v, w int) float64 {
	pairs := make(map[[2]int]float64)
	for i := range train[1:] {
		pairs[[2]int{train[i], train[i+1]}]++
	}
	var starts, followers, predecessors float64
	for p, count := range pairs {
		if p[0] == v {
			starts += count
			followers++
		}
		if p[1] == w {
			predecessors++
		}
	}
	q := (predecessors + 1) / (float64(len(pairs)) + float64(size))
	if starts == 0 {
		return q
	}
	return (math.Max(pairs[[2]int{v, w}]-discount, 0) + discount*followers*q) / starts
}

func TestBigramIsInterpolatedKneserNey(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.IntRange(1, 6).Draw(t, "size")
		train, valid := texts(size).Draw(t, "train"), texts(size).Draw(t, "valid")
		b, err := FitBigram(train, valid, size)
		if err != nil {
			t.Fatal(err)
		}
		for v := range size {
			sum := 0.0
			for w := range size {
				got, want := b.Probability(v, w), kneserNey(train, size, b.Discount(), v, w)
				if !near(got, want) {
					t.Fatalf("p(%d|%d) = %v, want %v", w, v, got, want)
				}
				if got <= 0 {
					t.Fatalf("p(%d|%d) = %v, want a chance", w, v, got)
				}
				sum += got
			}
			if !near(sum, 1) {
				t.Fatalf("probabilities after %d sum to %v", v, sum)
			}
		}
	})
}

func TestNoDiscountIsBetterOnValidThanTheTunedOne(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.IntRange(2, 6).Draw(t, "size")
		train, valid := texts(size).Draw(t, "train"), texts(size).Draw(t, "valid")
		b, err := FitBigram(train, valid, size)
		if err != nil {
			t.Fatal(err)
		}
		tuned, err := b.Perplexity(valid)
		if err != nil {
			t.Fatal(err)
		}
		for discount := 0.01; discount < 1; discount += 0.01 {
			sum := 0.0
			for i, w := range valid[1:] {
				sum += math.Log(kneserNey(train, size, discount, valid[i], w))
			}
			if other := math.Exp(-sum / float64(len(valid)-1)); other < tuned*(1-1e-3) {
				t.Fatalf("discount %v gives %v, the tuned %v gives %v", discount, other, b.Discount(), tuned)
			}
		}
	})
}

func TestBigramPerplexityPredictsAllButTheFirstToken(t *testing.T) {
	b, err := FitBigram([]int{0, 1, 0, 2, 0, 1}, []int{0, 1, 2}, 3)
	if err != nil {
		t.Fatal(err)
	}
	got, err := b.Perplexity([]int{2, 0, 1})
	want := 1 / math.Sqrt(b.Probability(2, 0)*b.Probability(0, 1))
	if err != nil || !near(got, want) {
		t.Errorf("perplexity is %v (error %v), want %v", got, err, want)
	}
}

func TestBigramKnowsWhatAUnigramCannot(t *testing.T) {
	var train []int
	for range 50 {
		train = append(train, 0, 1, 2)
	}
	b, err := FitBigram(train, train, 3)
	if err != nil {
		t.Fatal(err)
	}
	u, err := FitUnigram(train, 3)
	if err != nil {
		t.Fatal(err)
	}
	two, err := b.Perplexity(train)
	if err != nil {
		t.Fatal(err)
	}
	one, err := u.Perplexity(train)
	if err != nil {
		t.Fatal(err)
	}
	if two > 1.01 || one < 2.99 {
		t.Errorf("a cycle of three words: bigram %v, unigram %v, want about 1 and 3", two, one)
	}
}

func TestBigramRefusesBadTexts(t *testing.T) {
	good := []int{0, 1}
	b, err := FitBigram(good, good, 2)
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		tokens []int
		want   string
	}{
		{nil, "has 0 tokens"},
		{[]int{0}, "has 1 tokens"},
		{[]int{0, 2}, "token 1 is 2"},
		{[]int{-1, 0}, "token 0 is -1"},
	} {
		if _, err := FitBigram(test.tokens, good, 2); err == nil || !strings.Contains(err.Error(), "train: ") || !strings.Contains(err.Error(), test.want) {
			t.Errorf("FitBigram(%v, good): error %v, want %q", test.tokens, err, test.want)
		}
		if _, err := FitBigram(good, test.tokens, 2); err == nil || !strings.Contains(err.Error(), "valid: ") || !strings.Contains(err.Error(), test.want) {
			t.Errorf("FitBigram(good, %v): error %v, want %q", test.tokens, err, test.want)
		}
		if _, err := b.Perplexity(test.tokens); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("Perplexity(%v): error %v, want %q", test.tokens, err, test.want)
		}
	}
	for _, pair := range [][2]int{{-1, 0}, {0, -1}, {2, 0}, {0, 2}} {
		if p := b.Probability(pair[0], pair[1]); p != 0 {
			t.Errorf("p%v = %v outside the vocabulary, want 0", pair, p)
		}
	}
}
