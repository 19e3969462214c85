package corpus

import "github.com/pkg/errors"

// Limits bound what a file may make the reader store. Crossing one is an error
// that wraps ErrTooLarge.
type Limits struct {
	FileBytes int64 // size of one file
	LineBytes int   // one line, without its line feed
	WordBytes int   // one word
	Tokens    int   // tokens of one file, counting <eos>
	Words     int   // size of the vocabulary
}

// DefaultLimits leave room for several times WikiText-2: files of 64 MiB,
// lines of 1 MiB, words of 1 KiB, 2^24 tokens (128 MiB of ids) a file and a
// vocabulary of 2^20 words.
func DefaultLimits() Limits {
	return Limits{
		FileBytes: 64 << 20,
		LineBytes: 1 << 20,
		WordBytes: 1 << 10,
		Tokens:    1 << 24,
		Words:     1 << 20,
	}
}

// Validate reports the first limit that is not positive.
func (l Limits) Validate() error {
	for _, field := range []struct {
		name  string
		value int64
	}{
		{"FileBytes", l.FileBytes},
		{"LineBytes", int64(l.LineBytes)},
		{"WordBytes", int64(l.WordBytes)},
		{"Tokens", int64(l.Tokens)},
		{"Words", int64(l.Words)},
	} {
		if field.value <= 0 {
			return errors.Errorf("corpus: limit %s is %d, want a positive number", field.name, field.value)
		}
	}
	return nil
}
