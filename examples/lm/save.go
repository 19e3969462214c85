package main

import (
	"time"

	"github.com/pkg/errors"

	"github.com/egru/egru/graph/checkpoint"
	"github.com/egru/egru/layers"
)

// saveInTime saves if the last checkpoint is long ago.
func (tr *trainer) saveInTime(r *reporter) error {
	if tr.files == nil || time.Since(tr.savedAt) < tr.settings.every {
		return nil
	}
	return tr.save(r)
}

// save writes a checkpoint, and after it the best one if it has changed.
func (tr *trainer) save(r *reporter) error {
	if tr.files == nil {
		return nil
	}
	tr.savedAt = time.Now() // also where it fails: not again at every window
	if err := finite(tr.model.Params()); err != nil {
		return tr.stopped(err) // what is there is better than this
	}
	tr.unsavedLast = tr.write()
	return tr.unsaved(tr.unsavedLast, r)
}

// keep makes sure of the result of a training that is over: the best weights, where
// there are any. By themselves they may have room where a whole checkpoint had none.
func (tr *trainer) keep(r *reporter) {
	err := errors.Wrap(tr.unsavedLast, "the last weights could not be saved")
	if tr.best != nil {
		err = nil
	}
	if tr.bestUnsaved && tr.files != nil {
		err = errors.Wrap(tr.files.store.SaveBest(tr.best), "the best weights could not be saved")
		tr.bestUnsaved = err != nil
	}
	if err == nil {
		return
	}
	r.warn(err.Error())
	if r.unkept == nil {
		r.unkept = errors.Wrap(err, tr.cell)
	}
}

func (tr *trainer) write() error {
	p := &tr.progress
	var err error
	if p.Log, err = tr.files.flush(); err != nil {
		return err
	}
	snapshot, err := checkpoint.Take(tr.model.Params(), tr.solver, tr.stream, p)
	if err != nil {
		return err
	}
	if err := tr.files.store.Save(p.Windows, snapshot); err != nil {
		return err
	}
	tr.files.saved, tr.savedWindows = tr.files.store.Path(p.Windows), p.Windows
	if tr.bestUnsaved {
		if err := tr.files.store.SaveBest(tr.best); err != nil {
			return err
		}
		tr.bestUnsaved = false
	}
	return nil
}

// finite reports a weight that has lost its numbers.
func finite(params []*layers.Param) error {
	for _, p := range params {
		for _, w := range p.Value().Float32s() {
			if w-w != 0 {
				return errors.Errorf("weight %s holds %v", p.Name(), w)
			}
		}
	}
	return nil
}

// unsaved decides what becomes of a checkpoint that could not be written.
func (tr *trainer) unsaved(err error, r *reporter) error {
	if err == nil {
		return nil
	}
	if tr.settings.onFull == onFullContinue {
		r.warn(err.Error())
		return nil
	}
	if at := tr.files.last(); at != "" {
		return errors.Wrapf(err, "training stopped; -resume goes on from %s", at)
	}
	return errors.Wrap(err, "training stopped")
}
