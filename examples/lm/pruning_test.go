package main

import (
	"context"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/egru/egru/graph/checkpoint"
)

// results are the lines of -json of a run.
func results(t *testing.T, args ...string) (rows []epochResult, out string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "lm.json")
	status, out, errs := runLM(t, context.Background(), append(slices.Clone(args), "-json", file)...)
	if status != 0 {
		t.Fatalf("%v: status %d, %s", args, status, errs)
	}
	for line := range strings.Lines(string(read(t, file))) {
		var row epochResult
		if err := json.Unmarshal([]byte(line), &row); err != nil {
			t.Fatal(err)
		}
		rows = append(rows, row)
	}
	return rows, out
}

// zeros is the share of exact zeros in the matrices of the best checkpoint, and in
// each.
func zeros(t *testing.T, dir, cell string) (share float64, each map[string]float64) {
	t.Helper()
	s, err := checkpoint.Load(filepath.Join(dir, cell, bestFile))
	if err != nil {
		t.Fatal(err)
	}
	zero, all := 0, 0
	each = map[string]float64{}
	for name, w := range s.Weights {
		if w.Shape().Dims() < 2 {
			if strings.HasSuffix(name, ".gain") && slices.Contains(w.Float32s(), 0) {
				t.Errorf("%s has a zero", name)
			}
			continue
		}
		n := 0
		for _, x := range w.Float32s() {
			if x == 0 {
				n++
			}
		}
		zero, all, each[name] = zero+n, all+w.Shape().TotalSize(), float64(n)/float64(w.Shape().TotalSize())
	}
	return float64(zero) / float64(all), each
}

func TestATrainedModelIsPrunedAndTrainedOn(t *testing.T) {
	dense, pruned, more := t.TempDir(), t.TempDir(), t.TempDir()
	before, _ := results(t, append(slices.Clone(tiny), "-cell", "egru", "-epochs", "2", "-out", dense)...)
	if before[0].Density != nil {
		t.Errorf("density %v of a run without pruning", *before[0].Density)
	}

	after, out := results(t, "-from", dense, "-prune", "0.8", "-prune-until", "1", "-prune-every", "1", "-epochs", "2", "-out", pruned)
	for i, row := range after {
		if row.Density == nil || math.Abs(*row.Density-0.2) > 0.001 {
			t.Errorf("row %d: density %v", i, row.Density)
		}
	}
	for _, words := range []string{"density 20.0 %", "left of the weights: embedding.weight ", "rnn.0.recurrent_kernel "} {
		if !strings.Contains(out, words) {
			t.Errorf("no %q in\n%s", words, out)
		}
	}
	share, each := zeros(t, pruned, "egru")
	if math.Abs(share-0.8) > 0.001 {
		t.Errorf("%v of the weights are zero", share)
	}
	if each["rnn.0.kernel"] == each["embedding.weight"] {
		t.Errorf("each matrix lost the same share: %v", each)
	}

	// What the pruned run left zero stays so, and is not asked for again.
	if _, out := results(t, "-from", pruned, "-epochs", "1", "-lr", "0.5", "-schedule", "constant", "-out", more); !strings.Contains(out, "density 20.0 %") {
		t.Errorf("pruning is not gone on with:\n%s", out)
	}
	a, b := checkpointOf(t, pruned), checkpointOf(t, more)
	for name, w := range a.Weights {
		for i, x := range w.Float32s() {
			if w.Shape().Dims() == 2 && x == 0 && b.Weights[name].Float32s()[i] != 0 {
				t.Fatalf("number %d of %s has come back", i, name)
			}
		}
	}
}

