package main

import (
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/pkg/errors"

	"github.com/egru/egru/examples/internal/runs"
	"github.com/egru/egru/internal/atomicfile"
)

// claim is the hold of a run on -out. The zero value, without -out, holds nothing.
type claim struct {
	settings *settings
	unlock   func()
	made     []string // of the lock and the folders that were not there, the innermost first
}

// claim takes -out for this run alone. Files of runs there stay as they are: they
// are for begin, once nothing is left for which this run may be refused.
func (s *settings) claim() (*claim, error) {
	c := &claim{settings: s}
	if s.out == "" {
		return c, nil
	}
	lock := filepath.Join(s.out, lockFile)
	c.made = missing(lock)
	err := os.MkdirAll(s.out, 0o755)
	if err == nil {
		c.unlock, err = atomicfile.Lock(lock)
	}
	if errors.Is(err, atomicfile.ErrLocked) {
		err = errors.Errorf("another run is at work in %s", s.out)
	}
	if err == nil && !s.resume {
		err = s.spare()
	}
	err = errors.Wrap(err, "-out")
	if err == nil && s.resume {
		err = errors.Wrap(s.resumable(), "-resume")
	}
	if err != nil {
		c.undo()
		return nil, err
	}
	return c, nil
}

// missing are a path and the folders above it, from the path up, as far as they are
// not there.
func missing(path string) []string {
	var none []string
	for {
		if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
			return none
		}
		none = append(none, path)
		path = filepath.Dir(path)
	}
}

// release lets other runs have the folder.
func (c *claim) release() {
	if c.unlock != nil {
		c.unlock()
		c.unlock = nil
	}
}

// undo is release for a run that was refused: what the claim made goes, so that
// nobody takes it for a run.
func (c *claim) undo() {
	c.release()
	for _, path := range c.made {
		if os.Remove(path) != nil {
			return // a folder that somebody has put something into
		}
	}
}

// begin makes room for a new run, and writes its config.
func (c *claim) begin(notices io.Writer) error {
	s := c.settings
	if s.out == "" {
		return nil
	}
	atomicfile.Clean(s.out)
	if s.resume {
		return nil
	}
	err := s.makeRoom(notices)
	if err == nil {
		err = s.writeConfig()
	}
	return errors.Wrap(err, "-out")
}

// spare reports a run that the new one would take the place of: the one to start
// from, and in a folder that was named any with checkpoints. Hours of work may be in
// them.
func (s *settings) spare() error {
	there, err := filesOfRun(s.out)
	if err != nil {
		return err
	}
	places := []string{s.out}
	if there.kept != "" && !s.given["out"] {
		places = append(places, s.before()) // which gives way, too
	}
	for _, place := range places {
		if s.startsIn(place) {
			return errors.Errorf("%s is the run of -from, whose place a new one would take: give another folder", place)
		}
	}
	if there.kept != "" && s.given["out"] {
		return errors.Errorf("%s holds the checkpoints of a run; go on with it by -resume, or give another folder", there.kept)
	}
	return nil
}

// startsIn says whether the checkpoint of -from is that of a run in a folder.
func (s *settings) startsIn(dir string) bool {
	if s.config.From == "" {
		return false
	}
	from, err := runs.Find(s.config.From, s.config.Cell)
	if err != nil {
		return false // reading it reports that
	}
	of, err := os.Stat(filepath.Dir(from))
	if err != nil {
		return false
	}
	for _, place := range []string{dir, filepath.Join(dir, s.config.Cell)} {
		if there, err := os.Stat(place); err == nil && os.SameFile(of, there) {
			return true
		}
	}
	return false
}

// makeRoom sets a run with checkpoints aside, and says so. Without any it is not
// worth the place of one that may stand aside already: what is left of it goes.
func (s *settings) makeRoom(notices io.Writer) error {
	there, err := filesOfRun(s.out)
	if err != nil {
		return err
	}
	if there.kept == "" {
		return there.removeLogs()
	}
	if err := there.moveTo(s.before()); err != nil {
		return err
	}
	fmt.Fprintf(notices, "lm: the run that was in %s is in %s now\n", s.out, s.before())
	return nil
}

// before is where the run goes that was in -out.
func (s *settings) before() string { return filepath.Clean(s.out) + beforeSuffix }

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
