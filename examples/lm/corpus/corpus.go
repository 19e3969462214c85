package corpus

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/pkg/errors"
)

// Corpus is a text in three parts, as word ids in 0 <= id < Vocabulary.Size().
type Corpus struct {
	Name       string
	Vocabulary *Vocabulary
	Train      []int
	Valid      []int
	Test       []int
}

// minTokens is one token to read and one to predict.
const minTokens = 2

// New checks the parts and puts them together, without copying: every text
// needs at least two tokens, all of them ids of the vocabulary.
func New(name string, vocabulary *Vocabulary, train, valid, test []int) (*Corpus, error) {
	if vocabulary == nil {
		return nil, errors.New("corpus: vocabulary is nil")
	}
	for _, part := range []struct {
		name   string
		tokens []int
	}{{"train", train}, {"valid", valid}, {"test", test}} {
		if err := checkTokens(part.tokens, vocabulary.Size()); err != nil {
			return nil, errors.Wrapf(err, "corpus: %s", part.name)
		}
	}
	return &Corpus{Name: name, Vocabulary: vocabulary, Train: train, Valid: valid, Test: test}, nil
}

func checkTokens(tokens []int, size int) error {
	if len(tokens) < minTokens {
		return errors.Wrapf(ErrTooShort, "text has %d tokens, want at least %d", len(tokens), minTokens)
	}
	for i, id := range tokens {
		if id < 0 || id >= size {
			return errors.Errorf("token %d is %d, want 0 <= id < %d", i, id, size)
		}
	}
	return nil
}

// namings are the file names Load looks for, in this order.
var namings = []string{"ptb.%s.txt", "%s.txt", "wiki.%s.tokens"}

// Load reads the corpus of a directory within DefaultLimits; see LoadLimits.
func Load(dir string) (*Corpus, error) { return LoadLimits(dir, DefaultLimits()) }

// LoadLimits reads the three files of a directory: ptb.train.txt, train.txt or
// wiki.train.tokens, the first of these that exists, and the valid and test
// files named like it. The corpus is called after the directory.
//
// The vocabulary is that of train, <eos> included, with ids in the order of
// first appearance. A word of valid or test that train does not have is read
// as <unk> if train has <unk>, and is otherwise an error that wraps
// ErrUnknownWord. A missing directory or file gives an error that wraps
// fs.ErrNotExist; the other causes are listed with ErrEmpty.
func LoadLimits(dir string, limits Limits) (*Corpus, error) {
	if err := limits.Validate(); err != nil {
		return nil, err
	}
	naming, err := findNaming(dir)
	if err != nil {
		return nil, err
	}
	vocabulary := emptyVocabulary()
	train, err := readFile(dir, fmt.Sprintf(naming, "train"), limits, learn(vocabulary, limits.Words))
	if err != nil {
		return nil, err
	}
	valid, err := readFile(dir, fmt.Sprintf(naming, "valid"), limits, known(vocabulary))
	if err != nil {
		return nil, err
	}
	test, err := readFile(dir, fmt.Sprintf(naming, "test"), limits, known(vocabulary))
	if err != nil {
		return nil, err
	}
	name := dir
	if absolute, err := filepath.Abs(dir); err == nil {
		name = absolute // so that "." has a name too
	}
	return New(filepath.Base(name), vocabulary, train, valid, test)
}

func findNaming(dir string) (string, error) {
	// Asking for the directory first tells a missing one from one without a corpus.
	if info, err := os.Stat(dir); err != nil {
		return "", errors.Wrap(err, "corpus")
	} else if !info.IsDir() {
		return "", errors.Errorf("corpus: %s is a file, want a directory", dir)
	}
	var looked []string
	for _, naming := range namings {
		name := fmt.Sprintf(naming, "train")
		if _, err := os.Stat(filepath.Join(dir, name)); err == nil {
			return naming, nil
		} else if !errors.Is(err, fs.ErrNotExist) {
			return "", errors.Wrap(err, "corpus")
		}
		looked = append(looked, name)
	}
	return "", errors.Wrapf(fs.ErrNotExist, "corpus: directory %s has none of %s", dir, strings.Join(looked, ", "))
}

func readFile(dir, name string, limits Limits, id lookup) ([]int, error) {
	path := filepath.Join(dir, name)
	info, err := os.Stat(path)
	if err != nil {
		return nil, errors.Wrap(err, "corpus")
	}
	// Opening a pipe or a device could wait forever.
	if !info.Mode().IsRegular() {
		return nil, errors.Errorf("corpus: %s is no regular file", path)
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, errors.Wrap(err, "corpus")
	}
	defer file.Close()
	return readTokens(file, path, limits, id)
}
