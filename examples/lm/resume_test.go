package main

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

var kills = flag.Int("kills", 6, "how often the test of kill -9 kills a run")

// asProgram makes the test binary run as the program itself, for tests that kill
// it.
const asProgram = "EGRU_TEST_LM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
	}
	flag.Parse()
	os.Exit(m.Run())
}

// everything turns on all that is random or has a state, in a run of about a
// second.
var everything = []string{
	"-words", "6000", "-layers", "2", "-hidden", "12", "-embed", "8", "-epochs", "3", "-batch", "20", "-bptt", "12", "-eval-batch", "50",
	"-random-windows", "-word-dropout", "0.1", "-dropout", "0.2", "-variational", "-drop-connect", "0.3", "-zoneout", "0.1",
	"-prune", "0.6", "-prune-from", "0.5", "-prune-until", "2", "-prune-every", "2",
	"-decay", "0.05", "-activity-weight", "0.1", "-activity-target", "0.1", "-state-weight", "0.01", "-seed", "7",
}

// unbroken is what a run leaves that was never stopped.
func unbroken(t *testing.T, args ...string) (log []byte, results []map[string]any) {
	t.Helper()
	dir := t.TempDir()
	if status, _, errs := runLM(t, context.Background(), append(args, "-out", dir, "-json", filepath.Join(dir, "lm.json"))...); status != 0 {
		t.Fatalf("status %d: %s", status, errs)
	}
	return left(t, dir)
}

