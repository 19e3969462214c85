package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/egru/egru/graph/checkpoint"
	"github.com/egru/egru/internal/atomicfile"
	"github.com/egru/egru/layers"
)

// trained is a finished run of one cell.
func trained(t *testing.T, cell string) (dir string, args []string) {
	t.Helper()
	dir = t.TempDir()
	args = append(slices.Clone(tiny), "-cell", cell, "-epochs", "2", "-out", dir)
	if status, _, errs := runLM(t, context.Background(), args...); status != 0 {
		t.Fatal(errs)
	}
	return dir, args
}

func TestANewRunTouchesNothingButFilesOfRuns(t *testing.T) {
	dir := t.TempDir()
	mine := filepath.Join(dir, "egru", "sub", "main.go")
	if err := os.MkdirAll(filepath.Dir(mine), 0o755); err != nil {
		t.Fatal(err)
	}
	write(t, mine, []byte("precious"))
	if status, _, errs := runLM(t, context.Background(), append(slices.Clone(tiny), "-cell", "egru", "-out", dir)...); status != 0 {
		t.Fatal(errs)
	}
	if got := read(t, mine); string(got) != "precious" {
		t.Errorf("the file is %q now", got)
	}
}

func TestOneRunAtATimeHasAFolder(t *testing.T) {
	dir := t.TempDir()
	release, err := atomicfile.Lock(filepath.Join(dir, lockFile))
	if err != nil {
		t.Skip(err)
	}
	args := append(slices.Clone(tiny), "-cell", "egru", "-out", dir)
	if status, _, errs := runLM(t, context.Background(), args...); status != exitUsage || !strings.Contains(errs, "another run") {
		t.Errorf("status %d, %q", status, errs)
	}
	release()
	if status, _, errs := runLM(t, context.Background(), args...); status != 0 {
		t.Error(errs)
	}
}

func TestAnotherCellDoesNotTakeTheFolderOfARun(t *testing.T) {
	dir, args := trained(t, "egru")
	status, _, errs := runLM(t, context.Background(), append(slices.Clone(args), "-cell", "gru")...)
	if status != exitUsage || !strings.Contains(errs, "holds the checkpoints of a run") {
		t.Errorf("status %d, %q", status, errs)
	}
	if status, _, errs := runLM(t, context.Background(), "-resume", "-out", dir); status != 0 {
		t.Errorf("the run of the folder: %s", errs)
	}
}

func TestARefusedResumptionChangesNothing(t *testing.T) {
	dir, args := trained(t, "egru")
	results := filepath.Join(dir, "lm.json")
	earlier := []byte("{\"cell\":\"egru\"}\n")
	write(t, results, earlier)
	config := read(t, filepath.Join(dir, configFile))
	status, _, errs := runLM(t, context.Background(), append(slices.Clone(args), "-resume", "-data", corpusOf(t), "-json", results)...)
	if status != exitUsage || !strings.Contains(errs, "another text") {
		t.Errorf("status %d, %q", status, errs)
	}
	if !bytes.Equal(read(t, filepath.Join(dir, configFile)), config) || !bytes.Equal(read(t, results), earlier) {
		t.Error("settings or results were written over")
	}
}

