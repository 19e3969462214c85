package main

import (
	"bufio"
	"encoding/json"
	"io"
	"os"
	"path/filepath"

	"github.com/pkg/errors"

	"github.com/egru/egru/graph/checkpoint"
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
