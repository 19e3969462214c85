package checkpoint

import (
	"bufio"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"gorgonia.org/tensor"
)

// killedFolder tells the test binary to be the writer that is killed.
const killedFolder = "EGRU_TEST_KILLED_FOLDER"

func TestMain(m *testing.M) {
	if dir := os.Getenv(killedFolder); dir != "" {
		if err := saveForever(dir); err != nil {
			fmt.Println("error", err)
		}
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// large takes some time to write.
func large(step int) *Snapshot {
	s := small(step)
	x := make([]float32, 1<<16)
	for i := range x {
		x[i] = float32(step)
	}
	s.Weights["large"] = tensor.New(tensor.WithShape(len(x)), tensor.WithBacking(x))
	return s
}

// saveForever goes on from the latest step, and prints what it has saved.
func saveForever(dir string) error {
	s, err := Open(dir, DefaultConfig())
	if err != nil {
		return err
	}
	_, step, err := s.Latest()
	if err != nil && len(s.Damaged()) > 0 {
		return err
	}
	for {
		step++
		if err := s.Save(step, large(step)); err != nil {
			return err
		}
		fmt.Println("step", step)
		if step%2 == 0 {
			if err := s.SaveBest(large(step)); err != nil {
				return err
			}
			fmt.Println("best", step)
		}
	}
}

// A writer is killed at random moments, a dozen times. Each time the latest
// checkpoint is whole, and no older than what the writer said it had saved.
func TestAKilledWriterLosesNothing(t *testing.T) {
	dir := t.TempDir()
	self, err := os.Executable()
	if err != nil {
		t.Skip("the test binary has no path: ", err)
	}
	random := rand.New(rand.NewPCG(7, 0))
	leftovers, saved := 0, map[string]int{}
	for kill := range 12 {
		killedWriter(t, self, dir, 1+random.IntN(4), time.Duration(random.IntN(10_000))*time.Microsecond, saved)
		names := filesIn(t, dir)
		for _, name := range names {
			if strings.HasSuffix(name, ".tmp") {
				leftovers++
			}
		}
		s := opened(t, dir, DefaultConfig().Keep)
		snap, step, err := s.Latest()
		if err != nil || len(s.Damaged()) > 0 || step < saved["step"] || step > saved["step"]+1 {
			t.Fatalf("kill %d: latest is step %d with error %v, skipped %v, want %d or the next", kill, step, err, s.Damaged(), saved["step"])
		}
		wantSnapshot(t, snap, large(step))
		if last := saved["best"]; last > 0 {
			best, err := s.Best()
			if err != nil {
				t.Fatalf("kill %d: the best of step %d: %v", kill, last, err)
			}
			of, err := strconv.Atoi(string(best.Run))
			if err != nil || of < last || of > step {
				t.Fatalf("kill %d: the best is of step %s, want %d or later", kill, best.Run, last)
			}
			wantSnapshot(t, best, large(of))
		}
		for _, name := range filesIn(t, dir) {
			if strings.HasSuffix(name, ".tmp") {
				t.Errorf("kill %d: Open left %s", kill, filepath.Join(dir, name))
			}
		}
		if n := len(names); n > DefaultConfig().Keep+3 { // the best, one not yet removed, one being written
			t.Errorf("kill %d: the folder has %q", kill, names)
		}
	}
	t.Logf("%d of 12 were killed while they wrote a file", leftovers)
}

// killedWriter kills a writer some time after it has told of n files, and notes
// the last step and the last best that it told of.
func killedWriter(t *testing.T, self, dir string, n int, after time.Duration, saved map[string]int) {
	t.Helper()
	writer := exec.Command(self)
	writer.Env = append(os.Environ(), killedFolder+"="+dir)
	writer.Stderr = os.Stderr
	out, err := writer.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := writer.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewReader(out)
	for told := 0; ; told++ {
		if told == n {
			time.Sleep(after)
			if err := writer.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
		line, err := lines.ReadString('\n')
		if err == io.EOF {
			break
		}
		var file string
		var step int
		if _, scan := fmt.Sscanf(line, "%s %d\n", &file, &step); scan != nil || err != nil {
			t.Fatalf("the writer said %q (%v)", line, err)
		}
		saved[file] = step
	}
	if err := writer.Wait(); err == nil {
		t.Fatal("the writer was not killed")
	}
}
