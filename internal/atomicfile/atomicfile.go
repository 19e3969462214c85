// Package atomicfile writes files that are there as a whole or not at all.
package atomicfile

import (
	"bufio"
	"io"
	"os"
	"path/filepath"
	"runtime"
)

// Write makes the file of a path from what write writes. A file of that name is
// replaced as a whole: at any moment, and so after a crash, there is the old one
// or the new one, and once Write returns nil the new one is on the disk. After an
// error there is the old one; only if the very last step fails, which brings the
// new name to the disk, there is the new one. The folder must be there. The
// permissions are those that os.Create gives, whatever those of the old file.
//
// Errors are those of write and of the file system, as they are.
//
// Until it is whole, the file is called .unfinished-PID-N.tmp and stands beside
// path. A writer that is killed leaves it to Clean.
func Write(path string, write func(io.Writer) error) error {
	dir := filepath.Dir(path)
	f, err := create(dir) // beside path: no rename goes from disk to disk
	if err != nil {
		return err
	}
	renamed := false
	defer func() {
		if !renamed { // an error, or write has panicked
			discard(f)
		}
	}()
	if err := fill(f, write); err != nil {
		return err
	}
	if !canLock { // where a file that is open cannot be renamed
		if err := f.Close(); err != nil {
			return err
		}
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return err
	}
	renamed = true
	if canLock {
		if err := f.Close(); err != nil {
			return err
		}
	}
	return syncFolder(dir)
}

// WriteBytes makes the file of a path from data, as Write does.
func WriteBytes(path string, data []byte) error {
	return Write(path, func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	})
}

// fill writes and waits for the disk: a rename that outlived its data in a
// crash would leave an empty file.
func fill(f *os.File, write func(io.Writer) error) error {
	const size = 1 << 16
	w := bufio.NewWriterSize(f, size)
	if err := write(w); err != nil {
		return err
	}
	if err := w.Flush(); err != nil {
		return err
	}
	return f.Sync()
}

// syncFolder makes a rename last. Windows has no such call for folders.
func syncFolder(dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	err = d.Sync()
	if cerr := d.Close(); err == nil {
		err = cerr
	}
	return err
}
