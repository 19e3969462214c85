package main

import (
	"maps"
	"slices"
	"strings"

	"github.com/pkg/errors"
	"gorgonia.org/tensor"

	"github.com/egru/egru/graph/archive"
	"github.com/egru/egru/graph/checkpoint"
	"github.com/egru/egru/graph/exchange"
	"github.com/egru/egru/layers"
)

// foreign loads the language model of a file of EvNN or PyTorch. Such a file says
// nothing of its text: -data does, and a text of another number of words is an
// error. That its words are numbered alike, by their first appearance in the
// training text, has to be believed.
func foreign(s *settings, path string) (*loaded, error) {
	a, err := archive.Read(path)
	if err != nil {
		return nil, err
	}
	if _, ours := a.Metadata[checkpoint.VersionKey]; ours {
		return nil, errors.Wrapf(archive.ErrFormat, "%s is a checkpoint", path)
	}
	c := s.config
	if c.Data == "" {
		return nil, errors.Errorf("%s holds weights of another library: give the -data that they were trained on", path)
	}
	var prefix string
	if c.Cell, prefix, err = origin(a); err != nil {
		return nil, errors.Wrap(err, path)
	}
	l := &loaded{path: path, progress: progress{Config: c, Cell: c.Cell}}
	if c.Cell == layers.CellEGRU {
		l.model, err = exchange.NewEvNNLanguageModel(a, prefix, c.model(c.Cell, 1))
	} else {
		l.model, err = exchange.NewTorchLanguageModel(a, prefix, c.model(c.Cell, 1))
	}
	if err != nil {
		return nil, errors.Wrap(err, path)
	}
	if l.task, err = newTask(c); err != nil {
		return nil, err
	}
	if has, want := l.task.Vocabulary.Size(), l.model.Config().Vocabulary; has != want {
		return nil, errors.Errorf("%s is a model of %d words, %s has %d", path, want, l.task.Name, has)
	}
	return l, nil
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

// export writes a model under the names of EvNN, or of PyTorch for a GRU. The
// decoder of a tied EGRU takes the output gain, which EvNN does not have, and is
// tied no more.
func (l *loaded) export(path string) error {
	a := &archive.Archive{Tensors: map[string]*tensor.Dense{}}
	var err error
	if l.Cell == layers.CellEGRU {
		err = exchange.ExportEvNNLanguageModel(a, "", l.model, exchange.EvNNExport{Untie: true})
	} else {
		err = exchange.ExportTorchLanguageModel(a, "", l.model)
	}
	if err != nil {
		return errors.Wrap(err, "-to")
	}
	return errors.Wrap(a.WriteFile(path), "-to")
}