// Whatever has become of the file of the best epoch, the run goes on, and tests
// what it says it tests.
func TestALostBestIsMadeAgainOrGivenUpInWords(t *testing.T) {
	dir, args := trained(t, "egru")
	other, _ := trained(t, "gru")
	best := filepath.Join(dir, "egru", bestFile)
	whole := read(t, best)
	of := func(epoch int) []byte { // the best of the run, as if of another epoch
		s, err := checkpoint.Load(best)
		if err != nil {
			t.Fatal(err)
		}
		var p progress
		if err := s.Decode(&p); err != nil {
			t.Fatal(err)
		}
		p.Best = epoch
		if s.Run, err = json.Marshal(p); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(t.TempDir(), bestFile)
		if err := checkpoint.Save(path, s); err != nil {
			t.Fatal(err)
		}
		return read(t, path)
	}
	stale := of(1)
	_, out, _ := runLM(t, context.Background(), append(slices.Clone(args), "-resume")...)
	want := row(t, out, "egru")
	for name, content := range map[string][]byte{
		"none": nil, "cut short": whole[:len(whole)/2], "of another epoch": stale, "of another cell": read(t, filepath.Join(other, "gru", bestFile)),
	} {
		if err := os.Remove(best); err != nil {
			t.Fatal(err)
		}
		if content != nil {
			write(t, best, content)
		}
		// The second and last epoch was the best: its weights are those of the
		// last checkpoint.
		status, out, errs := runLM(t, context.Background(), append(slices.Clone(args), "-resume")...)
		if status != 0 || row(t, out, "egru") != want {
			t.Errorf("%s: status %d, %s\n%s\nwant %s", name, status, errs, out, want)
		}
		if status, _, errs := runLM(t, context.Background(), append(slices.Clone(args), "-resume", "-epochs", "3")...); status != 0 {
			t.Errorf("%s: one more epoch: %s", name, errs)
		}
		// Back to two epochs, with the best of the second.
		for _, step := range steps(t, dir) {
			if s, err := checkpoint.Load(step); err == nil {
				var p progress
				if err := s.Decode(&p); err == nil && p.Epoch > 3 {
					os.Remove(step)
				}
			}
		}
		write(t, best, whole)
	}
}

func steps(t *testing.T, dir string) []string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(dir, "egru", "step-*.safetensors"))
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// A file can be whole and yet lie. It does not decide what memory is taken.
func TestAHostileCheckpointIsAnErrorBeforeMemoryIsTaken(t *testing.T) {
	dir, args := trained(t, "egru")
	step := slices.Max(steps(t, dir))
	snapshot, err := checkpoint.Load(step)
	if err != nil {
		t.Fatal(err)
	}
	var honest map[string]any
	if err := json.Unmarshal(snapshot.Run, &honest); err != nil {
		t.Fatal(err)
	}
	for name, lie := range map[string]func(run, config map[string]any){
		"hidden":   func(_, c map[string]any) { c["hidden"] = 1_000_000_000 },
		"wide":     func(_, c map[string]any) { c["embed"] = 30_000 },
		"layers":   func(_, c map[string]any) { c["layers"] = 1_000_000_000 },
		"deep":     func(_, c map[string]any) { c["layers"] = 99 },
		"words":    func(_, c map[string]any) { c["words"] = 1_000_000_000 },
		"epochs":   func(_, c map[string]any) { c["epochs"] = 2_000_000_000 },
		"epoch":    func(run, _ map[string]any) { run["epoch"] = -5 },
		"position": func(run, _ map[string]any) { run["position"] = -1 },
		"cell":     func(run, _ map[string]any) { run["cell"] = "gru" },
		"curve":    func(run, _ map[string]any) { run["curve"] = map[string]any{"at": []float64{1}} },
		"results":  func(run, _ map[string]any) { run["results"] = []any{map[string]any{"epoch": run["best"]}} },
	} {
		var run map[string]any
		if err := json.Unmarshal(snapshot.Run, &run); err != nil {
			t.Fatal(err)
		}
		lie(run, run["config"].(map[string]any))
		lying := *snapshot
		if lying.Run, err = json.Marshal(run); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(t.TempDir(), "lie.safetensors")
		if err := checkpoint.Save(path, &lying); err != nil {
			t.Fatal(err)
		}
		for _, mode := range []string{modeEval, modeTrain} {
			args := []string{"-mode", mode, "-from", path}
			if mode == modeTrain {
				args = append(args, "-out", "")
			}
			status, _, errs := runLM(t, context.Background(), args...)
			if status != exitUsage || !strings.Contains(errs, path) && !strings.Contains(errs, "-"+name) {
				t.Errorf("-mode %s, %s: status %d, %q", mode, name, status, errs)
			}
		}
	}
	// Without what it has warned of, a run goes on all the same.
	delete(honest, "warned")
	if snapshot.Run, err = json.Marshal(honest); err != nil {
		t.Fatal(err)
	}
	if err := checkpoint.Save(step, snapshot); err != nil {
		t.Fatal(err)
	}
	if status, _, errs := runLM(t, context.Background(), append(slices.Clone(args), "-resume", "-epochs", "3")...); status != 0 {
		t.Error(errs)
	}
}