// left is the log of windows of all cells, and the results but for what is
// measured by the clock.
func left(t *testing.T, dir string) (log []byte, results []map[string]any) {
	t.Helper()
	for _, cell := range []string{"egru", "gru"} {
		log = append(log, read(t, filepath.Join(dir, cell, windowLog))...)
	}
	for line := range bytes.Lines(read(t, filepath.Join(dir, "lm.json"))) {
		var row map[string]any
		if err := json.Unmarshal(line, &row); err != nil {
			t.Fatal(err)
		}
		for _, clock := range []string{"seconds", "tokens_per_s", "peak_rss_mb"} {
			delete(row, clock)
		}
		results = append(results, row)
	}
	return log, results
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// same wants a run that was stopped to have left what an unbroken one leaves.
func same(t *testing.T, dir string, log []byte, results []map[string]any) {
	t.Helper()
	gotLog, gotResults := left(t, dir)
	if !bytes.Equal(gotLog, log) {
		a, b := bytes.Split(gotLog, []byte("\n")), bytes.Split(log, []byte("\n"))
		for i := range min(len(a), len(b)) {
			if !bytes.Equal(a[i], b[i]) {
				t.Fatalf("window %d of %d: %s, unbroken %s", i, len(b), a[i], b[i])
			}
		}
		t.Fatalf("%d windows, unbroken %d", len(a), len(b))
	}
	got, _ := json.Marshal(gotResults)
	want, _ := json.Marshal(results)
	if !bytes.Equal(got, want) {
		t.Errorf("results\n%s\nunbroken\n%s", got, want)
	}
}

func TestARunThatIsInterruptedAndResumedIsTheUnbrokenRunToTheBit(t *testing.T) {
	log, results := unbroken(t, everything...)
	dir := t.TempDir()
	args := append(slices.Clone(everything), "-out", dir, "-json", filepath.Join(dir, "lm.json"))
	random := rand.New(rand.NewPCG(1, 0))
	stops := 0
	for {
		// Longer and longer: a busy machine may need a second to begin.
		after := time.Duration((20+random.IntN(400))*(4+stops)/4) * time.Millisecond
		ctx, cancel := context.WithTimeout(context.Background(), after)
		stop := context.AfterFunc(ctx, func() {})
		status, out, errs := runLM(t, cancelled{ctx}, args...)
		stop()
		cancel()
		if status == 0 {
			break
		}
		if status != exitInterrupted {
			t.Fatalf("status %d: %s\n%s", status, errs, out)
		}
		if stops++; stops > 100 {
			t.Fatal("the run does not come to its end")
		}
		args = append(slices.Clone(everything), "-out", dir, "-resume", "-json", filepath.Join(dir, "lm.json"))
	}
	if stops < 3 {
		t.Fatalf("the run was stopped %d times, too seldom to show anything", stops)
	}
	t.Logf("stopped %d times", stops)
	same(t, dir, log, results)
}

// cancelled reports a deadline as what Ctrl-C is to the program.
type cancelled struct{ context.Context }

func (c cancelled) Err() error {
	if c.Context.Err() != nil {
		return context.Canceled
	}
	return nil
}

func TestARunThatIsKilledAtRandomMomentsAndResumedIsTheUnbrokenRunToTheBit(t *testing.T) {
	log, results := unbroken(t, everything...)
	dir := t.TempDir()
	random := rand.New(rand.NewPCG(2, 0))
	// A checkpoint after each window: most kills come while one is written.
	args := append(slices.Clone(everything), "-out", dir, "-checkpoint", "1ns", "-json", filepath.Join(dir, "lm.json"))
	killed := 0
	for {
		child := exec.Command(os.Args[0], args...)
		child.Env = append(os.Environ(), asProgram+"=1")
		var errs bytes.Buffer
		child.Stderr = &errs
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		ended := make(chan error, 1)
		go func() { ended <- child.Wait() }()
		patience := time.Duration((100+random.IntN(500))*(4+killed)/4) * time.Millisecond
		if killed == *kills {
			patience = time.Minute
		}
		var err error
		select {
		case err = <-ended:
		case <-time.After(patience):
			child.Process.Kill()
			if err = <-ended; killed == *kills {
				t.Fatal("the run does not end")
			}
		}
		if err == nil {
			break
		}
		if errs.Len() > 0 && child.ProcessState.Exited() {
			t.Fatalf("after %d kills: %s", killed, &errs)
		}
		killed++
		if _, err := os.Stat(filepath.Join(dir, configFile)); err == nil {
			if !slices.Contains(args, "-resume") {
				args = append(args, "-resume")
			}
		}
	}
	if killed == 0 {
		t.Fatal("the run ended before it was killed once")
	}
	t.Logf("killed %d times", killed)
	same(t, dir, log, results)
}

func TestADamagedCheckpointIsPassedOverAndTheRunStillTheSame(t *testing.T) {
	log, results := unbroken(t, everything...)
	dir := t.TempDir()
	args := append(slices.Clone(everything), "-out", dir, "-json", filepath.Join(dir, "lm.json"))
	if status, _, errs := runLM(t, context.Background(), args...); status != 0 {
		t.Fatal(errs)
	}
	saved, _ := filepath.Glob(filepath.Join(dir, "egru", "step-*.safetensors"))
	if len(saved) != 2 {
		t.Fatalf("%d checkpoints are kept, want 2: %v", len(saved), saved)
	}
	slices.Sort(saved)
	raw := read(t, saved[1])
	if err := os.WriteFile(saved[1], raw[:len(raw)/2], 0o644); err != nil {
		t.Fatal(err)
	}
	status, out, errs := runLM(t, context.Background(), append(args, "-resume")...)
	if status != 0 || !strings.Contains(out, filepath.Base(saved[1])) {
		t.Errorf("status %d, %s; no word of the damaged file in\n%s", status, errs, out)
	}
	same(t, dir, log, results)
}

func TestMoreEpochsGoOnFromAFinishedRun(t *testing.T) {
	args := append(slices.Clone(tiny), "-cell", "egru", "-schedule", "constant")
	whole := t.TempDir()
	if status, _, errs := runLM(t, context.Background(), append(args, "-epochs", "2", "-out", whole)...); status != 0 {
		t.Fatal(errs)
	}
	dir := t.TempDir()
	for _, more := range [][]string{{"-epochs", "1"}, {"-epochs", "2", "-resume"}} {
		if status, _, errs := runLM(t, context.Background(), append(append(slices.Clone(args), "-out", dir), more...)...); status != 0 {
			t.Fatal(errs)
		}
	}
	file := filepath.Join("egru", windowLog)
	if !bytes.Equal(read(t, filepath.Join(whole, file)), read(t, filepath.Join(dir, file))) {
		t.Error("one epoch and another are not two")
	}
}

func TestThreadsDoNotChangeARun(t *testing.T) {
	one, _ := unbroken(t, append(everything, "-epochs", "1", "-prune-until", "1", "-threads", "1")...)
	two, _ := unbroken(t, append(everything, "-epochs", "1", "-prune-until", "1", "-threads", "2")...)
	if !bytes.Equal(one, two) {
		t.Error("windows on one processor differ from those on two")
	}
}

func TestWhatCannotBeResumedIsAClearErrorAndNothingIsLost(t *testing.T) {
	dir := t.TempDir()
	args := append(slices.Clone(tiny), "-cell", "egru", "-out", dir)
	if status, _, errs := runLM(t, context.Background(), args...); status != 0 {
		t.Fatal(errs)
	}
	saved, _ := filepath.Glob(filepath.Join(dir, "egru", "*.safetensors"))
	before := map[string][]byte{}
	for _, path := range saved {
		before[path] = read(t, path)
	}
	for _, c := range []struct {
		args []string
		says string
	}{
		{args, "holds the checkpoints of a run"},
		{append(slices.Clone(args), "-resume", "-hidden", "9"), "other settings"},
		{append(slices.Clone(args), "-resume", "-dropout", "0.1"), "other settings"},
		{append(slices.Clone(args), "-resume", "-words", "11000"), "other settings"},
		{[]string{"-resume", "-out", dir, "-batch", "99"}, "other settings"},
		{[]string{"-resume", "-out", filepath.Join(dir, "missing")}, "missing holds no run"},
		{[]string{"-resume", "-out", t.TempDir()}, "holds no run"},
		{[]string{"-resume", "-out", ""}, "-resume needs the -out"},
		{[]string{"-out", filepath.Join(saved[0], "below a file"), "-words", "10000"}, "-out"},
	} {
		status, _, errs := runLM(t, context.Background(), c.args...)
		if status != exitUsage || !strings.Contains(errs, c.says) || strings.Count(errs, "\n") != 1 {
			t.Errorf("%v: status %d, %q", c.args, status, errs)
		}
	}
	for path, raw := range before {
		if !bytes.Equal(read(t, path), raw) {
			t.Errorf("%s has changed", path)
		}
	}
}

// small disks: a file system of its own, where the test may mount one.
func smallDisk(t *testing.T, kb int) string {
	t.Helper()
	dir := t.TempDir()
	if out, err := exec.Command("mount", "-t", "tmpfs", "-o", "size="+strconv.Itoa(kb)+"k", "tmpfs", dir).CombinedOutput(); err != nil {
		t.Skipf("no file system can be mounted here: %v, %s", err, out)
	}
	t.Cleanup(func() {
		if out, err := exec.Command("umount", dir).CombinedOutput(); err != nil {
			t.Errorf("%v, %s", err, out)
		}
	})
	return dir
}

func TestAFullDiskStopsOrNotAsAskedAndTheLastCheckpointStays(t *testing.T) {
	for _, onFull := range []string{onFullStop, onFullContinue} {
		t.Run(onFull, func(t *testing.T) {
			dir := smallDisk(t, 2048)
			args := append(slices.Clone(tiny), "-cell", "egru", "-epochs", "2", "-on-full", onFull, "-out", dir)
			if status, _, errs := runLM(t, context.Background(), args...); status != 0 {
				t.Fatal(errs)
			}
			// As if it had been stopped in the second epoch.
			saved, _ := filepath.Glob(filepath.Join(dir, "egru", "step-*.safetensors"))
			if err := os.Remove(slices.Max(saved)); err != nil {
				t.Fatal(err)
			}
			fill(t, dir)
			args = append(args, "-resume")
			status, out, errs := runLM(t, context.Background(), args...)
			const full = "no space left"
			if onFull == onFullStop && (status != exitFailure || !strings.Contains(errs, full)) {
				t.Errorf("status %d, %s", status, errs)
			}
			// The second epoch is trained and tested, but its weights are lost.
			lost := "lm: egru: the best weights could not be saved: "
			if onFull == onFullContinue && (status != exitFailure || !strings.HasPrefix(errs, lost) || !strings.Contains(out, "warning: checkpoint") || !strings.Contains(out, "epoch 2")) {
				t.Errorf("status %d, %s\n%s", status, errs, out)
			}
			os.Remove(filepath.Join(dir, "ballast"))
			if status, out, errs := runLM(t, context.Background(), args...); status != 0 || !strings.Contains(out, "epoch 2") {
				t.Errorf("with room again: status %d, %s\n%s", status, errs, out)
			}
		})
	}
}

// A row for which there is no room leaves no piece of itself to the rows after it.
func TestRowsOnAFullDiskAreWholeLines(t *testing.T) {
	dir := smallDisk(t, 64)
	file := filepath.Join(dir, "lm.json")
	write(t, file, []byte("{\"cell\":\"egru\"}\n")) // which takes the only room
	fill(t, dir)
	status, out, errs := runLM(t, context.Background(), append(slices.Clone(tiny), "-cell", "egru", "-epochs", "12", "-on-full", onFullContinue, "-out", "", "-json", file)...)
	if status != 0 || !strings.Contains(out, "warning: -json: ") {
		t.Fatalf("status %d, %s\n%s", status, errs, out)
	}
	for line := range strings.Lines(string(read(t, file))) {
		if !json.Valid([]byte(line)) {
			t.Errorf("a line is %q", line)
		}
	}
}

// fill leaves no room on a disk.
func fill(t *testing.T, dir string) {
	t.Helper()
	f, err := os.Create(filepath.Join(dir, "ballast"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for _, block := range []int{4096, 1} {
		for {
			if _, err := f.Write(make([]byte, block)); err != nil {
				break
			}
		}
	}
}

func write(t *testing.T, path string, content []byte) {
	t.Helper()
	if err := os.WriteFile(path, content, 0o644); err != nil {
		t.Fatal(err)
	}
}

// The best epoch of a cell whose other checkpoints are gone is not trained over.
func TestABestWithoutStepsIsNotTrainedOver(t *testing.T) {
	dir, args := trained(t, "egru")
	for _, step := range steps(t, dir) {
		if err := os.Remove(step); err != nil {
			t.Fatal(err)
		}
	}
	cell := filepath.Join(dir, "egru")
	want := filesBelow(t, dir)
	status, _, errs := runLM(t, context.Background(), append(slices.Clone(args), "-resume")...)
	if status != exitUsage || !strings.Contains(errs, cell+" holds best.safetensors, but no step") || !strings.Contains(errs, "-from "+cell) {
		t.Errorf("status %d, %q", status, errs)
	}
	if got := filesBelow(t, dir); !maps.Equal(got, want) {
		t.Errorf("%v, want %v", slices.Sorted(maps.Keys(got)), slices.Sorted(maps.Keys(want)))
	}
	if status, _, errs := runLM(t, context.Background(), "-from", cell, "-out", t.TempDir()); status != 0 {
		t.Errorf("as the error says: %s", errs)
	}
}

func TestARunOfWhichNothingIsSavedBeginsAndSaysSo(t *testing.T) {
	dir, args := trained(t, "egru")
	cell := filepath.Join(dir, "egru")
	if err := os.RemoveAll(cell); err != nil {
		t.Fatal(err)
	}
	status, out, errs := runLM(t, context.Background(), append(slices.Clone(args), "-resume")...)
	if status != 0 || !strings.Contains(out, "nothing saved yet in "+cell+", begins at epoch 1\n") || !strings.Contains(out, "epoch 2 ") {
		t.Errorf("status %d, %s\n%s", status, errs, out)
	}
}

func TestAFinishedRunSaysThatItIs(t *testing.T) {
	dir, args := trained(t, "egru")
	status, out, errs := runLM(t, context.Background(), append(slices.Clone(args), "-resume")...)
	if status != 0 || !strings.Contains(out, "  finished, 2 of 2 epochs; -epochs N goes further\n") || strings.Contains(out, "going on") {
		t.Errorf("status %d, %s\n%s", status, errs, out)
	}
	want := filesBelow(t, dir)
	status, _, errs = runLM(t, context.Background(), append(slices.Clone(args), "-resume", "-epochs", "1")...)
	if status != exitUsage || !strings.Contains(errs, "-epochs is 1, want at least 2") {
		t.Errorf("status %d, %q", status, errs)
	}
	if got := filesBelow(t, dir); !maps.Equal(got, want) {
		t.Error("the refused run changed files")
	}
	status, out, errs = runLM(t, context.Background(), append(slices.Clone(args), "-resume", "-epochs", "3")...)
	if status != 0 || !strings.Contains(out, "going on with window 1 of epoch 3") {
		t.Errorf("status %d, %s\n%s", status, errs, out)
	}
}
