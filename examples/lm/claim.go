package main

import (
	"bytes"
	"os"
	"path/filepath"

	"github.com/pkg/errors"

	"github.com/egru/egru/examples/internal/runs"
	"github.com/egru/egru/internal/atomicfile"
	"github.com/egru/egru/layers"
)

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
	atomicfile.Clean(s.out)
	if s.resume {
		return release, nil
	}
	if err = s.spare(); err == nil {
		err = s.replace()
	}
	if err == nil {
		err = s.writeConfig()
	}
	if err != nil {
		release()
		return nil, errors.Wrap(err, "-out")
	}
	return release, nil
}

// spare reports a run to start from that stands where the new one is to be.
func (s *settings) spare() error {
	if s.config.From == "" {
		return nil
	}
	from, err := runs.Find(s.config.From, s.config.Cell)
	if err != nil {
		return err
	}
	for _, dir := range []string{s.out, filepath.Join(s.out, s.config.Cell)} {
		a, err := os.Stat(dir)
		if err != nil {
			continue // nothing can stand there
		}
		if b, err := os.Stat(filepath.Dir(from)); err == nil && os.SameFile(a, b) {
			return errors.Errorf("%s is the run of -from, whose place a new one would take: give another folder", s.out)
		}
	}
	return nil
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
