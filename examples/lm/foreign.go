package main

import (
	"os"

	"github.com/pkg/errors"
	"gorgonia.org/tensor"

	"github.com/egru/egru/examples/internal/runs"
	"github.com/egru/egru/graph/archive"
	"github.com/egru/egru/graph/exchange"
	"github.com/egru/egru/layers"
)

// foreign loads the language model of a file of EvNN or PyTorch. Such a file says
// nothing of its text: -data does, and a text of another number of words is an
// error. That its words are numbered alike, by their first appearance in the
// training text, has to be believed.
func foreign(s *settings, path string) (*loaded, error) {
	model := func(cell string) layers.LanguageModelConfig { return s.config.model(cell, 1) }
	m, cell, err := runs.Foreign(path, model)
	if err != nil {
		return nil, err
	}
	c := s.config
	c.Cell = cell
	if c.Data == "" {
		return nil, errors.Errorf("%s holds weights of another library: give the -data that they were trained on", path)
	}
	l := &loaded{path: path, progress: progress{Config: c, Cell: cell}, model: m}
	if l.task, err = newTask(c); err != nil {
		return nil, err
	}
	return l, runs.Fits(path, m, l.task.Corpus)
}

// exportable reports a file that no export may take the place of: a checkpoint holds
// more than weights, and may be the one to export.
func exportable(path string) error {
	if err := folderOf(path); err != nil {
		return err
	}
	info, err := os.Stat(path)
	if err != nil || !info.Mode().IsRegular() {
		return nil
	}
	if a, err := archive.Read(path); err == nil && runs.IsCheckpoint(a) {
		return errors.Errorf("%s is a checkpoint, want another file", path)
	}
	return nil
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
