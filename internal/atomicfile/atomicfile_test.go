package atomicfile

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

func text(s string) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := io.WriteString(w, s)
		return err
	}
}

func want(t *testing.T, path, content string) {
	t.Helper()
	got, err := os.ReadFile(path)
	if err != nil || string(got) != content {
		t.Errorf("%s holds %q (%v), want %q", filepath.Base(path), got, err, content)
	}
}

func wantFiles(t *testing.T, dir string, n int) {
	t.Helper()
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != n {
		t.Errorf("the folder holds %v (%v), want %d files", entries, err, n)
	}
}

func TestWriteMakesAndReplaces(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "file")
	for _, content := range []string{"first, longer", "second", ""} {
		if err := Write(path, text(content)); err != nil {
			t.Fatal(err)
		}
		want(t, path, content)
	}
	wantFiles(t, dir, 1)
	if runtime.GOOS == "windows" {
		return // has no such bits
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o644 {
		t.Errorf("mode is %v (%v), want readable by all", info.Mode(), err)
	}
}

func TestAnErrorLeavesTheOldFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "file")
	if err := Write(path, text("old")); err != nil {
		t.Fatal(err)
	}
	broken := errors.New("broken")
	err := Write(path, func(w io.Writer) error {
		if err := text("half of the n")(w); err != nil {
			return err
		}
		return broken
	})
	if !errors.Is(err, broken) {
		t.Errorf("error is %v, want what write said", err)
	}
	want(t, path, "old")
	wantFiles(t, dir, 1)
}

func TestErrorsOfThePath(t *testing.T) {
	dir := t.TempDir()
	folder := filepath.Join(dir, "folder")
	if err := os.Mkdir(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := Write(filepath.Join(dir, "none", "file"), text("x")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no folder: error %v", err)
	}
	if err := Write(folder, text("x")); err == nil {
		t.Error("a folder was replaced")
	}
	wantFiles(t, dir, 1)
}