func TestAnAlteredCheckpointIsCalledDamaged(t *testing.T) {
	dir, _ := trained(t, "egru")
	path := filepath.Join(dir, "egru", bestFile)
	raw := read(t, path)
	raw[len(raw)/2] ^= 1
	write(t, path, raw)
	status, _, errs := runLM(t, context.Background(), "-mode", "eval", "-from", path)
	if status != exitUsage || !strings.Contains(errs, "damaged") {
		t.Errorf("status %d, %q", status, errs)
	}
}

func TestFlagsThatSayNothingAreNamed(t *testing.T) {
	for _, c := range []struct {
		args []string
		says string
	}{
		{[]string{"-mode", "eval", "-from", "x", "-batch", "3"}, "-batch says nothing"},
		{[]string{"-mode", "sample", "-from", "x", "-resume"}, "-resume says nothing"},
		{[]string{"-mode", "sample", "-from", "x", "-sample", "0"}, "-sample is 0, want at least 1 with -mode sample"},
		{[]string{"-mode", "sample", "-from", "x", "-sample", "-5"}, "-sample is -5, want at least 1 with -mode sample"},
		{[]string{"-sample", "-5"}, "-sample is -5, want at least 0\n"},
		{[]string{"-prompt", "the"}, "without -sample"},
		{[]string{"-hidden", "1000000000"}, "-hidden is 1000000000"},
		{[]string{"-schedule", "halve", "-schedule-epoch", "4000000000000000000"}, "-schedule-epoch"},
	} {
		status, _, errs := runLM(t, context.Background(), c.args...)
		if status != exitUsage || !strings.Contains(errs, c.says) || strings.Count(errs, "\n") != 1 {
			t.Errorf("%v: status %d, %q", c.args, status, errs)
		}
	}
}

func TestTheParametersOfAConfigAreCounted(t *testing.T) {
	for _, args := range [][]string{{}, {"-layers", "3", "-hidden", "7", "-embed", "5"}, {"-variant", "paper"}, {"-learn-gain=false", "-gain", "1"}} {
		c := printed(t, args...)
		for _, cell := range c.cells() {
			m, err := layers.NewLanguageModel(c.model(cell, 11))
			if err != nil {
				t.Fatal(err)
			}
			if got, want := c.shape().Parameters(cell, 11), layers.Size(m.Params()); got != want {
				t.Errorf("%v: %s has %d parameters, counted %d", args, cell, want, got)
			}
		}
	}
}

// inWorkFolder runs the test in a folder of its own, where lm-out is its own too.
func inWorkFolder(t *testing.T) (toy []string) {
	t.Helper()
	t.Chdir(t.TempDir())
	return append(slices.Clone(tiny), "-cell", "egru")
}

