package runs

import (
	"maps"
	"slices"
	"strings"

	"github.com/pkg/errors"

	"github.com/egru/egru/examples/lm/corpus"
	"github.com/egru/egru/graph/archive"
	"github.com/egru/egru/graph/checkpoint"
	"github.com/egru/egru/graph/exchange"
	"github.com/egru/egru/layers"
)

// Foreign reads the language model of a file of EvNN or PyTorch, and its cell.
// model gives the settings of a cell that are in no such file. An error that wraps
// archive.ErrFormat says that it is none.
func Foreign(path string, model func(cell string) layers.LanguageModelConfig) (m *layers.LanguageModel, cell string, err error) {
	a, err := archive.Read(path)
	if err != nil {
		return nil, "", err
	}
	if IsCheckpoint(a) {
		return nil, "", errors.Wrapf(archive.ErrFormat, "%s is a checkpoint", path)
	}
	cell, prefix, err := origin(a)
	if err != nil {
		return nil, "", errors.Wrap(err, path)
	}
	if cell == layers.CellEGRU {
		m, err = exchange.NewEvNNLanguageModel(a, prefix, model(cell))
	} else {
		m, err = exchange.NewTorchLanguageModel(a, prefix, model(cell))
	}
	return m, cell, errors.Wrap(err, path)
}

// IsCheckpoint says whether an archive is a checkpoint, whole or not.
func IsCheckpoint(a *archive.Archive) bool {
	_, ours := a.Metadata[checkpoint.VersionKey]
	return ours
}

// Fits reports a foreign model of another number of words than a text. Such a file
// says nothing of its text. That its words are numbered alike, by their first
// appearance in the training text, has to be believed.
func Fits(path string, m *layers.LanguageModel, text *corpus.Corpus) error {
	if has, want := text.Vocabulary.Size(), m.Config().Vocabulary; has != want {
		return errors.Errorf("%s is a model of %d words, %s has %d", path, want, text.Name, has)
	}
	return nil
}

// origin tells by the names of weights which cell they are of, and what stands
// before the names.
func origin(a *archive.Archive) (cell, prefix string, err error) {
	for _, name := range slices.Sorted(maps.Keys(a.Tensors)) {
		if at := strings.Index(name, "rnns.0."); at >= 0 {
			return layers.CellEGRU, name[:at], nil
		}
		if at := strings.Index(name, "rnn.weight_ih_l0"); at >= 0 {
			return layers.CellGRU, name[:at], nil
		}
	}
	return "", "", errors.New("there are neither weights of an EvNN language model (rnns.0...) nor of one of PyTorch (rnn.weight_ih_l0)")
}
