package main

import (
	"fmt"

	"github.com/pkg/errors"

	"github.com/egru/egru/examples/internal/runs"
	"github.com/egru/egru/graph/archive"
	"github.com/egru/egru/graph/checkpoint"
	"github.com/egru/egru/layers"
)

var errBothFrom = errors.New("-cell is both, but -from starts one of them: want egru or gru")

// start is a checkpoint whose weights a training begins with.
type start struct {
	path     string
	snapshot *checkpoint.Snapshot
	progress progress
}

// readStart reads the checkpoint of a path, or of the folder of a run the best one
// of a cell; of the only one where cell is empty.
func readStart(from, cell string) (*start, error) {
	if cell == cellBoth {
		return nil, errBothFrom
	}
	path, err := runs.Find(from, cell)
	if err != nil {
		return nil, errors.Wrap(err, "-from")
	}
	s := &start{path: path}
	if s.snapshot, err = checkpoint.Load(path); errors.Is(err, checkpoint.ErrDamaged) {
		err = neverOne(path, err)
	}
	if err != nil {
		return nil, errors.Wrap(err, "-from")
	}
	if err := s.snapshot.Decode(&s.progress); err != nil {
		return nil, errors.Wrap(err, path)
	}
	if err := s.progress.validate(); err != nil {
		return nil, errors.Wrap(err, path)
	}
	if cell != "" && s.progress.Cell != cell {
		return nil, errors.Errorf("-from: %s is of the cell %s, -cell is %s", path, s.progress.Cell, cell)
	}
	return s, nil
}

// neverOne is the error of a damaged checkpoint, or of what never was one.
func neverOne(path string, damaged error) error {
	a, err := archive.Read(path)
	switch {
	case err != nil:
		return runs.Damaged(path, damaged, err)
	case !runs.IsCheckpoint(a):
		return errors.Errorf("%s holds weights of another library; training goes on from a checkpoint only", path)
	}
	return damaged
}

// config is that of the run, for the cell of the checkpoint alone. Of its pruning
// the sparsity stays, which is there from the beginning.
func (s *start) config() config {
	c := s.progress.Config
	c.Cell = s.progress.Cell
	p := c.Prune
	c.Prune = pruning{Sparsity: p.Sparsity, Scope: p.Scope, Weights: p.Weights}
	return c
}

// fits reports a checkpoint that is of another text or another size than a run,
// before memory is taken for a model.
func (s *start) fits(c config, t *task) error {
	words, was := t.Vocabulary.Size(), s.progress.Config.shape()
	if err := was.Validate(); err != nil {
		return errors.Wrapf(err, "-from: %s: its settings", s.path)
	}
	parameters := c.shape().Parameters(s.progress.Cell, words)
	if parameters != was.Parameters(s.progress.Cell, words) {
		return errors.Errorf("%s, as it is in %s", differs(c.shape(), was), s.path)
	}
	return errors.Wrapf(runs.Check(s.snapshot, s.progress.Vocabulary, t.Corpus, parameters), "-from: %s", s.path)
}

// differs names the first setting by which models of two shapes are not of one size.
func differs(is, want runs.Shape) string {
	for _, of := range []struct {
		flag     string
		is, want any
	}{
		{"layers", is.Layers, want.Layers}, {"hidden", is.Hidden, want.Hidden}, {"embed", is.Embed, want.Embed},
		{"variant", is.EGRU.Variant, want.EGRU.Variant}, {"learn-gain", is.EGRU.LearnGain, want.EGRU.LearnGain},
	} {
		if of.is != of.want {
			return fmt.Sprintf("-%s is %v, want %v", of.flag, of.is, of.want)
		}
	}
	return "the settings are others"
}

// start reads the checkpoint to start from.
func (tr *trainer) start() (*start, error) {
	s, err := readStart(tr.config.From, tr.cell)
	if err != nil {
		return nil, err
	}
	return s, s.fits(tr.config, tr.task)
}

// startable reports a checkpoint that a new run cannot start from, before the run
// takes the place of another.
func (s *settings) startable(t *task) error {
	if s.config.From == "" || s.resume {
		return nil
	}
	from, err := readStart(s.config.From, s.config.Cell)
	if err != nil {
		return err
	}
	return from.fits(s.config, t)
}

func (s *start) restore(m *layers.LanguageModel) error {
	return errors.Wrapf(s.snapshot.RestoreWeights(m.Params()), "-from: %s", s.path)
}

// newModel makes the model to train, with the weights of the run to start from. A
// run that goes on has its weights from its own checkpoint.
func (tr *trainer) newModel() error {
	var from *start
	var err error
	if tr.config.From != "" && !tr.settings.resume {
		if from, err = tr.start(); err != nil {
			return err
		}
	}
	if tr.model, err = layers.NewLanguageModel(tr.config.model(tr.cell, tr.task.Vocabulary.Size())); err != nil || from == nil {
		return err
	}
	return from.restore(tr.model)
}

// begin is for a run that goes on, but was stopped before its first checkpoint.
func (tr *trainer) begin() error {
	if tr.config.From == "" {
		return nil
	}
	from, err := tr.start()
	if err != nil {
		return err
	}
	return from.restore(tr.model)
}
