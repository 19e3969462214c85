package nb

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/pkg/errors"

	"github.com/egru/egru/examples/lm/corpus"
	"github.com/egru/egru/examples/lm/sample"
	"github.com/egru/egru/examples/lm/toylang"
)

// DataVariable is the environment variable that names a directory of corpora.
const DataVariable = "EGRU_DATA_DIR"

// DataFolder is the folder of a corpus, such as ptb, in the directory that
// EGRU_DATA_DIR names; "" where it is not set.
func DataFolder(corpus string) string {
	dir := os.Getenv(DataVariable)
	if dir == "" {
		return ""
	}
	return filepath.Join(dir, corpus)
}

// Vocabulary numbers the words of a text.
type Vocabulary = corpus.Vocabulary

// Text is a corpus of words in three parts.
type Text struct {
	Name               string
	Vocabulary         *Vocabulary
	Train, Valid, Test []int
	Toy                bool // it is of the artificial language

	floor func(tokens []int) (float64, error)
}

// sizes of the parts that models are judged by, for short runs.
const judged = 20_000

// ReadText reads the beginning of a corpus: words of its training text, and some
// of the others. A folder that is "" or does not exist gives a text of the
// artificial language of this project instead, whose true model is known.
// Perplexities are not those of whole corpora, whose vocabularies are larger.
func ReadText(folder string, words int) *Text {
	if folder != "" {
		whole, err := corpus.Load(folder)
		if err == nil {
			head := must(whole.Head(words, judged, judged))
			return &Text{Name: head.Name, Vocabulary: head.Vocabulary, Train: head.Train, Valid: head.Valid, Test: head.Test}
		}
		if !errors.Is(err, fs.ErrNotExist) {
			panic(err)
		}
	}
	language := must(toylang.New(toylang.DefaultConfig()))
	c := must(language.Corpus(1, words, judged/2, judged/2))
	return &Text{Name: c.Name, Vocabulary: c.Vocabulary, Train: c.Train, Valid: c.Valid, Test: c.Test,
		Toy: true, floor: language.Perplexity}
}

// String says which text it is, and how long.
func (t *Text) String() string {
	source := "corpus " + t.Name
	if t.Toy {
		source = "artificial language of this project, " + t.Name
	}
	return fmt.Sprintf("%s: %d words to train on, %d to validate, %d to test, vocabulary %d",
		source, len(t.Train), len(t.Valid), len(t.Test), t.Vocabulary.Size())
}

// References are simple models to compare with, by their perplexities on the
// validation text: the frequencies of words, those of pairs of words, and for the
// artificial language its true model, below which none can be.
func (t *Text) References() []Reference {
	unigram := must(corpus.FitUnigram(t.Train, t.Vocabulary.Size()))
	bigram := must(corpus.FitBigram(t.Train, t.Valid, t.Vocabulary.Size()))
	list := []Reference{
		{Label: "unigrams", Y: must(unigram.Perplexity(t.Valid))},
		{Label: "bigrams", Y: must(bigram.Perplexity(t.Valid))},
	}
	if t.floor != nil {
		list = append(list, Reference{Label: "true model", Y: must(t.floor(t.Valid))})
	}
	return list
}

// Words are the words of ids.
func (t *Text) Words(ids []int) []string {
	words := make([]string, len(ids))
	for i, id := range ids {
		word, ok := t.Vocabulary.Word(id)
		if !ok {
			panic(errors.Errorf("no word has the id %d", id))
		}
		words[i] = word
	}
	return words
}

// IDs are the ids of the words of a text, with the end of a sentence for each
// end of a line.
func (t *Text) IDs(words string) []int {
	var ids []int
	for _, line := range strings.Split(words, "\n") {
		for _, word := range append(strings.Fields(line), corpus.EndOfSentence) {
			id, ok := t.Vocabulary.ID(word)
			if !ok {
				panic(errors.Errorf("%s has no word %q", t.Name, word))
			}
			ids = append(ids, id)
		}
	}
	return ids
}

// Write lets a language model write words of text, drawn with a temperature:
// below 1 likely words become likelier.
func (t *Text) Write(m *LanguageModel, words int, temperature float64, seed uint64) string {
	c := sample.Default(words)
	c.Temperature = temperature
	return must(c.Text(context.Background(), m, t.Vocabulary, seed))
}
