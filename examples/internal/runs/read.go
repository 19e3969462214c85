package runs

import (
	"encoding/json"

	"github.com/pkg/errors"

	"github.com/egru/egru/examples/lm/corpus"
	"github.com/egru/egru/graph/archive"
	"github.com/egru/egru/graph/checkpoint"
	"github.com/egru/egru/layers"
)

// Model is a trained model with its text.
type Model struct {
	Path string
	Cell string
	Text *corpus.Corpus
	LM   *layers.LanguageModel
}

// Source says where a model lies.
type Source struct {
	From string // a checkpoint, the folder of a run, or a file of EvNN or PyTorch
	Cell string // of the folder of a run; empty: the only one
	Data string // where the text is now; empty: where it was in training
}

// run is what a checkpoint tells of its run, as far as it matters here.
type run struct {
	Config struct {
		Shape
		Text
	} `json:"config"`
	Cell       string `json:"cell"`
	Vocabulary string `json:"vocabulary"` // hash
}

// Read reads a model and its text.
func (s Source) Read() (*Model, error) {
	path, err := Find(s.From, s.Cell)
	if err != nil {
		return nil, err
	}
	snapshot, err := checkpoint.Load(path)
	if errors.Is(err, checkpoint.ErrDamaged) {
		// Perhaps it never was one.
		m, e := s.foreign(path)
		if !errors.Is(e, archive.ErrFormat) {
			return m, e
		}
		err = Damaged(path, err, e)
	}
	if err != nil {
		return nil, err
	}
	m, err := s.restore(path, snapshot)
	return m, errors.Wrap(err, path)
}

func (s Source) restore(path string, snapshot *checkpoint.Snapshot) (*Model, error) {
	var r run
	if err := json.Unmarshal(snapshot.Run, &r); err != nil {
		return nil, errors.Wrap(err, "it is no checkpoint of a language model")
	}
	shape, text := r.Config.Shape, r.Config.Text
	if s.Data != "" {
		text.Data = s.Data
	}
	switch {
	case r.Cell != layers.CellEGRU && r.Cell != layers.CellGRU:
		return nil, errors.Errorf("it is of the cell %q, want egru or gru", r.Cell)
	case s.Cell != "" && s.Cell != r.Cell:
		return nil, errors.Errorf("it is of the cell %s, want %s", r.Cell, s.Cell)
	case text.Data == "" && (text.Words < 1 || text.Words > MaxWords):
		return nil, errors.Errorf("its text has %d words, want 1 to %d", text.Words, MaxWords)
	}
	if err := shape.Validate(); err != nil {
		return nil, errors.Wrap(err, "its settings")
	}
	m := &Model{Path: path, Cell: r.Cell}
	var err error
	if m.Text, _, err = text.Load(); err != nil {
		return nil, err
	}
	words := m.Text.Vocabulary.Size()
	m.LM, err = Restore(snapshot, r.Vocabulary, m.Text, shape.Parameters(r.Cell, words), shape.Model(r.Cell, words))
	return m, err
}

func (s Source) foreign(path string) (*Model, error) {
	lm, cell, err := Foreign(path, func(cell string) layers.LanguageModelConfig {
		c := layers.DefaultLanguageModel(1, 1, 1, 1)
		c.Cell = cell
		return c
	})
	if err != nil {
		return nil, err
	}
	if s.Data == "" {
		return nil, errors.Errorf("%s holds weights of another library: give the -data that they were trained on", path)
	}
	m := &Model{Path: path, Cell: cell, LM: lm}
	if m.Text, _, err = (Text{Data: s.Data}).Load(); err != nil {
		return nil, err
	}
	return m, Fits(path, lm, m.Text)
}
