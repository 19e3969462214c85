package corpus

import (
	"fmt"
	"slices"
	"testing"

	"github.com/pkg/errors"
)

func TestHeadKeepsWordsAndForgetsTheRest(t *testing.T) {
	v, err := NewVocabulary([]string{"a", "b", "<eos>", "c", "<unk>", "d"})
	if err != nil {
		t.Fatal(err)
	}
	c, err := New("small", v, []int{3, 0, 2, 3, 1, 5}, []int{3, 4, 5, 0}, []int{0, 1})
	if err != nil {
		t.Fatal(err)
	}
	h, err := c.Head(4, 3, 10)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := h.Vocabulary.Words(), []string{"<eos>", "<unk>", "c", "a"}; !slices.Equal(got, want) {
		t.Errorf("vocabulary %v, want %v", got, want)
	}
	text := func(ids []int) (s string) {
		for _, id := range ids {
			word, _ := h.Vocabulary.Word(id)
			s += word + " "
		}
		return s
	}
	got := fmt.Sprint(text(h.Train), "| ", text(h.Valid), "| ", text(h.Test))
	if want := "c a <eos> c | c <unk> <unk> | a <unk> "; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	for _, n := range []int{1, 0, -3} {
		if _, err := c.Head(n, 3, 3); !errors.Is(err, ErrTooShort) {
			t.Errorf("%d tokens: got %v, want ErrTooShort", n, err)
		}
	}
}
