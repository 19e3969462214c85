package corpus

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/pkg/errors"
)

const (
	// EndOfSentence closes every line of a corpus.
	EndOfSentence = "<eos>"
	// Unknown stands for every word outside the vocabulary.
	Unknown = "<unk>"
)

// Vocabulary is a bijection of V words and the ids 0..V-1. It never changes.
type Vocabulary struct {
	words []string
	ids   map[string]int
}

// NewVocabulary gives words[i] the id i. Each word must be valid UTF-8 without
// blanks, not empty, and stand in the list once. The list is copied.
func NewVocabulary(words []string) (*Vocabulary, error) {
	if len(words) == 0 {
		return nil, errors.Wrap(ErrEmpty, "corpus: vocabulary")
	}
	v := emptyVocabulary()
	for i, word := range words {
		switch {
		case word == "" || strings.ContainsFunc(word, unicode.IsSpace):
			return nil, errors.Errorf("corpus: vocabulary word %d is %q, want a word without blanks", i, word)
		case !utf8.ValidString(word):
			return nil, errors.Wrapf(ErrEncoding, "corpus: vocabulary word %d", i)
		}
		if first, ok := v.ids[word]; ok {
			return nil, errors.Errorf("corpus: vocabulary words %d and %d are both %q, want distinct words", first, i, word)
		}
		v.add(word)
	}
	return v, nil
}

func emptyVocabulary() *Vocabulary { return &Vocabulary{ids: make(map[string]int)} }

func (v *Vocabulary) add(word string) int {
	id := len(v.words)
	v.words = append(v.words, word)
	v.ids[word] = id
	return id
}

// Size returns V, the number of words.
func (v *Vocabulary) Size() int { return len(v.words) }

// ID returns the id of a word, and whether the vocabulary has it.
func (v *Vocabulary) ID(word string) (int, bool) {
	id, ok := v.ids[word]
	return id, ok
}

// Word returns the word of an id, and whether 0 <= id < Size().
func (v *Vocabulary) Word(id int) (string, bool) {
	if id < 0 || id >= len(v.words) {
		return "", false
	}
	return v.words[id], true
}

// Words returns a copy of the words in the order of their ids.
func (v *Vocabulary) Words() []string { return append([]string(nil), v.words...) }

// Text writes tokens as readable text: words separated by blanks, a line break
// after each <eos>.
func (v *Vocabulary) Text(tokens []int) (string, error) {
	var text strings.Builder
	lineStart := true
	for i, id := range tokens {
		word, ok := v.Word(id)
		if !ok {
			return "", errors.Errorf("corpus: token %d is %d, want 0 <= id < %d", i, id, v.Size())
		}
		if !lineStart {
			text.WriteByte(' ')
		}
		text.WriteString(word)
		if lineStart = word == EndOfSentence; lineStart {
			text.WriteByte('\n')
		}
	}
	return text.String(), nil
}

// Hash returns the SHA-256, in hexadecimal, of the words in the order of their
// ids, each followed by a line feed. Two vocabularies have the same hash only
// if every id means the same word, so a checkpoint can refuse the wrong one.
func (v *Vocabulary) Hash() string {
	h := sha256.New()
	for _, word := range v.words {
		io.WriteString(h, word)
		io.WriteString(h, "\n")
	}
	return hex.EncodeToString(h.Sum(nil))
}