// filesBelow are the files of a folder with their contents, but for the lock.
func filesBelow(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || e.Name() == lockFile {
			return err
		}
		name, err := filepath.Rel(dir, path)
		files[name] = string(read(t, path))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func TestARunInLMOutIsSetAsideNotDeleted(t *testing.T) {
	toy := inWorkFolder(t)
	before := defaultOut + beforeSuffix
	mine := filepath.Join(defaultOut, "egru", "notes.txt")
	var last map[string]string
	for i := range 3 {
		// Each time another seed, so that the runs can be told apart.
		status, _, errs := runLM(t, context.Background(), append(slices.Clone(toy), "-seed", strconv.Itoa(i+1))...)
		if status != 0 {
			t.Fatal(errs)
		}
		const notice = "lm: the run that was in lm-out is in lm-out.before now\n"
		if want := map[bool]string{true: notice}[i > 0]; errs != want {
			t.Errorf("run %d says %q, want %q", i+1, errs, want)
		}
		if i > 0 {
			if got := filesBelow(t, before); !maps.Equal(got, last) {
				t.Errorf("after run %d %s holds %v, want what the run before left: %v", i+1, before, slices.Sorted(maps.Keys(got)), slices.Sorted(maps.Keys(last)))
			}
		}
		last = filesBelow(t, defaultOut)
		delete(last, filepath.Join("egru", "notes.txt"))
		write(t, mine, []byte("precious"))
	}
	if string(read(t, mine)) != "precious" {
		t.Error("a file of somebody else was taken along")
	}
	if status, _, errs := runLM(t, context.Background(), "-resume", "-out", before, "-epochs", "2"); status != 0 {
		t.Errorf("the run that was set aside does not go on: %s", errs)
	}
}

func TestARefusedRunMovesNothing(t *testing.T) {
	toy := inWorkFolder(t)
	for range 2 {
		if status, _, errs := runLM(t, context.Background(), toy...); status != 0 {
			t.Fatal(errs)
		}
	}
	other, _ := trained(t, "gru")
	want := filesBelow(t, ".")
	for _, args := range [][]string{
		{"-hidden", "0"},
		{"-threshold", "2"},
		{"-json", filepath.Join("no", "such", "folder")},
		{"-prune", "0.5", "-prune-weights", "xyz*"},
		{"-data", "missing"},
		{"-words", "100", "-batch", "200"},
		{"-hidden", "30000", "-embed", "30000"},
		{"-from", other, "-hidden", "9", "-layers", "2"},
		{"-from", "missing"},
		{"-from", defaultOut},
		{"-from", defaultOut + beforeSuffix},
		{"-out", defaultOut},
	} {
		if !slices.Contains(args, "-from") {
			args = append(slices.Clone(toy), args...)
		}
		if status, _, errs := runLM(t, context.Background(), args...); status != exitUsage {
			t.Errorf("%v: status %d, %s", args, status, errs)
		}
		if got := filesBelow(t, "."); !maps.Equal(got, want) {
			t.Fatalf("after %v: %v, want %v", args, slices.Sorted(maps.Keys(got)), slices.Sorted(maps.Keys(want)))
		}
	}
	release, err := atomicfile.Lock(filepath.Join(defaultOut+beforeSuffix, lockFile))
	if err != nil {
		t.Skip(err)
	}
	defer release()
	if status, _, errs := runLM(t, context.Background(), toy...); status != exitUsage || !strings.Contains(errs, "another run is at work in lm-out.before") {
		t.Errorf("status %d, %q", status, errs)
	}
	if got := filesBelow(t, "."); !maps.Equal(got, want) {
		t.Error("a run was moved into the folder of one at work")
	}
}

// A run that left nothing to go on from does not push out the one before it.
func TestARunWithoutCheckpointsIsNotSetAside(t *testing.T) {
	toy := inWorkFolder(t)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	for i, c := range []context.Context{context.Background(), ctx, context.Background()} {
		if _, _, errs := runLM(t, c, toy...); strings.Contains(errs, "now") != (i == 1) {
			t.Errorf("run %d says %q", i+1, errs)
		}
	}
	if _, err := os.Stat(filepath.Join(defaultOut+beforeSuffix, "egru", bestFile)); err != nil {
		t.Error(err)
	}
}

func TestAMoveThatWasCutShortGoesOn(t *testing.T) {
	toy := inWorkFolder(t)
	if status, _, errs := runLM(t, context.Background(), toy...); status != 0 {
		t.Fatal(errs)
	}
	want := filesBelow(t, defaultOut)
	// As if the program had been killed before the last file.
	before := defaultOut + beforeSuffix
	there, err := filesOfRun(defaultOut)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(before, "egru"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, name := range there.files[:len(there.files)-1] {
		if err := os.Rename(filepath.Join(defaultOut, name), filepath.Join(before, name)); err != nil {
			t.Fatal(err)
		}
	}
	if status, _, errs := runLM(t, context.Background(), append(toy, "-seed", "2")...); status != 0 {
		t.Fatal(errs)
	}
	if got := filesBelow(t, before); !maps.Equal(got, want) {
		t.Errorf("%v, want %v", slices.Sorted(maps.Keys(got)), slices.Sorted(maps.Keys(want)))
	}
}

func TestARefusedRunLeavesNoFolderThatLooksLikeOne(t *testing.T) {
	toy := inWorkFolder(t)
	out := filepath.Join("a", "b")
	status, _, errs := runLM(t, context.Background(), append(toy, "-out", out, "-json", filepath.Join("no", "such", "folder"))...)
	if status != exitUsage || !strings.Contains(errs, "-json") {
		t.Errorf("status %d, %q", status, errs)
	}
	if _, err := os.Stat("a"); err == nil {
		t.Errorf("%v is left", filesBelow(t, "a"))
	}
}
