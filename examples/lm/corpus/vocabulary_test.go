package corpus

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestVocabularyNumbersWordsInOrder(t *testing.T) {
	words := []string{"the", "cat", EndOfSentence}
	v, err := NewVocabulary(words)
	if err != nil {
		t.Fatal(err)
	}
	if v.Size() != 3 || !slices.Equal(v.Words(), words) {
		t.Errorf("vocabulary of %d words %q, want %q", v.Size(), v.Words(), words)
	}
	for id, word := range words {
		if got, ok := v.ID(word); !ok || got != id {
			t.Errorf("ID(%q) = %d, %v, want %d", word, got, ok, id)
		}
		if got, ok := v.Word(id); !ok || got != word {
			t.Errorf("Word(%d) = %q, %v, want %q", id, got, ok, word)
		}
	}
	if _, ok := v.ID("dog"); ok {
		t.Error(`there is an id for "dog"`)
	}
	for _, id := range []int{-1, 3} {
		if word, ok := v.Word(id); ok || word != "" {
			t.Errorf("Word(%d) = %q, %v, want none", id, word, ok)
		}
	}
}

func TestVocabularyCannotBeChangedFromOutside(t *testing.T) {
	words := []string{"a", "b"}
	v, err := NewVocabulary(words)
	if err != nil {
		t.Fatal(err)
	}
	words[0] = "changed"
	v.Words()[1] = "changed"
	if got := v.Words(); !slices.Equal(got, []string{"a", "b"}) {
		t.Errorf("words are %q now", got)
	}
}

func TestNewVocabularyRefusesBadWords(t *testing.T) {
	for _, test := range []struct {
		name  string
		words []string
		want  string
		cause error
	}{
		{"none", nil, "no words", ErrEmpty},
		{"empty word", []string{"a", ""}, "word 1", nil},
		{"blank", []string{"a b"}, "word 0", nil},
		{"line feed", []string{"a", "b\n"}, "word 1", nil},
		{"wide blank", []string{"a\u3000b"}, "word 0", nil},
		{"twice", []string{"a", "b", "a"}, "words 0 and 2", nil},
		{"no UTF-8", []string{"a", "\xff"}, "word 1", ErrEncoding},
	} {
		_, err := NewVocabulary(test.words)
		if err == nil || !strings.Contains(err.Error(), test.want) || test.cause != nil && !errors.Is(err, test.cause) {
			t.Errorf("%s: error %v, want one with %q and cause %v", test.name, err, test.want, test.cause)
		}
	}
}

func TestTextPutsSentencesOnLines(t *testing.T) {
	v, err := NewVocabulary([]string{"the", "cat", EndOfSentence})
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		tokens []int
		want   string
	}{
		{nil, ""},
		{[]int{0, 1, 2, 2, 1, 2}, "the cat <eos>\n<eos>\ncat <eos>\n"},
		{[]int{0, 1}, "the cat"},
	} {
		if got, err := v.Text(test.tokens); err != nil || got != test.want {
			t.Errorf("Text(%v) = %q (error %v), want %q", test.tokens, got, err, test.want)
		}
	}
	if _, err := v.Text([]int{0, 3}); err == nil || !strings.Contains(err.Error(), "token 1 is 3") {
		t.Errorf("error %v, want one that names token 1", err)
	}
}

func TestHashIsThatOfTheWordsOnePerLine(t *testing.T) {
	v, err := NewVocabulary([]string{"the", "cat", EndOfSentence})
	if err != nil {
		t.Fatal(err)
	}
	// printf 'the\ncat\n<eos>\n' | sha256sum
	const want = "9880926a3784ee99c6ac26099ae6f1b9e44e412f84a4085f3ad6b0a82b0b92f1"
	if got := v.Hash(); got != want {
		t.Errorf("Hash() = %s, want %s", got, want)
	}
}

func TestHashesAreEqualOnlyForEqualVocabularies(t *testing.T) {
	lists := rapid.SliceOfNDistinct(rapid.StringMatching(`[a-c]{1,3}`), 1, 5, rapid.ID)
	rapid.Check(t, func(t *rapid.T) {
		a, b := lists.Draw(t, "a"), lists.Draw(t, "b")
		va, err := NewVocabulary(a)
		if err != nil {
			t.Fatal(err)
		}
		vb, err := NewVocabulary(b)
		if err != nil {
			t.Fatal(err)
		}
		if equal := va.Hash() == vb.Hash(); equal != slices.Equal(a, b) {
			t.Fatalf("hashes of %q and %q are equal: %v", a, b, equal)
		}
	})
}
