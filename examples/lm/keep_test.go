package main

import (
	"context"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// barred puts a folder in the place of each of some files below -out, so that they
// cannot be written: as on a disk that has room for the others.
func barred(t *testing.T, dir string, names ...string) {
	t.Helper()
	for _, name := range names {
		if err := os.MkdirAll(filepath.Join(dir, name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
}

// lastStep is the name of the last checkpoint of a run by these flags.
func lastStep(t *testing.T, args ...string) string {
	t.Helper()
	dir := t.TempDir()
	if status, _, errs := runLM(t, context.Background(), append(slices.Clone(args), "-out", dir)...); status != 0 {
		t.Fatal(errs)
	}
	return filepath.Base(slices.Max(steps(t, dir)))
}

func TestTheBestWeightsAreSavedByThemselvesWhereACheckpointIsNot(t *testing.T) {
	args := append(slices.Clone(tiny), "-cell", "egru", "-on-full", onFullContinue)
	dir, step := t.TempDir(), lastStep(t, args...)
	barred(t, dir, filepath.Join("egru", step))
	status, out, errs := runLM(t, context.Background(), append(args, "-out", dir)...)
	if status != 0 || !strings.Contains(out, "warning: checkpoint") {
		t.Errorf("status %d, %s\n%s", status, errs, out)
	}
	_, evaluated, errs := runLM(t, context.Background(), "-mode", "eval", "-from", dir)
	if !strings.Contains(evaluated, "MACs/token") {
		t.Fatalf("the best weights are not there: %s", errs)
	}
	if got, want := strings.Fields(row(t, evaluated, "egru"))[:3], strings.Fields(row(t, out, "egru"))[:3]; !slices.Equal(got, want) {
		t.Errorf("saved was a model of %v, want %v", got, want)
	}
}

func TestARunThatLosesItsResultIsNoSuccess(t *testing.T) {
	args := append(slices.Clone(tiny), "-on-full", onFullContinue)
	dir := t.TempDir()
	best := filepath.Join("egru", bestFile)
	barred(t, dir, best, filepath.Join("egru", lastStep(t, append(slices.Clone(args), "-cell", "egru")...)))
	status, out, errs := runLM(t, context.Background(), append(args, "-out", dir)...)
	if want := "lm: egru: the best weights could not be saved: "; status != exitFailure || !strings.HasPrefix(errs, want) || !strings.Contains(errs, filepath.Join(dir, best)) || strings.Count(errs, "\n") != 1 {
		t.Errorf("status %d, %q, want %q", status, errs, want)
	}
	row(t, out, "egru")
	row(t, out, "gru") // which is trained and saved nevertheless
	if status, _, errs := runLM(t, context.Background(), "-mode", "eval", "-from", dir, "-cell", "gru"); status != 0 {
		t.Error(errs)
	}
}

// Where perplexities are beyond all numbers there is no best epoch: the last weights
// are the result.
func TestLastWeightsThatAreLostAreNoSuccess(t *testing.T) {
	args := append(slices.Clone(tiny), "-cell", "egru", "-lr", "1e4", "-on-full", onFullContinue)
	dir := t.TempDir()
	barred(t, dir, filepath.Join("egru", lastStep(t, args...)))
	status, out, errs := runLM(t, context.Background(), append(args, "-out", dir)...)
	if status != exitFailure || !strings.HasPrefix(errs, "lm: egru: the last weights could not be saved: ") {
		t.Errorf("status %d, %q\n%s", status, errs, out)
	}
}

// The best weights come back also where there is no epoch left to train.
func TestTheLostBestOfAFinishedRunIsSavedAgain(t *testing.T) {
	dir, args := trained(t, "egru")
	best := filepath.Join(dir, "egru", bestFile)
	want := filesBelow(t, filepath.Dir(best))
	if err := os.Remove(best); err != nil {
		t.Fatal(err)
	}
	if status, _, errs := runLM(t, context.Background(), append(args, "-resume")...); status != 0 {
		t.Error(errs)
	}
	if got := filesBelow(t, filepath.Dir(best)); !slices.Equal(slices.Sorted(maps.Keys(got)), slices.Sorted(maps.Keys(want))) {
		t.Errorf("files %v, want %v", slices.Sorted(maps.Keys(got)), slices.Sorted(maps.Keys(want)))
	}
}

func TestAFigureThatIsNotWrittenIsNotCalledSo(t *testing.T) {
	dir := t.TempDir()
	barred(t, dir, perplexityFigure+".png")
	status, out, errs := runLM(t, context.Background(), append(slices.Clone(tiny), "-cell", "egru", "-on-full", onFullContinue, "-out", dir)...)
	if status != 0 || !strings.Contains(out, "warning: ") || strings.Contains(out, "wrote "+filepath.Join(dir, perplexityFigure)) {
		t.Errorf("status %d, %q\n%s", status, errs, out)
	}
}
