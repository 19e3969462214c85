package main

import (
	"bytes"
	"context"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gorgonia.org/tensor"

	"github.com/egru/egru/graph/archive"
)

// corpusOf writes a small corpus into a folder.
func corpusOf(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	line := "the old man sees a small dog and a dog sees the man\n"
	for name, n := range map[string]int{"train.txt": 200, "valid.txt": 30, "test.txt": 30} {
		write(t, filepath.Join(dir, name), []byte(strings.Repeat(line, n)+"a small man sees\n"))
	}
	return dir
}

// What is exported for EvNN and PyTorch comes back from their names as the same
// model, but for rounding.
func TestExportedModelsComeBack(t *testing.T) {
	data, dir := corpusOf(t), t.TempDir()
	status, trained, errs := runLM(t, context.Background(), "-data", data, "-cell", "both", "-hidden", "12", "-embed", "12",
		"-batch", "5", "-bptt", "7", "-epochs", "1", "-lr", "0.01", "-out", dir)
	if status != 0 {
		t.Fatal(errs)
	}
	for _, cell := range []string{"egru", "gru"} {
		for _, ext := range []string{".npz", ".safetensors"} {
			file := filepath.Join(t.TempDir(), cell+ext)
			if status, out, errs := runLM(t, context.Background(), "-mode", "export", "-from", dir, "-cell", cell, "-to", file); status != 0 || out != "wrote "+file+"\n" {
				t.Fatalf("%s%s", out, errs)
			}
			status, out, errs := runLM(t, context.Background(), "-mode", "eval", "-from", file, "-data", data, "-bptt", "7")
			if status != 0 {
				t.Fatal(errs)
			}
			got, want := strings.Fields(row(t, out, cell)), strings.Fields(row(t, trained, cell))
			if !slices.Equal(got[:3], want[:3]) { // validation and test perplexity to the hundredth
				t.Errorf("%s%s: %v, as trained %v", cell, ext, got, want)
			}
		}
	}
}

func TestForeignFilesThatDoNotFitAreNamed(t *testing.T) {
	data, dir := corpusOf(t), t.TempDir()
	a, err := archive.Read(filepath.Join("..", "..", "graph", "exchange", "testdata", "evnnlm.pt"))
	if err != nil {
		t.Fatal(err)
	}
	other := filepath.Join(dir, "lm.npz")
	if err := a.WriteFile(other); err != nil {
		t.Fatal(err)
	}
	unknown := &archive.Archive{Tensors: map[string]*tensor.Dense{}}
	for name, of := range a.Tensors {
		unknown.Tensors[strings.ReplaceAll(name, "rnns", "cells")] = of
	}
	nameless := filepath.Join(dir, "nameless.npz")
	if err := unknown.WriteFile(nameless); err != nil {
		t.Fatal(err)
	}
	text := filepath.Join(dir, "text.npz")
	write(t, text, []byte("PK text"))
	for _, c := range []struct {
		args []string
		says string
	}{
		{[]string{"-from", other, "-data", data}, "words"},
		{[]string{"-from", other}, "-data"},
		{[]string{"-from", nameless, "-data", data}, "rnns.0"},
		{[]string{"-from", text, "-data", data}, "text.npz"},
	} {
		status, _, errs := runLM(t, context.Background(), append(c.args, "-mode", "eval")...)
		if status != exitUsage || !strings.Contains(errs, c.says) {
			t.Errorf("%v: status %d, %q", c.args, status, errs)
		}
	}
	status, _, errs := runLM(t, context.Background(), "-mode", "export", "-from", dir)
	if status != exitUsage || !strings.Contains(errs, "-to") {
		t.Errorf("without -to: status %d, %q", status, errs)
	}
	none := filepath.Join(dir, "none")
	status, _, errs = runLM(t, context.Background(), "-mode", "export", "-from", dir, "-to", filepath.Join(none, "x.npz"))
	if status != exitUsage || errs != "lm: -to: the folder "+none+" is missing, want it there for x.npz\n" {
		t.Errorf("without a folder: status %d, %q", status, errs)
	}
}

// A checkpoint holds more than an export or a row, and may be the one in hand.
func TestNothingIsWrittenOverACheckpoint(t *testing.T) {
	dir, _ := trained(t, "egru")
	best := filepath.Join(dir, "egru", bestFile)
	before := read(t, best)
	for says, args := range map[string][]string{
		"is a checkpoint":           {"-mode", "export", "-from", dir, "-to", best},
		"something else than rows":  {"-mode", "eval", "-from", dir, "-json", best},
		"something else than rows ": {"-out", dir, "-resume", "-epochs", "5", "-json", best},
	} {
		status, _, errs := runLM(t, context.Background(), args...)
		if status != exitUsage || !strings.Contains(errs, strings.TrimSpace(says)) || !bytes.Equal(read(t, best), before) {
			t.Errorf("%v: status %d, %q", args, status, errs)
		}
	}
}

// Training starts from checkpoints. What is none is not called a damaged one.
func TestTrainingFromWhatIsNoCheckpointSaysWhatItIs(t *testing.T) {
	testdata := filepath.Join("..", "..", "graph", "exchange", "testdata")
	short := filepath.Join(t.TempDir(), "short.npz")
	raw := read(t, filepath.Join(testdata, "evnnlm.npz"))
	write(t, short, raw[:len(raw)/2])
	for path, says := range map[string]string{
		filepath.Join(testdata, "evnnlm.npz"):         "holds weights of another library; training goes on from a checkpoint only",
		filepath.Join(testdata, "evnnlm.safetensors"): "holds weights of another library; training goes on from a checkpoint only",
		short:       "zip",
		"config.go": "starts with",
	} {
		for _, mode := range []string{modeTrain, modeEval} {
			if mode == modeEval && strings.Contains(says, "library") {
				continue
			}
			status, _, errs := runLM(t, context.Background(), "-mode", mode, "-from", path)
			if status != exitUsage || !strings.Contains(errs, path) || !strings.Contains(errs, says) || strings.Contains(errs, "damaged") {
				t.Errorf("-mode %s -from %s: status %d, %q", mode, path, status, errs)
			}
		}
	}
}
