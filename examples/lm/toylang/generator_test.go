package toylang

import (
	"math"
	"slices"
	"strings"
	"testing"
)

func mustGenerate(t testing.TB, l *Language, seed, stream uint64, tokens int) Text {
	t.Helper()
	text, err := l.Generate(seed, stream, tokens)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestGenerateDependsOnSeedAndStreamOnly(t *testing.T) {
	first := mustGenerate(t, mustNew(t, DefaultConfig()), 7, 1, 500)
	for _, test := range []struct {
		name         string
		seed, stream uint64
		same         bool
	}{
		{"same seed and stream", 7, 1, true},
		{"another stream", 7, 2, false},
		{"another seed", 8, 1, false},
	} {
		again := mustGenerate(t, mustNew(t, DefaultConfig()), test.seed, test.stream, 500)
		same := slices.Equal(first.Tokens, again.Tokens) && slices.Equal(first.LogProb, again.LogProb)
		if same != test.same {
			t.Errorf("%s: same text is %v, want %v", test.name, same, test.same)
		}
	}
}

func TestALongerTextBeginsWithTheShorter(t *testing.T) {
	l := mustNew(t, DefaultConfig())
	short, long := mustGenerate(t, l, 1, 0, 100), mustGenerate(t, l, 1, 0, 1000)
	if !slices.Equal(short.Tokens, long.Tokens[:len(short.Tokens)]) {
		t.Error("the texts differ within the shorter one")
	}
}

func TestGenerateEndsWithTheFirstSentenceThatReachesTheLength(t *testing.T) {
	l := mustNew(t, DefaultConfig())
	for _, tokens := range []int{1, 10, 11, 12, 500} {
		text := mustGenerate(t, l, 3, 0, tokens).Tokens
		if len(text) < tokens || text[len(text)-1] != l.eos {
			t.Errorf("asked for %d: text of %d tokens ends with token %d, want <eos>", tokens, len(text), text[len(text)-1])
		}
		if before := slices.Index(text[max(0, tokens-1):], l.eos); before != len(text)-1-max(0, tokens-1) {
			t.Errorf("asked for %d: a sentence ended earlier", tokens)
		}
	}
	if _, err := l.Generate(1, 0, 0); err == nil {
		t.Error("a text of 0 tokens was accepted")
	}
}

func TestEveryWordOccurs(t *testing.T) {
	l := mustNew(t, DefaultConfig())
	seen := make([]bool, l.Vocabulary().Size())
	for _, id := range mustGenerate(t, l, 1, 0, 50_000).Tokens {
		seen[id] = true
	}
	for id, ok := range seen {
		if word, _ := l.Vocabulary().Word(id); !ok {
			t.Errorf("%q does not occur in 50,000 tokens", word)
		}
	}
}

func TestRelativeClausesNestUpToMaxDepth(t *testing.T) {
	config := DefaultConfig()
	config.RelativeClause = 0.6
	for config.MaxDepth = range 4 {
		l := mustNew(t, config)
		parser := l.NewParser()
		deepest := 0
		for _, token := range mustGenerate(t, l, 1, 0, 5000).Tokens {
			if _, err := parser.Advance(token); err != nil {
				t.Fatal(err)
			}
			for _, e := range parser.expected {
				deepest = max(deepest, e.depth)
			}
		}
		if deepest != config.MaxDepth {
			t.Errorf("MaxDepth %d: clauses nest to depth %d", config.MaxDepth, deepest)
		}
	}
}

func TestTopicChangeSetsHowOftenTopicWordsOccur(t *testing.T) {
	for _, change := range []float64{0.05, 0.2, 1} {
		config := DefaultConfig()
		config.TopicChange = change
		l := mustNew(t, config)
		openers, sentences := 0., 0.
		for _, id := range mustGenerate(t, l, 1, 0, 50_000).Tokens {
			switch l.roles[id].kind {
			case topicOpener:
				openers++
			case endOfSentence:
				sentences++
			}
		}
		// Four standard deviations of a binomial share, and the first opener.
		tolerance := 4*math.Sqrt(change*(1-change)/sentences) + 1/sentences
		if got := openers / sentences; math.Abs(got-change) > tolerance {
			t.Errorf("TopicChange %v: %v of the sentences have a topic word", change, got)
		}
	}
}

func TestTextPerplexityLeavesOutTheFirstToken(t *testing.T) {
	text := Text{LogProb: []float64{-100, math.Log(0.5), math.Log(0.125)}}
	if got, err := text.Perplexity(); err != nil || math.Abs(got-4) > 1e-12 {
		t.Errorf("perplexity is %v (error %v), want 4", got, err)
	}
	text.LogProb = text.LogProb[:1]
	if _, err := text.Perplexity(); err == nil || !strings.Contains(err.Error(), "want at least 2") {
		t.Errorf("one token: error %v, want one about at least 2 tokens", err)
	}
}
