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
// replaced as a whole: after an error, or a crash at any moment, it is what it
// was.
func Write(path string, write func(io.Writer) error) (err error) {
	dir := filepath.Dir(path)
	t, err := os.CreateTemp(dir, ".unfinished-*") // beside path: no rename goes from disk to disk
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			os.Remove(t.Name()) // best effort; the first error is the one to report
		}
	}()
	err = fill(t, write)
	if cerr := t.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return err
	}
	const readableByAll = 0o644 // CreateTemp makes files for their owner alone
	if err = os.Chmod(t.Name(), readableByAll); err != nil {
		return err
	}
	if err = os.Rename(t.Name(), path); err != nil {
		return err
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
func fill(t *os.File, write func(io.Writer) error) error {
	const size = 1 << 16
	w := bufio.NewWriterSize(t, size)
	if err := write(w); err != nil {
		return err
	}
	if err := w.Flush(); err != nil {
		return err
	}
	return t.Sync()
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
