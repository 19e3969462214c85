package atomicfile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
)

// temporaryForm is the name of a file that is being written: the process, and a
// number that no other file there has.
const temporaryForm = ".unfinished-%d-%d.tmp"

var temporary = regexp.MustCompile(`^\.unfinished-\d+-\d+\.tmp$`)

// Clean removes from a folder what writers that were killed have left, the
// regular files .unfinished-PID-N.tmp. Those of writers at work are let alone:
// they hold a lock, or where there are none, as on Windows, an open file cannot
// be removed. On a file system that knows neither, and on Windows in the moment
// before the renaming, a file may be taken from its writer, who gets an error.
// What cannot be removed stays; it does no harm.
func Clean(dir string) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return
	}
	for _, e := range entries {
		if !e.Type().IsRegular() || !temporary.MatchString(e.Name()) {
			continue
		}
		f, err := os.Open(filepath.Join(dir, e.Name()))
		if err != nil {
			continue
		}
		removeIfAbandoned(f)
	}
}

// removeIfAbandoned closes a temporary file and removes it, if nobody writes it.
func removeIfAbandoned(f *os.File) {
	if claim(f) {
		discard(f)
		return
	}
	_ = f.Close() // which was only read
}

// create makes a file that is new, and locked as long as it is open, so that no
// other process takes it for a leftover.
func create(dir string) (*os.File, error) {
	for n := 0; ; n++ {
		name := filepath.Join(dir, fmt.Sprintf(temporaryForm, os.Getpid(), n))
		f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
		if errors.Is(err, fs.ErrExist) {
			continue // of another goroutine, or left by a process of the same number
		}
		if err != nil {
			return nil, err
		}
		if claim(f) {
			return f, nil
		}
		_ = f.Close() // a cleaner was faster: it has removed the file, or will
	}
}

// claim locks a file that still has its name. The lock is not enough: since f was
// opened, a cleaner may have removed the file, or its writer finished it, and the
// name may be of the next one.
func claim(f *os.File) bool {
	if !lock(f) {
		return false
	}
	held, err := f.Stat()
	if err != nil {
		return false
	}
	named, err := os.Lstat(f.Name())
	return err == nil && os.SameFile(held, named)
}

// discard removes a file that is locked. The lock goes last: without it, the
// name may soon be another writer's.
func discard(f *os.File) {
	if !canLock { // where a file that is open cannot be removed
		_ = f.Close()
	}
	_ = os.Remove(f.Name())
	_ = f.Close()
}
