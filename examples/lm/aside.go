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
	files []string // below dir; the config is the first, and checkpoints are the last
	kept  string   // the first folder with checkpoints; empty if there is none
}

// filesOfRun finds the files of a run. A folder that is not there has none.
func filesOfRun(dir string) (*leftover, error) {
	l := &leftover{dir: dir}
	cells := []string{layers.CellEGRU, layers.CellGRU}
	for _, pattern := range []string{configFile, pageFile, perplexityFigure + ".*", rasterFigure + ".*"} {
		if _, err := l.add("", pattern); err != nil {
			return nil, err
		}
	}
	for _, cell := range cells {
		if _, err := l.add(cell, windowLog); err != nil {
			return nil, err
		}
	}
	for _, cell := range cells {
		n, err := l.add(cell, stepFiles, bestFile)
		if err != nil {
			return nil, err
		}
		if n > 0 && l.kept == "" {
			l.kept = filepath.Join(dir, cell)
		}
	}
	return l, nil
}

// add takes in the files of a folder below that fit one of some patterns, and says
// how many they are.
func (l *leftover) add(below string, patterns ...string) (int, error) {
	names, err := matching(filepath.Join(l.dir, below), patterns...)
	for _, name := range names {
		l.files = append(l.files, filepath.Join(below, name))
	}
	return len(names), err
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

// moveTo moves the files into a folder, in the place of those of another run. Where
// there is no config, a move was cut short, after that and before the last checkpoint:
// what is in the folder is of this run.
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
	if l.files[0] == configFile {
		if err := removeRun(dir); err != nil {
			return err
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

// removeRun removes the files of a run.
func removeRun(dir string) error {
	l, err := filesOfRun(dir)
	if err != nil {
		return err
	}
	for _, name := range l.files {
		if err := os.Remove(filepath.Join(dir, name)); err != nil {
			return err
		}
	}
	return nil
}
