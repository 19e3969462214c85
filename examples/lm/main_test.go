package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// tiny trains both cells in about a second.
var tiny = []string{"-words", "10000", "-hidden", "8", "-embed", "8", "-epochs", "1", "-batch", "100", "-bptt", "20", "-eval-batch", "50"}

func runLM(t *testing.T, ctx context.Context, args ...string) (status int, out, errs string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	status = run(ctx, args, &stdout, &stderr)
	return status, stdout.String(), stderr.String()
}

func TestBothCellsAreTrainedOnTheArtificialLanguage(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "lm.json")
	status, out, errs := runLM(t, context.Background(), append(tiny, "-json", file, "-out", dir, "-sample", "3")...)
	if status != 0 || errs != "" {
		t.Fatalf("status %d, errors %q; a progress bar is for terminals", status, errs)
	}
	for _, want := range []string{"egru", "gru", "bigrams", "unigrams", "floor", "MACs/token", "egru writes:"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(raw)), "\n")
	if len(lines) != 4 {
		t.Fatalf("%d lines of JSON, want an epoch and a test of two cells", len(lines))
	}
	for i, line := range lines {
		var row map[string]any
		if err := json.Unmarshal([]byte(line), &row); err != nil {
			t.Fatal(err)
		}
		for _, key := range []string{
			"cell", "epoch", "train_ppl", "valid_ppl", "test_ppl", "activity", "backward_activity",
			"macs_per_token", "dense_macs_per_token", "tokens_per_s", "seconds", "peak_rss_mb",
		} {
			if _, ok := row[key]; !ok {
				t.Errorf("line %d has no %s: %s", i, key, line)
			}
		}
		if tested := row["test_ppl"] != nil; tested != (i%2 == 1) {
			t.Errorf("line %d: test_ppl %v", i, row["test_ppl"])
		}
	}
	for _, name := range []string{"perplexity.svg", "perplexity.png", "raster.svg", "raster.png"} {
		if info, err := os.Stat(filepath.Join(dir, name)); err != nil || info.Size() == 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestSameSeedSameResult(t *testing.T) {
	result := func(threads string) string {
		_, out, errs := runLM(t, context.Background(), append(tiny, "-cell", "egru", "-threads", threads, "-dropout", "0.2", "-out", t.TempDir())...)
		if errs != "" {
			t.Fatal(errs)
		}
		// Rates of tokens and seconds differ from run to run.
		var kept []string
		for _, field := range strings.Fields(out) {
			if !strings.Contains(field, "/") {
				kept = append(kept, field)
			}
		}
		before, _, _ := strings.Cut(strings.Join(kept, " "), "backward")
		return before
	}
	if one, two := result("1"), result("2"); one != two || !strings.Contains(one, "valid") {
		t.Errorf("on one processor\n%s\non two\n%s", one, two)
	}
}

func TestWrongUsageIsOneClearLineAndStatus2(t *testing.T) {
	empty := t.TempDir()
	t.Chdir(t.TempDir()) // where lm-out would be
	for _, c := range []struct {
		args []string
		says string
	}{
		{[]string{"-data", filepath.Join(empty, "missing")}, "missing"},
		{[]string{"-data", empty}, "train"},
		{[]string{"-cell", "lstm"}, `-cell is "lstm"`},
		{[]string{"-variant", "x"}, `-variant is "x"`},
		{[]string{"-hidden", "0"}, "-hidden is 0"},
		{[]string{"-threshold", "2"}, "lm: -threshold is 2, want it inside (0, 1)\n"},
		{[]string{"-words", "100", "-batch", "200"}, "train text of toylang"},
		{[]string{"-dropout", "1"}, "lm: -embed-dropout is 1, want it in [0, 1); -layer-dropout is 1"},
		{[]string{"-dropout", "-1", "-cell", "gru"}, "lm: -embed-dropout is -1"},
		{[]string{"-zoneout", "1"}, "lm: -zoneout is 1"},
		{[]string{"-drop-connect", "2"}, "lm: -drop-connect is 2"},
		{[]string{"-word-dropout", "1"}, "lm: -word-dropout is 1"},
		{[]string{"-gain", "0"}, "lm: -gain is 0"},
		{[]string{"-keep-bias", "NaN"}, "lm: -keep-bias is NaN"},
		{[]string{"-decay", "-1"}, "lm: -decay is -1, want a finite number >= 0\n"},
		{[]string{"-beta1", "1"}, "lm: -beta1 is 1"},
		{[]string{"-beta2", "1"}, "lm: -beta2 is 1"},
		{[]string{"-threshold-rate", "-1"}, "lm: -threshold-rate is -1"},
		{[]string{"-activity-weight", "-1"}, "lm: -activity-weight is -1"},
		{[]string{"-activity-target", "3"}, "lm: -activity-target is 3"},
		{[]string{"-state-weight", "-1"}, "lm: -state-weight is -1"},
		{[]string{"-state-target", "NaN"}, "lm: -state-target is NaN"},
		{[]string{"-learn-gain", "maybe"}, `unknown argument "maybe"; flags start with -, and a switch is set by -learn-gain=false`},
		{[]string{"-hidden", "8", "-resume", "x"}, "a switch is set by -resume=false"},
		{[]string{"-support", "0"}, "support is 0"},
		{[]string{"-lr", "-1"}, "-lr is -1"},
		{[]string{"-threads", "5000"}, "lm: -threads is 5000, want 0 to 4096"},
		{[]string{"-nonsense"}, "nonsense"},
		{[]string{"text"}, `"text"`},
		{[]string{"-json", filepath.Join(empty, "no", "such", "folder")}, "-json"},
	} {
		status, _, errs := runLM(t, context.Background(), c.args...)
		if status != exitUsage || !strings.Contains(errs, c.says) || strings.Count(errs, "\n") != 1 {
			t.Errorf("%v: status %d, %q", c.args, status, errs)
		}
	}
	if left := filesBelow(t, "."); len(left) > 0 {
		t.Errorf("refused runs leave %v", left)
	}
}

func TestHelpExplainsTheFlags(t *testing.T) {
	status, _, errs := runLM(t, context.Background(), "-help")
	if status != 0 || !strings.Contains(errs, "-bptt") || !strings.Contains(errs, "steps of a window") {
		t.Errorf("status %d: %s", status, errs)
	}
	for _, says := range []string{
		"with -layers 1 units of that layer, where -embed is not given (default 128)",
		"with -layers 1 that of -hidden where only -hidden is given (default 128)",
		"without -out, a run that is in lm-out is set aside as lm-out.before",
		"except to train",
	} {
		if !strings.Contains(errs, says) {
			t.Errorf("no %q in\n%s", says, errs)
		}
	}
}

func TestAnInterruptEndsTheStepReportsAndGivesStatus130(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	status, out, errs := runLM(t, ctx, append(tiny, "-out", t.TempDir())...)
	if status != exitInterrupted || !strings.Contains(errs, "interrupted") || !strings.Contains(out, "egru") {
		t.Errorf("status %d\n%s\n%s", status, out, errs)
	}
}

func TestAnEpochOfOneWindowIsTrainedAndDrawn(t *testing.T) {
	status, out, errs := runLM(t, context.Background(), "-words", "500", "-hidden", "8", "-epochs", "2", "-cell", "egru", "-out", t.TempDir())
	if status != 0 || !strings.Contains(out, "epoch 2") {
		t.Errorf("status %d, %q\n%s", status, errs, out)
	}
	if !strings.Contains(out, "layers of 8 units") {
		t.Errorf("-hidden 8 alone does not set the only layer:\n%s", out)
	}
}

// Made a second time in the backward pass, logits would be products that no dense model
// of all units does.
func TestTrainingKeepsItsLogits(t *testing.T) {
	rows, _ := results(t, append(slices.Clone(tiny), "-cell", "gru", "-out", t.TempDir())...)
	if e := rows[0]; e.BackwardMACsPerToken > e.DenseBackwardMACsPerToken || e.BackwardMACsPerToken < 0.9*e.DenseBackwardMACsPerToken {
		t.Errorf("%v products in the backward pass of a token, want all of the %v, and no more", e.BackwardMACsPerToken, e.DenseBackwardMACsPerToken)
	}
}
