package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/pkg/errors"

	"github.com/egru/egru/graph/checkpoint"
	"github.com/egru/egru/internal/atomicfile"
	"github.com/egru/egru/layers"
)

// runFiles are the files of the training of one cell: its checkpoints and the
// log of its windows. A nil one writes nothing.
type runFiles struct {
	dir   string
	store *checkpoint.Store
	log   *os.File
	lines *bufio.Writer
	whole int64  // bytes of the log that are on the disk, all of them whole lines
	saved string // the last checkpoint written
}

// windowLine is a line of the log: one window of training.
type windowLine struct {
	Cell      string  `json:"cell"`
	Epoch     int     `json:"epoch"`
	Window    int     `json:"window"` // of the epoch, from 1
	Steps     int     `json:"steps"`
	Loss      float64 `json:"loss"` // cross-entropy in nats a word
	Norm      float64 `json:"norm"` // of the gradients before clipping
	LearnRate float64 `json:"lr"`
}

const (
	windowLog  = "windows.jsonl"
	configFile = "config.json"
	lockFile   = ".lock"
)

// openFiles opens the folder of a cell.
func openFiles(dir string, keep int) (*runFiles, error) {
	store, err := checkpoint.Open(dir, checkpoint.Config{Keep: keep})
	if err != nil {
		return nil, err
	}
	f, err := os.OpenFile(filepath.Join(dir, windowLog), os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, err
	}
	return &runFiles{dir: dir, store: store, log: f, lines: bufio.NewWriter(f)}, nil
}

// window writes a line of the log. A failure shows at the next checkpoint, which
// flushes.
func (f *runFiles) window(l windowLine) {
	if f == nil {
		return
	}
	raw, err := json.Marshal(l)
	if err == nil {
		_, _ = f.lines.Write(append(raw, '\n'))
	}
}

// flush brings the log to the disk, and gives its length. Where that fails the
// lines since the last time are lost, so that none stays cut short.
func (f *runFiles) flush() (int64, error) {
	err := f.lines.Flush()
	if err == nil {
		err = f.log.Sync()
	}
	if err != nil {
		_ = f.cut(f.whole)
		return 0, errors.Wrap(err, windowLog)
	}
	f.whole, err = f.log.Seek(0, io.SeekCurrent)
	return f.whole, err
}

// cut takes away what the log holds past a checkpoint: those windows are to be
// trained again.
func (f *runFiles) cut(at int64) error {
	info, err := f.log.Stat()
	if err != nil {
		return err
	}
	if info.Size() < at {
		return errors.Errorf("%s has %d bytes, fewer than the %d that the checkpoint knows", filepath.Join(f.dir, windowLog), info.Size(), at)
	}
	f.lines.Reset(f.log)
	if err := f.log.Truncate(at); err != nil {
		return err
	}
	f.whole, err = f.log.Seek(at, io.SeekStart)
	return err
}

// last is the path of the last checkpoint that was written.
func (f *runFiles) last() string {
	if f == nil {
		return ""
	}
	return f.saved
}

func (f *runFiles) close() error {
	if f == nil {
		return nil
	}
	err := f.lines.Flush()
	if e := f.log.Close(); err == nil {
		err = e
	}
	return errors.Wrap(err, windowLog)
}

// claim takes -out for this run alone until release is called. A new run also
// removes what an earlier one has left there, and nothing else.
func (s *settings) claim() (release func(), err error) {
	if s.out == "" {
		return func() {}, nil
	}
	if err := os.MkdirAll(s.out, 0o755); err != nil {
		return nil, errors.Wrap(err, "-out")
	}
	release, err = atomicfile.Lock(filepath.Join(s.out, lockFile))
	if errors.Is(err, atomicfile.ErrLocked) {
		return nil, errors.Errorf("-out: another run is at work in %s", s.out)
	}
	if err != nil {
		return nil, errors.Wrap(err, "-out")
	}
	if s.resume {
		return release, nil
	}
	if err = s.replace(); err == nil {
		err = s.writeConfig()
	}
	if err != nil {
		release()
		return nil, errors.Wrap(err, "-out")
	}
	return release, nil
}

// replace removes the files of an earlier run. In a folder that was named it
// refuses to, where there are checkpoints: hours of work may be in them.
func (s *settings) replace() error {
	var left []string
	for _, cell := range []string{layers.CellEGRU, layers.CellGRU} {
		for _, pattern := range []string{"step-*.safetensors", bestFile, windowLog} {
			found, err := filepath.Glob(filepath.Join(s.out, cell, pattern))
			if err != nil {
				return err
			}
			if len(found) > 0 && pattern != windowLog && s.given["out"] {
				return errors.Errorf("%s holds the checkpoints of a run; go on with it by -resume, or give another folder", filepath.Dir(found[0]))
			}
			left = append(left, found...)
		}
	}
	for _, path := range left {
		if err := os.Remove(path); err != nil {
			return err
		}
	}
	return nil
}

// writeConfig writes the config of the run, unless it is there.
func (s *settings) writeConfig() error {
	raw, err := s.config.encode()
	if err != nil {
		return err
	}
	path := filepath.Join(s.out, configFile)
	if there, err := os.ReadFile(path); err == nil && bytes.Equal(there, raw) {
		return nil
	}
	return atomicfile.WriteBytes(path, raw)
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

// resume goes on from the newest checkpoint; without any, from the start.
func (tr *trainer) resume() error {
	snapshot, step, err := tr.files.store.Latest()
	if errors.Is(err, checkpoint.ErrNone) {
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
		return errors.New("it was made with other settings; of them only -epochs, -lr, -clip and -data may change")
	case p.Cell != now.Cell:
		return errors.Errorf("it is of the cell %s, want %s", p.Cell, now.Cell)
	case p.Vocabulary != now.Vocabulary || p.Text != now.Text:
		return errors.Errorf("it was trained on another text than that of %s", tr.task.Name)
	}
	return nil
}

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
	return tr.unsaved(tr.write(), r)
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
