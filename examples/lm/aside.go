package main

import (
	"io/fs"
	"os"
	"path/filepath"

	"github.com/pkg/errors"

	"github.com/egru/egru/internal/atomicfile"
	"github.com/egru/egru/layers"
)

// beforeSuffix follows the name of -out in that of the folder for the run before.
const beforeSuffix = ".before"

// stepFiles is the pattern of checkpoints to go on from.
const stepFiles = "step-*.safetensors"

// leftover is what a folder holds of a run. Files of others are not in it.
type leftover struct {
	dir   string
	files []string // below dir; the config, with which a run is whole, is the last
	kept  string   // the first folder with checkpoints; empty if there is none
}

// filesOfRun finds the files of a run. A folder that is not there has none.
func filesOfRun(dir string) (*leftover, error) {
	l := &leftover{dir: dir}
	for _, cell := range []string{layers.CellEGRU, layers.CellGRU} {
		checkpoints, err := matching(filepath.Join(dir, cell), stepFiles, bestFile)
		if err != nil {
			return nil, err
		}
		logs, err := matching(filepath.Join(dir, cell), windowLog)
		if err != nil {
			return nil, err
		}
		if len(checkpoints) > 0 && l.kept == "" {
			l.kept = filepath.Join(dir, cell)
		}
		for _, name := range append(checkpoints, logs...) {
			l.files = append(l.files, filepath.Join(cell, name))
		}
	}
	for _, pattern := range []string{perplexityFigure + ".*", rasterFigure + ".*", pageFile, configFile} {
		found, err := matching(dir, pattern)
		if err != nil {
			return nil, err
		}
		l.files = append(l.files, found...)
	}
	return l, nil
}

// matching are the files of a folder whose names fit one of some patterns. The
// folder's own name may hold what means something in a pattern.
func matching(dir string, patterns ...string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var names []string
	for _, e := range entries {
		for _, pattern := range patterns {
			fits, err := filepath.Match(pattern, e.Name())
			if err != nil {
				return nil, err
			}
			if fits && !e.IsDir() {
				names = append(names, e.Name())
				break
			}
		}
	}
	return names, nil
}

// removeLogs removes the logs of windows of a run that has no checkpoint.
func (l *leftover) removeLogs() error {
	for _, name := range l.files {
		if filepath.Base(name) != windowLog {
			continue
		}
		if err := os.Remove(filepath.Join(l.dir, name)); err != nil {
			return err
		}
	}
	return nil
}

// moveTo moves the files into a folder, in the place of those of a run that is
// whole. One without a config is this one, whose move was cut short: it goes on.
func (l *leftover) moveTo(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	unlock, err := atomicfile.Lock(filepath.Join(dir, lockFile))
	if errors.Is(err, atomicfile.ErrLocked) {
		return errors.Errorf("another run is at work in %s", dir)
	}
	if err != nil {
		return err
	}
	defer unlock()
	old, err := filesOfRun(dir)
	if err != nil {
		return err
	}
	if n := len(old.files); n > 0 && old.files[n-1] == configFile {
		for _, name := range old.files {
			if err := os.Remove(filepath.Join(dir, name)); err != nil {
				return err
			}
		}
	}
	for _, name := range l.files {
		to := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			return err
		}
		if err := os.Rename(filepath.Join(l.dir, name), to); err != nil {
			return err
		}
	}
	return nil
}
