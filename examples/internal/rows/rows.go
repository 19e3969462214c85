// Package rows writes the files of the flag -json: a JSON object a line.
package rows

import (
	"encoding/json"
	"io"
	"io/fs"
	"os"

	"github.com/pkg/errors"
)

// File takes rows. A nil one takes them and writes nothing.
type File struct {
	file    *os.File
	regular bool  // no pipe or device, which cannot be emptied
	whole   int64 // bytes of the rows written
}

// opening is what every row begins with, and hardly a file of another kind.
const opening = `{"`

// Open opens a file for rows, or makes it. What is in it stays until Clear. A file
// that holds something else than rows is refused. An empty path gives nil.
func Open(path string) (*File, error) {
	if path == "" {
		return nil, nil
	}
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		f, err := os.OpenFile(path, os.O_WRONLY, 0)
		if err != nil {
			return nil, err
		}
		return &File{file: f}, nil
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, err
	}
	var begin [len(opening)]byte
	n, err := f.ReadAt(begin[:], 0)
	if n == 0 && err == io.EOF || n == len(begin) && string(begin[:]) == opening {
		return &File{file: f, regular: true}, nil
	}
	f.Close()
	return nil, errors.Errorf("%s holds something else than rows of JSON, want a new file or one of an earlier run", path)
}

// Clear removes the rows of an earlier run.
func (f *File) Clear() error {
	if f == nil || !f.regular {
		return nil
	}
	return f.file.Truncate(0)
}

// Write adds a row. One for which there is no room leaves no piece of itself.
func (f *File) Write(row any) error {
	if f == nil {
		return nil
	}
	line, err := json.Marshal(row)
	if err != nil {
		return err
	}
	n, err := f.file.Write(append(line, '\n'))
	if err == nil {
		f.whole += int64(n)
	} else if f.regular {
		_ = f.file.Truncate(f.whole)
		_, _ = f.file.Seek(f.whole, io.SeekStart)
	}
	return err
}

// Close ends the file.
func (f *File) Close() error {
	if f == nil {
		return nil
	}
	return f.file.Close()
}
