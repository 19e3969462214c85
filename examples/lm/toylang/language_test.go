package toylang

import (
	"math"
	"strings"
	"testing"
)

func mustNew(t testing.TB, config Config) *Language {
	t.Helper()
	l, err := New(config)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// ids turns words into tokens.
func ids(t testing.TB, l *Language, text string) []int {
	t.Helper()
	var tokens []int
	for _, word := range strings.Fields(text) {
		id, ok := l.Vocabulary().ID(word)
		if !ok {
			t.Fatalf("the language has no word %q", word)
		}
		tokens = append(tokens, id)
	}
	return tokens
}

func TestNewRefusesConfigsOutOfRange(t *testing.T) {
	for _, test := range []struct {
		field string
		edit  func(*Config)
	}{
		{"MaxDepth", func(c *Config) { c.MaxDepth = -1 }},
		{"MaxDepth", func(c *Config) { c.MaxDepth = 9 }},
		{"RelativeClause", func(c *Config) { c.RelativeClause = -0.1 }},
		{"RelativeClause", func(c *Config) { c.RelativeClause = 1 }},
		{"RelativeClause", func(c *Config) { c.RelativeClause = math.NaN() }},
		{"TopicChange", func(c *Config) { c.TopicChange = 0 }},
		{"TopicChange", func(c *Config) { c.TopicChange = 1.1 }},
		{"TopicChange", func(c *Config) { c.TopicChange = math.NaN() }},
		{"ZipfExponent", func(c *Config) { c.ZipfExponent = -1 }},
		{"ZipfExponent", func(c *Config) { c.ZipfExponent = math.Inf(1) }},
		{"ZipfExponent", func(c *Config) { c.ZipfExponent = math.NaN() }},
	} {
		config := DefaultConfig()
		test.edit(&config)
		if _, err := New(config); err == nil || !strings.Contains(err.Error(), test.field) {
			t.Errorf("%+v: error %v, want one that names %s", config, err, test.field)
		}
	}
}

func TestLanguageKeepsItsConfig(t *testing.T) {
	config := Config{MaxDepth: 1, RelativeClause: 0.1, TopicChange: 0.4, ZipfExponent: 0.5}
	if got := mustNew(t, config).Config(); got != config {
		t.Errorf("Config() = %+v, want %+v", got, config)
	}
}

func TestVocabularyHasTwoHundredThirtyTwoWords(t *testing.T) {
	if size := mustNew(t, DefaultConfig()).Vocabulary().Size(); size != 232 {
		t.Errorf("vocabulary has %d words, want 232", size)
	}
}

func TestBuilderRefusesAWordWithTwoRoles(t *testing.T) {
	b := builder{ids: make(map[string]int)}
	b.choice([]string{"sail", "swim"}, role{kind: intransitive}, 1)
	if b.choice([]string{"swim"}, role{kind: intransitive}, 1); b.err != nil {
		t.Errorf("same role again: %v", b.err)
	}
	if b.choice([]string{"sail"}, role{kind: noun}, 1); b.err == nil {
		t.Error("another role was accepted")
	}
}

func TestChoicesFollowZipf(t *testing.T) {
	config := DefaultConfig()
	config.ZipfExponent = 2
	c := mustNew(t, config).adverbs[0]
	sum := 1 + 1/4. + 1/9. + 1/16.
	for i, want := range []float64{1 / sum, 1 / 4. / sum, 1 / 9. / sum, 1 / 16. / sum} {
		if math.Abs(c.probability[i]-want) > 1e-15 {
			t.Errorf("rank %d has probability %v, want %v", i+1, c.probability[i], want)
		}
	}
}

func TestByRankMixesSharedWordsIn(t *testing.T) {
	got := strings.Join(byRank("a b c d e", "x y z"), " ")
	if want := "a b x c d y e z"; got != want {
		t.Errorf("byRank = %q, want %q", got, want)
	}
}
