package main

import (
	"bufio"
	"bytes"
	"encoding/json"
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

// claim makes -out the folder of this run, and writes its config there, unless it
// is there.
func (s *settings) claim() error {
	if s.out == "" {
		return nil
	}
	if !s.resume {
		for _, cell := range s.config.cells() {
			dir := filepath.Join(s.out, cell)
			if err := s.replaceable(dir); err != nil {
				return err
			}
			if err := os.RemoveAll(dir); err != nil {
				return errors.Wrap(err, "-out")
			}
		}
	}
	if err := os.MkdirAll(s.out, 0o755); err != nil {
		return errors.Wrap(err, "-out")
	}
	raw, err := s.config.encode()
	if err != nil {
		return err
	}
	if there, err := os.ReadFile(filepath.Join(s.out, configFile)); err == nil && bytes.Equal(there, raw) {
		return nil
	}
	return errors.Wrap(atomicfile.WriteBytes(filepath.Join(s.out, configFile), raw), "-out")
}

// replaceable refuses to begin a run in a folder that was named and holds
// another: hours of work may be in it.
func (s *settings) replaceable(dir string) error {
	if !s.given["out"] {
		return nil
	}
	if held, _ := filepath.Glob(filepath.Join(dir, "*.safetensors")); len(held) > 0 {
		return errors.Errorf("-out: %s holds the checkpoints of a run; go on with it by -resume, or give another -out", dir)
	}
	return nil
}

// open opens the files of the run, and takes up the run that they hold if that
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
	return tr.resume()
}

// resume goes on from the newest checkpoint; without any, from the start.
func (tr *trainer) resume() error {
	snapshot, _, err := tr.files.store.Latest()
	if errors.Is(err, checkpoint.ErrNone) {
		return tr.files.cut(0)
	}
	if err != nil {
		return errors.Wrap(err, "-resume")
	}
	var p progress
	if err := snapshot.Decode(&p); err != nil {
		return err
	}
	if err := tr.matches(p); err != nil {
		return errors.Wrapf(err, "-resume: checkpoint in %s", tr.files.dir)
	}
	if err := snapshot.Restore(tr.model.Params(), tr.solver, tr.stream); err != nil {
		return err
	}
	tr.session.SetRuns(p.Runs)
	if p.Best > 0 {
		best, err := tr.files.store.Best()
		if err != nil {
			return err
		}
		tr.best = best.Weights
	}
	p.Config = tr.config
	for _, err := range tr.files.store.Damaged() {
		p.Warnings = append(p.Warnings, "passed over: "+err.Error())
	}
	tr.progress = p
	return tr.files.cut(p.Log)
}

// matches reports a checkpoint of another run.
func (tr *trainer) matches(p progress) error {
	now := &tr.progress
	switch {
	case !now.Config.resumes(p.Config):
		return errors.New("it was made with other settings; of them only -epochs and -data may change")
	case p.Cell != now.Cell:
		return errors.Errorf("it is of a %s, want %s", p.Cell, now.Cell)
	case p.Vocabulary != now.Vocabulary || p.Tokens != now.Tokens:
		return errors.Errorf("it was trained on %d words of another text or vocabulary; %s has %d", p.Tokens, tr.task.Name, now.Tokens)
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

// save writes a checkpoint.
func (tr *trainer) save(r *reporter) error {
	if tr.files == nil {
		return nil
	}
	tr.savedAt = time.Now() // also where it fails: not again at every window
	if err := finite(tr.model.Params()); err != nil {
		return tr.stopped(err) // what is there is better than this
	}
	err := tr.write(func(s *checkpoint.Snapshot) error {
		return tr.files.store.Save(tr.progress.Windows, s)
	})
	if err == nil {
		tr.files.saved = tr.files.store.Path(tr.progress.Windows)
	}
	return tr.unsaved(err, r)
}

// saveBest writes the checkpoint to evaluate and sample.
func (tr *trainer) saveBest(r *reporter) error {
	if tr.files == nil {
		return nil
	}
	return tr.unsaved(tr.write(tr.files.store.SaveBest), r)
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

func (tr *trainer) write(save func(*checkpoint.Snapshot) error) error {
	var err error
	if tr.progress.Log, err = tr.files.flush(); err != nil {
		return err
	}
	snapshot, err := checkpoint.Take(tr.model.Params(), tr.solver, tr.stream, &tr.progress)
	if err != nil {
		return err
	}
	return save(snapshot)
}

// unsaved decides what becomes of a checkpoint that could not be written.
func (tr *trainer) unsaved(err error, r *reporter) error {
	if err == nil {
		return nil
	}
	err = errors.Wrap(err, "checkpoint")
	if tr.settings.onFull == onFullContinue {
		r.warn(err.Error())
		return nil
	}
	if at := tr.files.last(); at != "" {
		return errors.Wrapf(err, "training stopped; -resume goes on from %s", at)
	}
	return errors.Wrap(err, "training stopped")
}
