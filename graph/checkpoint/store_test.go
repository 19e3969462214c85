package checkpoint

import (
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/pkg/errors"

	"github.com/egru/egru/graph/archive"
)

func opened(t testing.TB, dir string, keep int) *Store {
	t.Helper()
	s, err := Open(dir, Config{Keep: keep})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func save(t testing.TB, s *Store, steps ...int) {
	t.Helper()
	for _, step := range steps {
		if err := s.Save(step, small(step)); err != nil {
			t.Fatal(err)
		}
	}
}

// wantLatest wants a step and its numbers, and gives what was skipped.
func wantLatest(t testing.TB, s *Store, want int) []error {
	t.Helper()
	snap, step, err := s.Latest()
	if err != nil || step != want {
		t.Fatalf("latest is step %d with error %v, want step %d", step, err, want)
	}
	wantSnapshot(t, snap, small(want))
	return s.Damaged()
}

func wantFiles(t testing.TB, dir string, want ...string) {
	t.Helper()
	slices.Sort(want)
	if got := filesIn(t, dir); !slices.Equal(got, want) {
		t.Errorf("the folder has %q, want %q", got, want)
	}
}

func stepNames(steps ...int) []string {
	var names []string
	for _, s := range steps {
		names = append(names, fmt.Sprintf("step-%09d.safetensors", s))
	}
	return names
}

func TestTheLastStepsAreKept(t *testing.T) {
	for keep, want := range map[int][]int{1: {30}, 2: {20, 30}, 3: {7, 20, 30}, 9: {0, 7, 20, 30}} {
		dir := filepath.Join(t.TempDir(), "new", "folder")
		s := opened(t, dir, keep)
		save(t, s, 0, 7, 20, 30, 30)
		wantFiles(t, dir, stepNames(want...)...)
		if skipped := wantLatest(t, s, 30); len(skipped) > 0 {
			t.Errorf("skipped %v", skipped)
		}
		wantLatest(t, opened(t, dir, keep), 30)
	}
}

func TestStepsAreInTheOrderOfTheirNumbers(t *testing.T) {
	dir := t.TempDir()
	s := opened(t, dir, 3)
	save(t, s, 5, 999_999_999, 1_234_567_890)
	wantFiles(t, dir, stepNames(5, 999_999_999, 1_234_567_890)...)
	wantLatest(t, s, 1_234_567_890)
	save(t, s, 2_000_000_000)
	wantFiles(t, dir, stepNames(999_999_999, 1_234_567_890, 2_000_000_000)...)
}

// What is no checkpoint of a step is not read as one, nor removed.
func TestOtherFilesAreLetAlone(t *testing.T) {
	dir := t.TempDir()
	others := []string{
		"notes.txt", "step-1.safetensors", "step-0000000001.safetensors", "step--00000001.safetensors", "step-+00000001.safetensors",
		"step-000000001.safetensors.bak", "step-000000001", "000000001.safetensors", ".unfinished-1.tmp", "x.unfinished-1-0.tmp", ".unfinished-1-0.tmp.x",
	}
	for _, name := range others {
		write(t, filepath.Join(dir, name), nil)
	}
	if err := os.Mkdir(filepath.Join(dir, ".unfinished-2-0.tmp"), 0o777); err != nil {
		t.Fatal(err)
	}
	s := opened(t, dir, 1)
	_, _, err := s.Latest()
	wantError(t, "no steps", err, ErrNone, dir)
	save(t, s, 5, 6)
	wantFiles(t, dir, append(append(stepNames(6), ".unfinished-2-0.tmp"), others...)...)
}

func TestTheBestIsKeptBesideTheLast(t *testing.T) {
	dir := t.TempDir()
	s := opened(t, dir, 1)
	_, err := s.Best()
	wantError(t, "no best", err, ErrNone, s.BestPath())
	for _, step := range []int{3, 2} {
		if err := s.SaveBest(small(step)); err != nil {
			t.Fatal(err)
		}
	}
	save(t, s, 8, 9)
	wantFiles(t, dir, append(stepNames(9), "best.safetensors")...)
	wantSnapshot(t, must(s.Best()), small(2))
	wantSnapshot(t, must(Load(s.Path(9))), small(9))

	write(t, s.BestPath(), encoded(t, small(1))[:100])
	_, err = s.Best()
	wantError(t, "a damaged best", err, ErrDamaged, s.BestPath())
}

func TestLatestFallsBackToTheOneBefore(t *testing.T) {
	dir := t.TempDir()
	s := opened(t, dir, 3)
	save(t, s, 1, 2, 3)
	whole := encoded(t, small(3))
	for n := range whole {
		if n > 100 && n < len(whole)-100 {
			continue
		}
		write(t, s.Path(3), whole[:n])
		skipped := wantLatest(t, s, 2)
		if len(skipped) != 1 {
			t.Fatalf("cut to %d bytes: skipped %v, want one", n, skipped)
		}
		wantError(t, "the cut one", skipped[0], ErrDamaged, s.Path(3))
	}
	write(t, s.Path(2), nil)
	if skipped := wantLatest(t, s, 1); len(skipped) != 2 {
		t.Errorf("skipped %v, want two", skipped)
	}
	write(t, s.Path(1), nil)
	_, _, err := s.Latest()
	wantError(t, "all damaged", err, ErrDamaged, "none in "+dir, s.Path(1), s.Path(2), s.Path(3))
	if errors.Is(err, ErrNone) {
		t.Error("a folder of damaged checkpoints counts as the start of a run")
	}
	write(t, s.Path(3), whole)
	if skipped := wantLatest(t, s, 3); len(skipped) > 0 {
		t.Errorf("skipped %v, want nothing any more", skipped)
	}
}

// After falling back the run goes on before the damaged step, which is then in
// the way of nothing.
func TestARunGoesOnBeforeADamagedStep(t *testing.T) {
	dir := t.TempDir()
	s := opened(t, dir, 1)
	save(t, s, 10)
	write(t, s.Path(20), nil)
	write(t, s.Path(30), nil)
	save(t, s, 15)
	wantFiles(t, dir, stepNames(15)...)
	wantLatest(t, s, 15)
}

func TestStepsGoUp(t *testing.T) {
	dir := t.TempDir()
	s := opened(t, dir, 2)
	save(t, s, 10, 20)
	wantError(t, "an earlier step", s.Save(15, small(15)), ErrOrder, "step 15", s.Path(20))
	wantError(t, "a negative step", s.Save(-1, small(1)), ErrConfig, "step is -1, want at least 0")
	write(t, s.Path(40), forged(t, func(a *archive.Archive) { a.Metadata[VersionKey] = "2" }))
	wantError(t, "before one of a later version", s.Save(30, small(30)), ErrOrder, s.Path(40))
	wantFiles(t, dir, stepNames(10, 20, 40)...)
}

func TestSettingsOfAStore(t *testing.T) {
	if err := DefaultConfig().Validate(); err != nil || DefaultConfig().Keep != 2 {
		t.Errorf("the default is %+v, and %v", DefaultConfig(), err)
	}
	for _, keep := range []int{0, -1} {
		_, err := Open(t.TempDir(), Config{Keep: keep})
		wantError(t, "Keep", err, ErrConfig, fmt.Sprintf("Keep is %d, want at least 1", keep))
	}
}

// A path below a file cannot be made by anyone, not even by root.
func TestAFolderThatCannotBeMadeOrWritten(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	write(t, file, nil)
	for _, path := range []string{file, filepath.Join(file, "folder")} {
		_, err := Open(path, DefaultConfig())
		wantError(t, "a folder in a file", err, syscall.ENOTDIR, "checkpoint: folder "+path)
	}
	wantError(t, "a file in a file", Save(filepath.Join(file, "x"), small(1)), syscall.ENOTDIR, filepath.Join(file, "x"))
	wantError(t, "no folder", Save(filepath.Join(dir, "none", "x"), small(1)), fs.ErrNotExist, filepath.Join(dir, "none", "x"))

	gone := opened(t, filepath.Join(dir, "gone"), 2)
	if err := os.RemoveAll(gone.dir); err != nil {
		t.Fatal(err)
	}
	wantError(t, "a folder that is gone", gone.Save(1, small(1)), fs.ErrNotExist, gone.dir)
	_, _, err := gone.Latest()
	wantError(t, "reading a folder that is gone", err, fs.ErrNotExist, gone.dir)

	s := opened(t, filepath.Join(dir, "taken"), 2)
	save(t, s, 1)
	if err := os.MkdirAll(filepath.Join(s.BestPath(), "x"), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := s.SaveBest(small(2)); err == nil || !strings.Contains(err.Error(), s.BestPath()) {
		t.Errorf("a folder in the place of the file: %v", err)
	}
	wantFiles(t, s.dir, append(stepNames(1), "best.safetensors")...)
	wantLatest(t, s, 1)
}

func TestAFolderWithoutPermission(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("root may write everywhere")
	}
	s := opened(t, t.TempDir(), 1)
	save(t, s, 1)
	if err := os.Chmod(s.dir, 0o555); err != nil {
		t.Fatal(err)
	}
	defer os.Chmod(s.dir, 0o777) // for the removal of the temporary folder
	wantError(t, "a folder without permission", s.Save(2, small(2)), fs.ErrPermission, s.Path(2))
	wantLatest(t, s, 1)
}

// fillingDisk has room for a number of bytes.
type fillingDisk struct {
	w    io.Writer
	room int
}

func (d *fillingDisk) Write(b []byte) (int, error) {
	n, err := d.w.Write(b[:min(len(b), d.room)])
	d.room -= n
	if err == nil && n < len(b) {
		err = &fs.PathError{Op: "write", Path: "disk", Err: syscall.ENOSPC}
	}
	return n, err
}

// Wherever the disk is full, the error says so, the files are as they were, and
// when there is room again, saving goes on.
func TestAFullDiskLosesNothing(t *testing.T) {
	dir := t.TempDir()
	s := opened(t, dir, 1)
	save(t, s, 1)
	if err := s.SaveBest(small(1)); err != nil {
		t.Fatal(err)
	}
	for room := 0; room < len(encoded(t, small(2))); room += 7 {
		s.encode = func(w io.Writer, snap *Snapshot) error { return encode(&fillingDisk{w, room}, snap) }
		wantError(t, "a step", s.Save(2, small(2)), syscall.ENOSPC, s.Path(2), "no space left")
		wantError(t, "the best", s.SaveBest(small(2)), syscall.ENOSPC, s.BestPath(), "no space left")
	}
	wantFiles(t, dir, append(stepNames(1), "best.safetensors")...)
	wantLatest(t, s, 1)
	wantSnapshot(t, must(s.Best()), small(1))

	s.encode = encode
	save(t, s, 2)
	wantFiles(t, dir, append(stepNames(2), "best.safetensors")...)
}

func TestOpenRemovesWhatKilledWritersLeft(t *testing.T) {
	dir := t.TempDir()
	save(t, opened(t, dir, 2), 1)
	for _, name := range []string{".unfinished-1-0.tmp", ".unfinished-4194304-12.tmp"} {
		write(t, filepath.Join(dir, name), encoded(t, small(2))[:100])
	}
	s := opened(t, dir, 2)
	wantFiles(t, dir, stepNames(1)...)
	wantLatest(t, s, 1)
}

// One that opens the folder to read must not take the file of one who writes.
func TestOpenLetsAWriterFinish(t *testing.T) {
	dir := t.TempDir()
	s := opened(t, dir, 2)
	s.encode = func(w io.Writer, snap *Snapshot) error {
		opened(t, dir, 2)
		wantFiles(t, dir, fmt.Sprintf(".unfinished-%d-0.tmp", os.Getpid()))
		return encode(w, snap)
	}
	save(t, s, 1)
	wantFiles(t, dir, stepNames(1)...)
}
