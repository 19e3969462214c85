package atomicfile

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
)

// killedFile tells the test binary to be the writer that is killed.
const killedFile = "EGRU_TEST_KILLED_FILE"

func TestMain(m *testing.M) {
	if path := os.Getenv(killedFile); path != "" {
		fmt.Println(Write(path, writeForever))
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// writeForever says when something of it is in the file, and waits for the end.
func writeForever(w io.Writer) error {
	if _, err := w.Write(make([]byte, 1<<20)); err != nil {
		return err
	}
	fmt.Println("writing")
	_, err := io.Copy(io.Discard, os.Stdin)
	return err
}

func touch(t *testing.T, path string) {
	t.Helper()
	if err := os.WriteFile(path, []byte("x"), 0o666); err != nil {
		t.Fatal(err)
	}
}

func TestCleanRemovesLeftoversAlone(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{".unfinished-1-0.tmp", ".unfinished-4194304-12.tmp"} {
		touch(t, filepath.Join(dir, name))
	}
	others := []string{
		"file", "unfinished-1-0.tmp", ".unfinished-1.tmp", ".unfinished--1-0.tmp", ".unfinished-1-x.tmp",
		"x.unfinished-1-0.tmp", ".unfinished-1-0.tmp.x", ".unfinished-1-0",
	}
	for _, name := range others {
		touch(t, filepath.Join(dir, name))
	}
	folder, link := ".unfinished-2-0.tmp", ".unfinished-3-0.tmp"
	if err := os.Mkdir(filepath.Join(dir, folder), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("file", filepath.Join(dir, link)); err == nil { // not everyone may on Windows
		others = append(others, link)
	}
	Clean(dir)
	wantFiles(t, dir, append(others, folder)...)
	want(t, filepath.Join(dir, "file"), "x")
	Clean(filepath.Join(dir, "none"))
}

// Another process must not take the file of a writer, however long it takes,
// and must take it when the writer is no more.
func TestAFileIsCleanedOnceItsWriterIsKilled(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Skip("the test binary has no path: ", err)
	}
	dir := t.TempDir()
	path := filepath.Join(dir, "file")
	if err := Write(path, text("old")); err != nil {
		t.Fatal(err)
	}
	writer := exec.Command(self)
	writer.Env = append(os.Environ(), killedFile+"="+path)
	writer.Stderr = os.Stderr
	in, err := writer.StdinPipe() // open: the writer waits
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	out, err := writer.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := writer.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	Clean(dir)
	unfinished := fmt.Sprintf(".unfinished-%d-0.tmp", writer.Process.Pid)
	wantFiles(t, dir, "file", unfinished)
	if kerr := writer.Process.Kill(); kerr != nil || line != "writing\n" {
		t.Fatalf("the writer said %q (%v), killed: %v", line, err, kerr)
	}
	if err := writer.Wait(); err == nil {
		t.Fatal("the writer was not killed")
	}
	wantFiles(t, dir, "file", unfinished)
	Clean(dir)
	wantFiles(t, dir, "file")
	want(t, path, "old")
}

// A leftover of a process of the same number does not stop a writer.
func TestALeftoverOfTheSameNameIsPassedBy(t *testing.T) {
	dir := t.TempDir()
	leftover := fmt.Sprintf(temporaryForm, os.Getpid(), 0)
	touch(t, filepath.Join(dir, leftover))
	path := filepath.Join(dir, "file")
	if err := Write(path, text("new")); err != nil {
		t.Fatal(err)
	}
	want(t, path, "new")
	wantFiles(t, dir, "file", leftover)
	Clean(dir)
	wantFiles(t, dir, "file")
}

// A cleaner that has opened the file of a writer may come to look at it when the
// writer has finished, and the next file has the same name.
func TestACleanerThatComesLateTakesNothing(t *testing.T) {
	if !canLock {
		t.Skip("here an open file cannot be renamed")
	}
	dir := t.TempDir()
	path := filepath.Join(dir, "file")
	var opened *os.File
	open := func(w io.Writer) (err error) {
		opened, err = os.Open(filepath.Join(dir, filesIn(t, dir)[0]))
		return err
	}
	if err := Write(path, open); err != nil {
		t.Fatal(err)
	}
	err := Write(path, func(w io.Writer) error {
		wantFiles(t, dir, "file", filepath.Base(opened.Name()))
		removeIfAbandoned(opened)
		return text("second")(w)
	})
	if err != nil {
		t.Errorf("the second file was taken from its writer: %v", err)
	}
	want(t, path, "second")
	wantFiles(t, dir, "file")
}

// Many write into a folder and many clean it: nobody loses a file, and nothing is
// left.
func TestWritersAndCleanersGetAlong(t *testing.T) {
	if !canLock {
		t.Skip("here a cleaner may come before the renaming")
	}
	dir := t.TempDir()
	const writers, files = 3, 10
	var writing, cleaning sync.WaitGroup
	done := make(chan struct{})
	for range 2 {
		cleaning.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
					Clean(dir)
				}
			}
		})
	}
	var names []string
	for w := range writers {
		name := fmt.Sprint("file", w)
		names = append(names, name)
		writing.Go(func() {
			for n := range files {
				if err := WriteBytes(filepath.Join(dir, name), fmt.Append(nil, n)); err != nil {
					t.Errorf("%s: %v", name, err)
				}
			}
		})
	}
	writing.Wait()
	close(done)
	cleaning.Wait()
	for _, name := range names {
		want(t, filepath.Join(dir, name), fmt.Sprint(files-1))
	}
	wantFiles(t, dir, names...)
}
