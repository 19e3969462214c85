package corpus

import (
	"bufio"
	"bytes"
	"io"
	"unicode/utf8"

	"github.com/pkg/errors"
)

// lookup turns a word into its id. The bytes are valid during the call only.
type lookup func(word []byte) (int, error)

// learn is the lookup of the training text: a new word gets the next id.
func learn(v *Vocabulary, limit int) lookup {
	return func(word []byte) (int, error) {
		if id, ok := v.ids[string(word)]; ok {
			return id, nil
		}
		if v.Size() == limit {
			return 0, errors.Wrapf(ErrTooLarge, "word %.40q would be one more than %d different words", word, limit)
		}
		return v.add(string(word)), nil
	}
}

// known is the lookup of valid and test: a new word becomes <unk>.
func known(v *Vocabulary) lookup {
	unknown, hasUnknown := v.ID(Unknown)
	return func(word []byte) (int, error) {
		if id, ok := v.ids[string(word)]; ok {
			return id, nil
		}
		if !hasUnknown {
			return 0, errors.Wrapf(ErrUnknownWord, "word %.40q, and there is no %s in train to map it to", word, Unknown)
		}
		return unknown, nil
	}
}

// byteOrderMark stands at the beginning of texts from some editors, and is no word.
const byteOrderMark = "\ufeff"

// readTokens reads one text, line by line, in memory bounded by the limits.
// The name is that of the file, for errors.
func readTokens(r io.Reader, name string, limits Limits, id lookup) ([]int, error) {
	// One byte more than allowed tells a file at the limit from one beyond it.
	bounded := &io.LimitedReader{R: r, N: limits.FileBytes + 1}
	lines := bufio.NewScanner(bounded)
	// The scanner wants room for the line feed too.
	lines.Buffer(make([]byte, 0, min(64<<10, limits.LineBytes+1)), limits.LineBytes+1)

	var tokens []int
	words, line := 0, 0
	add := func(word []byte) error {
		if len(tokens) == limits.Tokens {
			return errors.Wrapf(ErrTooLarge, "corpus: %s:%d: more than %d tokens", name, line, limits.Tokens)
		}
		token, err := id(word)
		if err != nil {
			return errors.Wrapf(err, "corpus: %s:%d", name, line)
		}
		tokens = append(tokens, token)
		return nil
	}
	for lines.Scan() {
		line++
		if bounded.N == 0 {
			return nil, errors.Wrapf(ErrTooLarge, "corpus: %s: more than %d bytes", name, limits.FileBytes)
		}
		if !utf8.Valid(lines.Bytes()) {
			return nil, errors.Wrapf(ErrEncoding, "corpus: %s:%d", name, line)
		}
		text := lines.Bytes()
		if line == 1 {
			text = bytes.TrimPrefix(text, []byte(byteOrderMark))
		}
		for word := range bytes.FieldsSeq(text) {
			if len(word) > limits.WordBytes {
				return nil, errors.Wrapf(ErrTooLarge, "corpus: %s:%d: word %.40q... of %d bytes, want at most %d",
					name, line, word, len(word), limits.WordBytes)
			}
			if err := add(word); err != nil {
				return nil, err
			}
			words++
		}
		if err := add([]byte(EndOfSentence)); err != nil {
			return nil, err
		}
	}
	switch err := lines.Err(); {
	case errors.Is(err, bufio.ErrTooLong):
		return nil, errors.Wrapf(ErrTooLarge, "corpus: %s:%d: more than %d bytes in a line", name, line+1, limits.LineBytes)
	case err != nil:
		return nil, errors.Wrapf(err, "corpus: %s:%d", name, line+1)
	case words == 0:
		return nil, errors.Wrapf(ErrEmpty, "corpus: %s", name)
	}
	return tokens, nil
}
