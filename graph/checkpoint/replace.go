package checkpoint

import (
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"runtime"

	"github.com/pkg/errors"
)

// temporary is the name of a file that is being written.
var temporary = regexp.MustCompile(`^\.checkpoint-\d+-\d+\.tmp$`)

// replace puts a file in the place of path: at any moment there is the old one
// or the new one, and after it returns, the new one is on the disk.
func replace(path string, write func(io.Writer) error) (err error) {
	f, err := createTemporary(filepath.Dir(path))
	if err != nil {
		return errors.WithStack(err)
	}
	defer func() {
		if err != nil {
			// The first error is the one to tell of.
			_ = f.Close()
			_ = os.Remove(f.Name())
		}
	}()
	if err := write(f); err != nil {
		return err
	}
	// Without this the name may reach the disk before the bytes do.
	if err := f.Sync(); err != nil {
		return errors.WithStack(err)
	}
	if !canLock { // where a file that is open cannot be renamed
		if err := f.Close(); err != nil {
			return errors.WithStack(err)
		}
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return errors.WithStack(err)
	}
	if canLock {
		if err := f.Close(); err != nil {
			return errors.WithStack(err)
		}
	}
	return syncFolder(filepath.Dir(path))
}

// createTemporary makes a file that is new, and locked as long as it is open, so
// that no other process takes it for a leftover.
func createTemporary(dir string) (*os.File, error) {
	for n := 0; ; n++ {
		name := filepath.Join(dir, fmt.Sprintf(".checkpoint-%d-%d.tmp", os.Getpid(), n))
		f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
		if errors.Is(err, fs.ErrExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if lock(f) && stillThere(f) {
			return f, nil
		}
		_ = f.Close() // a cleaner was faster: it has removed the file, or will
	}
}

func stillThere(f *os.File) bool {
	held, err := f.Stat()
	if err != nil {
		return false
	}
	named, err := os.Stat(f.Name())
	return err == nil && os.SameFile(held, named)
}

// removeLeftovers removes the temporary files of writers that are no more. One
// that cannot be removed does no harm.
func removeLeftovers(dir string) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return
	}
	for _, e := range entries {
		if !e.Type().IsRegular() || !temporary.MatchString(e.Name()) {
			continue
		}
		name := filepath.Join(dir, e.Name())
		f, err := os.Open(name)
		if err != nil {
			continue
		}
		abandoned := lock(f)
		if !canLock {
			_ = f.Close() // an open file cannot be removed
		}
		if abandoned {
			_ = os.Remove(name)
		}
		_ = f.Close()
	}
}

// syncFolder brings the names in a folder to the disk. Windows has no such call.
func syncFolder(dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(dir)
	if err != nil {
		return errors.WithStack(err)
	}
	defer d.Close() // which was only read
	return errors.WithStack(d.Sync())
}
