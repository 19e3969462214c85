package main

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// printed is the config that the flags come to.
func printed(t *testing.T, args ...string) config {
	t.Helper()
	status, out, errs := runLM(t, context.Background(), append(args, "-print-config")...)
	if status != 0 {
		t.Fatalf("%v: status %d, %s", args, status, errs)
	}
	var c config
	if err := json.Unmarshal([]byte(out), &c); err != nil {
		t.Fatal(err)
	}
	return c
}

func TestPresetsAreThePapersRecipes(t *testing.T) {
	for _, c := range []struct {
		preset                       string
		batch, window, epochs, start int
		lr, decay, embedDropout      float64
	}{
		{"ptb-paper", 64, 70, 1000, 700, 1.2e-3, 0.10, 0.6},
		{"wt2-paper", 128, 70, 800, 400, 1.0e-3, 0.12, 0.7},
	} {
		p := printed(t, "-preset", c.preset)
		if p.Batch != c.batch || p.Window != c.window || p.Epochs != c.epochs || !p.RandomWindows || p.EvalBatch != 1 {
			t.Errorf("%s: windows and epochs of %+v", c.preset, p)
		}
		if p.Layers != 3 || p.Hidden != 1350 || p.Embed != 750 {
			t.Errorf("%s: sizes of %+v", c.preset, p)
		}
		want := recipe{
			LearnRate: c.lr, Decay: c.decay, Beta1: 0, Beta2: 0.999, Schedule: scheduleCosine, ScheduleEpoch: c.start, Clip: 0.1,
			WordDropout: 0.1, EmbedDropout: c.embedDropout, LayerDropout: 0.25, OutputDropout: 0.5, Variational: true, DropConnect: 0.7,
		}
		if p.EGRU.recipe != want || p.GRU != want {
			t.Errorf("%s: recipes %+v and %+v, want %+v for both", c.preset, p.EGRU.recipe, p.GRU, want)
		}
		if e := p.EGRU; e.Threshold != 0.01 || e.ThresholdRate != 0 || e.Dampening != 3.6 || e.Support != 3.6 {
			t.Errorf("%s: thresholds and surrogate of %+v", c.preset, e)
		}
	}
}

func TestFlagsOverrideAPresetInAnyOrder(t *testing.T) {
	preset := printed(t, "-preset", "ptb-small")
	want := preset
	want.Hidden, want.EGRU.LearnRate, want.GRU.LearnRate, want.EGRU.Variational, want.GRU.Variational = 300, 0.5, 0.5, true, true
	for _, args := range [][]string{
		{"-preset", "ptb-small", "-hidden", "300", "-lr", "0.5", "-variational"},
		{"-lr=0.5", "-variational=true", "-hidden=300", "-preset=ptb-small"},
	} {
		if got := printed(t, args...); got != want {
			t.Errorf("%v:\n%+v, want\n%+v", args, got, want)
		}
	}
	if preset == want {
		t.Error("the flags say nothing that the preset does not")
	}
}

func TestAPrintedConfigGivesTheSameRun(t *testing.T) {
	for _, args := range [][]string{{}, {"-preset", "ptb-paper"}, everything} {
		c := printed(t, args...)
		raw, err := c.encode()
		if err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(t.TempDir(), "config.json")
		if err := os.WriteFile(file, raw, 0o644); err != nil {
			t.Fatal(err)
		}
		if got := printed(t, "-config", file); got != c {
			t.Errorf("%v: back from its file\n%+v, want\n%+v", args, got, c)
		}
	}
	dir, file := t.TempDir(), filepath.Join(t.TempDir(), "config.json")
	log, _ := unbroken(t, append(slices.Clone(tiny), "-cell", "both", "-out", dir)...)
	if status, _, errs := runLM(t, context.Background(), append(slices.Clone(tiny), "-out", dir)...); status != 0 {
		t.Fatal(errs)
	}
	if err := os.WriteFile(file, read(t, filepath.Join(dir, configFile)), 0o644); err != nil {
		t.Fatal(err)
	}
	if again, _ := unbroken(t, "-config", file); string(again) != string(log) {
		t.Error("the config that a run wrote gives another run")
	}
}

func TestAWrongConfigIsNamed(t *testing.T) {
	file := filepath.Join(t.TempDir(), "config.json")
	for content, says := range map[string]string{
		`{"hiden": 3}`:        "hiden",
		`{"hidden": "three"}`: "hidden",
		`{"hidden": 0}`:       "-hidden is 0",
		`{`:                   file,
		``:                    file,
	} {
		if err := os.WriteFile(file, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
		status, _, errs := runLM(t, context.Background(), "-config", file)
		if status != exitUsage || !strings.Contains(errs, says) || strings.Count(errs, "\n") != 1 {
			t.Errorf("%s: status %d, %q", content, status, errs)
		}
	}
}

// Nothing is trained: what was let through would take the machine's memory.
func TestModelsBeyondAllMemoryAreNamed(t *testing.T) {
	const vocabulary, tokens = 10_000, 1_000_000
	for args, says := range map[string]string{
		"-hidden 20000 -embed 20000":             "-layers 1, -hidden 20000 and -embed 20000 make a model of 2600",
		"-layers 100 -hidden 5000 -embed 300":    "-layers 100, -hidden 5000 and -embed 300 make a model of 147",
		"-batch 1000 -bptt 1000 -hidden 1000":    "-batch 1000 and -bptt 1000 make windows of 1000000 words",
		"-batch 60000 -bptt 60000 -hidden 1000":  "-batch 60000 and -bptt 60000 make windows of 960000 words",
		"-hidden 32768 -embed 32768 -layers 100": "want at most 536870911",
	} {
		if err := printed(t, strings.Fields(args)...).bounded(vocabulary, tokens); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: error %v, want %q", args, err, says)
		}
	}
	for _, args := range []string{"", "-layers 3 -hidden 1350 -embed 750 -batch 128 -bptt 70", "-layers 3 -hidden 2700 -embed 1500 -batch 128 -bptt 140"} {
		if err := printed(t, strings.Fields(args)...).bounded(vocabulary, tokens); err != nil {
			t.Errorf("%s: %v", args, err)
		}
	}
}
