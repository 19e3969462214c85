package main

import (
	"context"
	"slices"

	"github.com/pkg/errors"

	"github.com/egru/egru/examples/internal/memory"
	"github.com/egru/egru/examples/internal/runs"
	"github.com/egru/egru/graph"
	"github.com/egru/egru/graph/archive"
	"github.com/egru/egru/graph/checkpoint"
	"github.com/egru/egru/graph/probe"
	"github.com/egru/egru/layers"
)

// loaded is a trained model with its text.
type loaded struct {
	progress
	path  string
	task  *task
	model *layers.LanguageModel
}

const bestFile = runs.BestFile

// load reads the checkpoint of -from. Text and sizes are those of its run;
// -data may say where the text is now.
func load(s *settings) (*loaded, error) {
	path, err := runs.Find(s.from, s.cellGiven())
	if err != nil {
		return nil, errors.Wrap(err, "-from")
	}
	snapshot, err := checkpoint.Load(path)
	if errors.Is(err, checkpoint.ErrDamaged) {
		// Perhaps it never was one.
		l, e := foreign(s, path)
		if !errors.Is(e, archive.ErrFormat) {
			return l, errors.Wrap(e, "-from")
		}
		err = runs.Damaged(path, err, e)
	}
	if err != nil {
		return nil, errors.Wrap(err, "-from")
	}
	if s.given["zoneout"] {
		return nil, errors.Errorf("-zoneout is for weights of other libraries: %s is a checkpoint, which has its own", path)
	}
	l := &loaded{path: path}
	if err := snapshot.Decode(&l.progress); err != nil {
		return nil, errors.Wrap(err, path)
	}
	if err := l.validate(); err != nil {
		return nil, errors.Wrap(err, path)
	}
	if s.given["cell"] && s.config.Cell != l.Cell {
		return nil, errors.Errorf("%s is of the cell %s, -cell is %s", path, l.Cell, s.config.Cell)
	}
	c := &l.Config
	if s.given["data"] {
		c.Data = s.config.Data
	}
	if s.given["bptt"] {
		c.Window = s.config.Window
	}
	if s.given["eval-batch"] {
		c.EvalBatch = s.config.EvalBatch
	}
	if err := c.validate(); err != nil {
		return nil, errors.Wrapf(err, "%s: its settings", path)
	}
	if !slices.Contains(c.cells(), l.Cell) {
		return nil, errors.Errorf("%s is of the cell %q, its settings are for %q", path, l.Cell, c.Cell)
	}
	if l.task, err = newTask(*c); err != nil {
		return nil, err
	}
	words := l.task.Vocabulary.Size()
	if l.model, err = runs.Restore(snapshot, l.Vocabulary, l.task.Corpus, c.shape().Parameters(l.Cell, words), c.model(l.Cell, words)); err != nil {
		return nil, errors.Wrap(err, path)
	}
	memory.CollectFor(l.model.Params())
	return l, nil
}

// cellGiven is -cell, empty where it is not given.
func (s *settings) cellGiven() string {
	if s.given["cell"] {
		return s.config.Cell
	}
	return ""
}

// evaluate measures a model on the validation and the test text.
func (l *loaded) evaluate(ctx context.Context) (epochResult, error) {
	e := epochResult{Cell: l.Cell}
	if best := l.best(); best != nil {
		e = *best
	}
	session, err := graph.NewSession(graph.LanguageModel{LanguageModel: l.model}, graph.Config{})
	if err != nil {
		return e, err
	}
	valid, err := evaluate(ctx, session, l.task.Valid, l.Config.EvalBatch, l.Config.Window)
	if err != nil {
		return e, err
	}
	meters := probe.LanguageModel(l.model)
	meters.Reset()
	test, err := evaluate(ctx, session, l.task.Test, l.Config.EvalBatch, l.Config.Window)
	if err != nil {
		return e, err
	}
	e.ValidPPL, e.TestPPL = valid.perplexity(), test.perplexity()
	report, err := meters.Read().Report(test.Count)
	if err != nil {
		return e, err
	}
	e.measure(report)
	e.PeakRSSMB = memory.PeakMB()
	return e, ctx.Err()
}
