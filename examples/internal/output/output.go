// Package output tells at the end whether all was written that a program printed.
package output

import (
	"io"

	"github.com/pkg/errors"
)

// Writer hands on to a writer, and keeps its first error. It never fails itself, so
// that work goes on which leaves more than what is printed, and tries each time anew.
type Writer struct {
	to  io.Writer
	err error
}

// NewWriter hands on to a writer.
func NewWriter(to io.Writer) *Writer { return &Writer{to: to} }

func (w *Writer) Write(p []byte) (int, error) {
	if _, err := w.to.Write(p); w.err == nil {
		w.err = err
	}
	return len(p), nil
}

// Err is the first error, nil where all was written.
func (w *Writer) Err() error { return errors.Wrap(w.err, "standard output") }
