package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// fullOutput is a standard output that takes nothing.
type fullOutput struct{}

func (fullOutput) Write([]byte) (int, error) { return 0, errors.New("full") }

// lostOutput runs the program with it, and wants the error of that.
func lostOutput(t *testing.T, args ...string) {
	t.Helper()
	var errs bytes.Buffer
	status := run(context.Background(), args, fullOutput{}, &errs)
	if want := "lm: standard output: full\n"; status != exitFailure || errs.String() != want {
		t.Errorf("%v: status %d, %q, want %q", args, status, &errs, want)
	}
}

func TestResultsThatCannotBePrintedAreAFailure(t *testing.T) {
	dir, _ := trained(t, "egru")
	for _, args := range [][]string{
		{"-mode", "eval", "-from", dir},
		{"-mode", "stream", "-from", dir, "-stream-words", "50", "-profile-words", "50"},
		{"-mode", "sample", "-from", dir, "-sample", "3"},
		{"-mode", "export", "-from", dir, "-to", filepath.Join(t.TempDir(), "model.npz")},
		{"-mode", "surrogates", "-out", t.TempDir()},
		{"-print-config"},
	} {
		lostOutput(t, args...)
	}
}

// Who reads along does not end a training by leaving, and takes none of its files.
func TestATrainingWithoutAReaderMakesAllItsFilesAndSaysWhatIsLost(t *testing.T) {
	dir, unread := t.TempDir(), t.TempDir()
	args := append(slices.Clone(tiny), "-cell", "egru", "-sample", "3", "-out")
	if status, _, errs := runLM(t, context.Background(), append(args, dir)...); status != 0 {
		t.Fatal(errs)
	}
	lostOutput(t, append(args, unread)...)
	for name := range filesBelow(t, dir) {
		if _, err := os.Stat(filepath.Join(unread, name)); err != nil && !strings.HasPrefix(name, ".") {
			t.Error(err)
		}
	}
}
