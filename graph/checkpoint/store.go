package checkpoint

import (
	stderrors "errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/pkg/errors"

	"github.com/egru/egru/internal/atomicfile"
)

// bestName is the file of SaveBest.
const bestName = "best.safetensors"

// stepForm is the file of a step. It sorts by step up to a thousand million.
const stepForm = "step-%09d.safetensors"

// tries bounds how often Latest looks again after files were removed under its
// hands.
const tries = 10

// Config holds the settings of a Store.
type Config struct {
	// Keep is how many of the last steps are kept, at least 1. More than one
	// are a reserve for a disk that spoils a file.
	Keep int
}

// DefaultConfig keeps two.
func DefaultConfig() Config { return Config{Keep: 2} }

// Validate returns ErrConfig for settings outside their domain.
func (c Config) Validate() error {
	if c.Keep < 1 {
		return errors.Wrapf(ErrConfig, "checkpoint: Keep is %d, want at least 1", c.Keep)
	}
	return nil
}

// Store is a folder of checkpoints of one run. It is not safe for concurrent
// use.
type Store struct {
	dir     string
	config  Config
	encode  func(io.Writer, *Snapshot) error // another one in tests
	damaged []error
}

// Open makes the folder, if it is not there, and removes what killed writers have
// left in it. Other files in the folder are let alone.
func Open(dir string, c Config) (*Store, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, errors.Wrapf(err, "checkpoint: folder %s", dir)
	}
	atomicfile.Clean(dir)
	return &Store{dir: dir, config: c, encode: encode}, nil
}

// Path is the file of a step.
func (s *Store) Path(step int) string { return filepath.Join(s.dir, fmt.Sprintf(stepForm, step)) }

// BestPath is the file of SaveBest.
func (s *Store) BestPath() string { return filepath.Join(s.dir, bestName) }

// Save writes the snapshot of a step, and then removes older ones beyond
// Config.Keep. A file of the same step is replaced. On an error all files are as
// they were, except where the error says that an old one could not be removed.
//
// Steps go up: where a later one is there and whole, ErrOrder is returned, since
// Latest would go on to prefer it; another run wants another folder. Later ones
// that are damaged, as Latest has reported, are removed.
func (s *Store) Save(step int, snap *Snapshot) error {
	if step < 0 {
		return errors.Wrapf(ErrConfig, "checkpoint: step is %d, want at least 0", step)
	}
	steps, err := s.steps()
	if err != nil {
		return err
	}
	at, found := slices.BinarySearch(steps, step)
	later := steps[at:]
	if found {
		later = later[1:]
	}
	for _, l := range later {
		if _, err := Load(s.Path(l)); !errors.Is(err, ErrDamaged) && !errors.Is(err, fs.ErrNotExist) {
			return errors.Wrapf(ErrOrder, "checkpoint: step %d: %s is there", step, s.Path(l))
		}
	}
	if err := s.save(s.Path(step), snap); err != nil {
		return err
	}
	return s.remove(later, steps[:max(0, at+1-s.config.Keep)])
}

// SaveBest writes the snapshot of the best step so far in the place of the one
// before.
func (s *Store) SaveBest(snap *Snapshot) error { return s.save(s.BestPath(), snap) }

func (s *Store) save(path string, snap *Snapshot) error {
	err := atomicfile.Write(path, func(w io.Writer) error { return s.encode(w, snap) })
	return errors.Wrapf(err, "checkpoint %s", path)
}

func (s *Store) remove(all ...[]int) error {
	var failed []error
	for _, step := range slices.Concat(all...) {
		if err := os.Remove(s.Path(step)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			failed = append(failed, err)
		}
	}
	return errors.Wrap(stderrors.Join(failed...), "checkpoint: saved, but an old one could not be removed")
}

// Latest reads the newest checkpoint that is whole, and tells its step. Newer
// ones that are not are skipped; Damaged tells of them. ErrNone is returned if
// the folder has none of a step; if none of several can be read, the error of
// each of them.
func (s *Store) Latest() (*Snapshot, int, error) {
	for again := tries; ; again-- {
		steps, err := s.steps()
		if err != nil {
			return nil, 0, err
		}
		s.damaged = nil
		vanished := false
		for _, step := range slices.Backward(steps) {
			snap, err := Load(s.Path(step))
			switch {
			case err == nil:
				return snap, step, nil
			case errors.Is(err, fs.ErrNotExist) && again > 0:
				vanished = true
			default:
				s.damaged = append(s.damaged, err)
			}
		}
		switch {
		case vanished: // whoever saves was faster, and has newer ones
		case len(s.damaged) > 0:
			return nil, 0, errors.Wrapf(stderrors.Join(s.damaged...), "checkpoint: none in %s can be read", s.dir)
		default:
			return nil, 0, errors.Wrapf(ErrNone, "checkpoint: folder %s", s.dir)
		}
	}
}

// Damaged has an error for each newer checkpoint that the last call of Latest
// skipped.
func (s *Store) Damaged() []error { return slices.Clone(s.damaged) }

// Best reads what SaveBest wrote; ErrNone if it never did.
func (s *Store) Best() (*Snapshot, error) {
	snap, err := Load(s.BestPath())
	if errors.Is(err, fs.ErrNotExist) {
		return nil, errors.Wrapf(ErrNone, "checkpoint %s", s.BestPath())
	}
	return snap, err
}

// steps are those with a file, in order.
func (s *Store) steps() ([]int, error) {
	entries, err := os.ReadDir(s.dir)
	if err != nil {
		return nil, errors.Wrap(err, "checkpoint")
	}
	var steps []int
	for _, e := range entries {
		number := strings.TrimSuffix(strings.TrimPrefix(e.Name(), "step-"), ".safetensors")
		step, err := strconv.Atoi(number)
		if err == nil && step >= 0 && e.Name() == filepath.Base(s.Path(step)) {
			steps = append(steps, step)
		}
	}
	slices.Sort(steps)
	return steps, nil
}
