package corpus

import (
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// texts draws ids below the size, at least two of them.
func texts(size int) *rapid.Generator[[]int] {
	return rapid.SliceOfN(rapid.IntRange(0, size-1), 2, 40)
}

func near(got, want float64) bool { return math.Abs(got-want) <= 1e-12*math.Abs(want) }

func TestUnigramByHand(t *testing.T) {
	u, err := FitUnigram([]int{0, 0, 0, 1, 1}, 3)
	if err != nil {
		t.Fatal(err)
	}
	for word, want := range map[int]float64{0: 4 / 8., 1: 3 / 8., 2: 1 / 8., -1: 0, 3: 0} {
		if got := u.Probability(word); !near(got, want) {
			t.Errorf("p(%d) = %v, want %v", word, got, want)
		}
	}
	got, err := u.Perplexity([]int{1, 0, 2})
	if want := math.Sqrt(2 * 8); err != nil || !near(got, want) {
		t.Errorf("perplexity is %v (error %v), want %v, that of the last two tokens", got, err, want)
	}
}

func TestUnigramSumsToOne(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.IntRange(1, 6).Draw(t, "size")
		u, err := FitUnigram(texts(size).Draw(t, "train"), size)
		if err != nil {
			t.Fatal(err)
		}
		sum := 0.0
		for w := range size {
			sum += u.Probability(w)
		}
		if !near(sum, 1) {
			t.Fatalf("probabilities sum to %v", sum)
		}
	})
}

func TestUnigramRefusesBadTexts(t *testing.T) {
	u, err := FitUnigram([]int{0, 1}, 2)
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
		if _, err := FitUnigram(test.tokens, 2); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("FitUnigram(%v): error %v, want %q", test.tokens, err, test.want)
		}
		if _, err := u.Perplexity(test.tokens); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("Perplexity(%v): error %v, want %q", test.tokens, err, test.want)
		}
	}
}