func checkpointOf(t *testing.T, dir string) *checkpoint.Snapshot {
	t.Helper()
	s, err := checkpoint.Load(filepath.Join(dir, "egru", bestFile))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestPruningByLayerLeavesEachMatrixTheSameShare(t *testing.T) {
	for _, cell := range []string{"egru", "gru"} {
		dir := t.TempDir()
		results(t, append(slices.Clone(tiny), "-cell", cell, "-prune", "0.5", "-prune-scope", "layer", "-prune-weights", "*kernel, embedding.*", "-out", dir)...)
		_, each := zeros(t, dir, cell)
		for name, share := range each {
			if math.Abs(share-0.5) > 0.01 {
				t.Errorf("%s: %v of %s are zero", cell, share, name)
			}
		}
	}
}

// The first epochs of a run that is pruned are better than those that count.
func TestTheBestEpochIsOneThatIsPruned(t *testing.T) {
	dir := t.TempDir()
	rows, _ := results(t, append(slices.Clone(tiny), "-cell", "egru", "-epochs", "3", "-lr", "0.02", "-schedule", "constant",
		"-prune", "0.99", "-prune-from", "2", "-prune-until", "2.5", "-prune-every", "1", "-out", dir)...)
	if !(*rows[1].ValidPPL < *rows[2].ValidPPL) {
		t.Fatalf("pruning does no harm: %v and then %v", *rows[1].ValidPPL, *rows[2].ValidPPL)
	}
	if *rows[1].Density != 1 {
		t.Errorf("density %v before it begins", *rows[1].Density)
	}
	if best := rows[3]; best.Epoch != 3 || *best.ValidPPL != *rows[2].ValidPPL {
		t.Errorf("epoch %d was tested", best.Epoch)
	}
	if share, _ := zeros(t, dir, "egru"); math.Abs(share-0.99) > 0.001 {
		t.Errorf("%v of the best weights are zero", share)
	}
}

// A run from another begins with its weights and its settings.
func TestARunFromAnotherBeginsWhereThatWas(t *testing.T) {
	first := t.TempDir()
	rows, _ := results(t, append(slices.Clone(tiny), "-cell", "egru", "-variant", "paper", "-out", first)...)
	for _, from := range []string{first, filepath.Join(first, "egru"), filepath.Join(first, "egru", bestFile)} {
		dir := t.TempDir()
		again, _ := results(t, "-from", from, "-lr", "1e-30", "-decay", "0", "-out", dir)
		if a, b := *again[0].ValidPPL, *rows[0].ValidPPL; a != b {
			t.Errorf("-from %s: valid %v, want %v", from, a, b)
		}
		c := printed(t, "-config", filepath.Join(dir, configFile))
		if c.From != from || c.EGRU.Variant != "paper" || c.Hidden != 8 || c.EGRU.LearnRate != 1e-30 {
			t.Errorf("config %+v", c)
		}
	}
}

func TestARunFromAnotherIsResumedAlsoWithoutACheckpoint(t *testing.T) {
	first, dir := t.TempDir(), t.TempDir()
	results(t, append(slices.Clone(tiny), "-cell", "egru", "-out", first)...)
	args := []string{"-from", first, "-prune", "0.5", "-out", dir}
	results(t, args...)
	log := read(t, filepath.Join(dir, "egru", windowLog))
	for _, pattern := range []string{"step-*.safetensors", bestFile} {
		found, _ := filepath.Glob(filepath.Join(dir, "egru", pattern))
		for _, path := range found {
			if err := os.Remove(path); err != nil {
				t.Fatal(err)
			}
		}
	}
	results(t, "-resume", "-out", dir)
	if string(read(t, filepath.Join(dir, "egru", windowLog))) != string(log) {
		t.Error("another run")
	}
}

func TestWrongPruningAndStartsAreNamed(t *testing.T) {
	dir := t.TempDir()
	results(t, append(slices.Clone(tiny), "-out", dir)...)
	data := corpusOf(t)
	for _, c := range []struct {
		args []string
		says string
	}{
		{[]string{"-prune", "1"}, "-prune is 1, want 0 for none"},
		{[]string{"-prune", "NaN"}, "-prune is NaN"},
		{[]string{"-prune-scope", "layer"}, "-prune-scope says nothing without -prune"},
		{[]string{"-prune", "0.5", "-prune-scope", "all"}, `-prune-scope is "all", want global or layer`},
		{[]string{"-prune", "0.5", "-prune-from", "-1"}, "-prune-from is -1"},
		{[]string{"-prune", "0.5", "-prune-from", "3", "-prune-until", "2"}, "-prune-until is 2, want 3 (-prune-from) to 5 (-epochs)"},
		{[]string{"-prune", "0.5", "-prune-until", "6"}, "-prune-until is 6, want 0 (-prune-from) to 5 (-epochs)"},
		{[]string{"-prune", "0.5", "-prune-until", "NaN"}, "-prune-until is NaN"},
		{[]string{"-prune", "0.5", "-prune-every", "0"}, "-prune-every is 0"},
		{append(slices.Clone(tiny), "-out", "", "-prune", "0.5", "-prune-weights", "*kernel,*.wieght"), `lm: -prune-weights has "*.wieght", which fits none`},
		{[]string{"-from", dir, "-cell", "both"}, "-cell is both, but -from starts one of them"},
		{[]string{"-from", filepath.Join(dir, "egru", bestFile), "-cell", "gru"}, "is of the cell egru, -cell is gru"},
		{[]string{"-from", dir, "-out", dir}, "is the run of -from"},
		{[]string{"-from", filepath.Join(dir, "egru", bestFile), "-out", filepath.Join(dir, "egru")}, "is the run of -from"},
		{[]string{"-from", dir, "-out", "", "-hidden", "9", "-layers", "2"}, "-layers is 2, want 1, as it is in"},
		{[]string{"-from", dir, "-out", "", "-hidden", "9"}, "-hidden is 9, want 8, as it is in"},
		{[]string{"-from", dir, "-out", "", "-learn-gain=false"}, "-learn-gain is false, want true, as it is in"},
		{[]string{"-from", dir, "-out", "", "-data", data}, "another vocabulary"},
		{[]string{"-from", "config.go", "-out", ""}, "config.go"},
		{[]string{"-mode", "eval", "-from", dir, "-prune", "0.5"}, "-prune says nothing with -mode eval"},
	} {
		status, _, errs := runLM(t, context.Background(), c.args...)
		if status != exitUsage || !strings.Contains(errs, c.says) || strings.Count(errs, "\n") != 1 {
			t.Errorf("%v: status %d, %q", c.args, status, errs)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "egru", bestFile)); err != nil {
		t.Error(err)
	}
}

func TestSettingsOfPruningAreFilledIn(t *testing.T) {
	all := "*kernel,*.weight"
	for _, c := range []struct {
		args []string
		want pruning
	}{
		{nil, pruning{}},
		{[]string{"-prune", "0"}, pruning{}},
		{[]string{"-prune", "0.8"}, pruning{0.8, scopeGlobal, all, 0, 2.5, 100}},
		{[]string{"-prune", "0.8", "-prune-from", "1", "-epochs", "4"}, pruning{0.8, scopeGlobal, all, 1, 2.5, 100}},
		{[]string{"-prune", "0.8", "-prune-every", "7"}, pruning{0.8, scopeGlobal, all, 0, 2.5, 7}},
		{[]string{"-prune", "0.8", "-prune-until", "0"}, pruning{0.8, scopeGlobal, all, 0, 0, 100}},
		{[]string{"-prune", "0.8", "-prune-scope", "layer", "-prune-weights", "*kernel"}, pruning{0.8, scopeLayer, "*kernel", 0, 2.5, 100}},
	} {
		got := printed(t, c.args...)
		if got.Prune != c.want {
			t.Errorf("%v: %+v, want %+v", c.args, got.Prune, c.want)
		}
		raw, err := got.encode()
		if err != nil {
			t.Fatal(err)
		}
		if has := strings.Contains(string(raw), `"prune"`); has != (c.want != pruning{}) {
			t.Errorf("%v: the config speaks of pruning: %v", c.args, has)
		}
		// What a config says stays, but for what flags say.
		file := filepath.Join(t.TempDir(), "config.json")
		write(t, file, raw)
		if again := printed(t, "-config", file, "-epochs", "9"); again.Prune != c.want {
			t.Errorf("%v: back from its file %+v", c.args, again.Prune)
		}
	}
}
