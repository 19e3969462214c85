package toylang

import "github.com/pkg/errors"

// Config shapes the language. Two languages with equal configs are the same.
type Config struct {
	// MaxDepth bounds the nesting of relative clauses: 0 is none, 1 a clause
	// in the main clause, 2 a clause in that clause. 0 to 8, default 2.
	MaxDepth int
	// RelativeClause is the probability that a relative clause follows a noun
	// where the depth allows one. 0 <= p < 1, default 0.3.
	RelativeClause float64
	// TopicChange is the probability that a sentence opens with a topic word;
	// 1/TopicChange is the mean number of sentences to a topic word. The first
	// sentence always has one. 0 < p <= 1, default 0.2.
	TopicChange float64
	// ZipfExponent s makes the word of rank r in its class proportional to
	// r^-s. 0 <= s <= 4, default 1.
	ZipfExponent float64
}

// DefaultConfig returns the language the example trains on.
func DefaultConfig() Config {
	return Config{MaxDepth: 2, RelativeClause: 0.3, TopicChange: 0.2, ZipfExponent: 1}
}

// Validate reports the first field out of its range.
func (c Config) Validate() error {
	// Conditions are written so that NaN fails them.
	switch {
	case !(c.MaxDepth >= 0 && c.MaxDepth <= 8):
		return errors.Errorf("toylang: MaxDepth is %d, want 0 to 8", c.MaxDepth)
	case !(c.RelativeClause >= 0 && c.RelativeClause < 1):
		return errors.Errorf("toylang: RelativeClause is %v, want 0 <= p < 1", c.RelativeClause)
	case !(c.TopicChange > 0 && c.TopicChange <= 1):
		return errors.Errorf("toylang: TopicChange is %v, want 0 < p <= 1", c.TopicChange)
	case !(c.ZipfExponent >= 0 && c.ZipfExponent <= 4):
		return errors.Errorf("toylang: ZipfExponent is %v, want 0 to 4", c.ZipfExponent)
	}
	return nil
}
