package main

import (
	"fmt"
	"path/filepath"

	"github.com/pkg/errors"

	"github.com/egru/egru/graph/checkpoint"
)

// resumable reports a cell whose steps are gone, but not its best epoch: trained from
// the beginning, another would take the place of that.
func (s *settings) resumable() error {
	for _, cell := range s.config.cells() {
		dir := filepath.Join(s.out, cell)
		steps, err := matching(dir, stepFiles)
		if err != nil {
			return err
		}
		best, err := matching(dir, bestFile)
		if err != nil {
			return err
		}
		if len(best) > 0 && len(steps) == 0 {
			return errors.Errorf("%s holds %s, but no %s to go on from; -from %[1]s, with another -out, trains on from its weights", dir, bestFile, stepFiles)
		}
	}
	return nil
}

// open opens the files of the cell, and takes up the run that they hold if that
// is asked for.
func (tr *trainer) open() error {
	s := tr.settings
	if s.out == "" {
		return nil
	}
	var err error
	if tr.files, err = openFiles(filepath.Join(s.out, tr.cell), s.keep); err != nil || !s.resume {
		return err
	}
	if err := tr.resume(); err != nil {
		return errors.Wrap(err, "-resume")
	}
	return s.writeConfig()
}

// resume goes on from the newest checkpoint; where nothing was saved yet, from the
// beginning.
func (tr *trainer) resume() error {
	snapshot, step, err := tr.files.store.Latest()
	if errors.Is(err, checkpoint.ErrNone) {
		if err := tr.begin(); err != nil {
			return err
		}
		return tr.files.cut(0)
	}
	if err != nil {
		return err
	}
	path := tr.files.store.Path(step)
	var p progress
	if err := snapshot.Decode(&p); err != nil {
		return errors.Wrap(err, path)
	}
	if err := tr.matches(&p); err != nil {
		return errors.Wrap(err, path)
	}
	if begun := p.begun(); tr.config.Epochs < begun {
		return errors.Errorf("-epochs is %d, want at least %d: so many has the run in %s begun", tr.config.Epochs, begun, tr.files.dir)
	}
	for _, err := range tr.files.store.Damaged() {
		p.Warnings = append(p.Warnings, "passed over: "+err.Error())
	}
	// The best first: its weights have to fit, too, and those of the step come
	// over them.
	if err := tr.resumeBest(snapshot, &p); err != nil {
		p.Best = 0
		p.Warnings = append(p.Warnings, fmt.Sprintf("the best epoch so far is lost, that of the epochs to come takes its place: %v", err))
	}
	if err := snapshot.Restore(tr.model.Params(), tr.solver, tr.stream); err != nil {
		return errors.Wrap(err, path)
	}
	tr.solver.SetLearnRate(tr.recipe.LearnRate)
	tr.session.SetRuns(p.Runs)
	p.Config = tr.config
	tr.progress, tr.files.saved, tr.savedWindows = p, path, p.Windows
	return tr.files.cut(p.Log)
}

// resumeBest takes the weights of the best epoch from its file, or from the
// step itself where it was saved at the end of that epoch.
func (tr *trainer) resumeBest(step *checkpoint.Snapshot, p *progress) error {
	if p.Best == 0 {
		return nil
	}
	best, err := tr.files.store.Best()
	var of progress
	if err == nil {
		if err = best.Decode(&of); err == nil && (of.Cell != p.Cell || of.Best != p.Best || !of.Config.resumes(p.Config)) {
			err = errors.Errorf("%s is of epoch %d of another run, or written after the checkpoint", tr.files.store.BestPath(), of.Best)
		}
	}
	if err == nil {
		err = best.RestoreWeights(tr.model.Params())
	}
	if err != nil && p.Best == p.Epoch-1 && p.Window == 0 {
		tr.best, tr.bestUnsaved = &checkpoint.Snapshot{Weights: step.Weights, Run: step.Run}, true
		return nil
	}
	if err == nil {
		tr.best = best
	}
	return err
}

// matches reports a checkpoint of another run.
func (tr *trainer) matches(p *progress) error {
	if err := p.validate(); err != nil {
		return err
	}
	now := &tr.progress
	switch {
	case !now.Config.resumes(p.Config):
		return errors.New("it was made with other settings; of them only -epochs, -lr, -clip, -data and -from may change")
	case p.Cell != now.Cell:
		return errors.Errorf("it is of the cell %s, want %s", p.Cell, now.Cell)
	case p.Vocabulary != now.Vocabulary || p.Text != now.Text:
		return errors.Errorf("it was trained on another text than that of %s", tr.task.Name)
	}
	return nil
}
