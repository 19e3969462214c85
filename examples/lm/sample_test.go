package main

import (
	"context"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func TestACheckpointIsEvaluatedAsInTrainingAndWrites(t *testing.T) {
	dir := t.TempDir()
	status, trained, errs := runLM(t, context.Background(), append(slices.Clone(everything), "-out", dir)...)
	if status != 0 {
		t.Fatal(errs)
	}
	for _, cell := range []string{"egru", "gru"} {
		for _, args := range [][]string{{"-from", dir, "-cell", cell}, {"-from", filepath.Join(dir, cell)}, {"-from", filepath.Join(dir, cell, bestFile)}} {
			status, out, errs := runLM(t, context.Background(), append(args, "-mode", "eval")...)
			if status != 0 {
				t.Fatalf("%v: %s", args, errs)
			}
			// But for the backward activity and the rate, which are of training.
			got, want := strings.Fields(row(t, out, cell)), strings.Fields(row(t, trained, cell))
			if want = slices.Delete(want, 5, 7); !slices.Equal(got, want) {
				t.Errorf("%v: %v, in training %v", args, got, want)
			}
			if strings.Contains(out, "tokens/s") || strings.Contains(out, "backward") {
				t.Errorf("%v: figures of training stand there as if measured:\n%s", args, out)
			}
		}
	}

	text := func(args ...string) string {
		status, out, errs := runLM(t, context.Background(), append(args, "-mode", "sample", "-from", dir)...)
		if status != 0 {
			t.Fatalf("%v: %s", args, errs)
		}
		return out
	}
	if n := len(strings.Fields(text("-sample", "30"))); n < 15 || n > 30 {
		t.Errorf("30 words with line ends are %d words", n)
	}
	if once, again := text(), text(); once != again || once == text("-seed", "2") {
		t.Error("a sample is not a function of its seed")
	}
	if a, b := text("-top-k", "1", "-seed", "1"), text("-top-k", "1", "-seed", "2"); a != b {
		t.Errorf("the likeliest words depend on the seed:\n%s\n%s", a, b)
	}
	word, _, _ := strings.Cut(text(), " ")
	if out := text("-prompt", word+" "+word, "-sample", "3"); !strings.HasPrefix(out, word+" "+word) {
		t.Errorf("%q does not go on after %q", out, word)
	}
}

// row is the line of a cell in the table of results, up to the rate of tokens.
func row(t *testing.T, out, cell string) string {
	t.Helper()
	found := regexp.MustCompile(`(?m)^ +` + cell + ` .*%`).FindString(out)
	if found == "" {
		t.Fatalf("no row of %s in\n%s", cell, out)
	}
	return found
}

func TestWhatIsNoCheckpointIsAClearError(t *testing.T) {
	dir := t.TempDir()
	for _, c := range []struct {
		args []string
		says string
	}{
		{[]string{"-mode", "eval"}, "-from"},
		{[]string{"-mode", "eval", "-from", filepath.Join(dir, "nothing")}, "nothing"},
		{[]string{"-mode", "eval", "-from", dir}, bestFile},
		{[]string{"-mode", "sample", "-from", "config.go"}, "config.go"},
		{[]string{"-mode", "dream", "-from", dir}, `-mode is "dream"`},
		{[]string{"-from", dir}, bestFile},
		{[]string{"-mode", "sample", "-from", dir, "-temperature", "0"}, "-temperature is 0"},
		{[]string{"-mode", "sample", "-from", dir, "-top-k", "-1"}, "-top-k is -1"},
	} {
		status, _, errs := runLM(t, context.Background(), c.args...)
		if status != exitUsage || !strings.Contains(errs, c.says) || strings.Count(errs, "\n") != 1 {
			t.Errorf("%v: status %d, %q", c.args, status, errs)
		}
	}
}

// stopping is a context that ends once it has been asked for some times.
type stopping struct {
	context.Context
	left *int
}

func (s stopping) Err() error {
	if *s.left--; *s.left < 0 {
		return context.Canceled
	}
	return nil
}

func TestWhatWasWrittenBeforeAnInterruptIsPrinted(t *testing.T) {
	dir, _ := trained(t, "egru")
	args := []string{"-mode", "sample", "-from", dir, "-sample", "12"}
	_, whole, _ := runLM(t, context.Background(), args...)
	left := 5
	status, out, errs := runLM(t, stopping{context.Background(), &left}, args...)
	out = strings.TrimSpace(out)
	if n := len(strings.Fields(out)); status != exitInterrupted || errs != "lm: interrupted\n" || n < 1 || n > 5 || !strings.HasPrefix(whole, out) {
		t.Errorf("status %d, %q, %q, want the beginning of %q", status, errs, out, whole)
	}
}

// A checkpoint is of a run, whose zoneout it has.
func TestTheZoneoutOfACheckpointIsNoFlag(t *testing.T) {
	dir, _ := trained(t, "egru")
	for _, mode := range []string{modeEval, modeStream, modeSample} {
		status, _, errs := runLM(t, context.Background(), "-mode", mode, "-from", dir, "-zoneout", "0.5")
		if status != exitUsage || !strings.Contains(errs, "-zoneout is for weights of other libraries") || strings.Count(errs, "\n") != 1 {
			t.Errorf("-mode %s: status %d, %q", mode, status, errs)
		}
	}
}
