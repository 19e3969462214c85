package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pkg/errors"

	"github.com/egru/egru/examples/notebooks/ipynb"
	"github.com/egru/egru/examples/notebooks/program"
)

// write makes a notebook of two cells: a parameter, and what is shown of it.
func write(t *testing.T, last string) string {
	t.Helper()
	n := ipynb.New()
	n.Metadata["egru"] = json.RawMessage(`{"small": {"size": "2"}}`)
	n.Cells = []ipynb.Cell{
		{Kind: ipynb.Markdown, ID: "a", Metadata: map[string]json.RawMessage{}, Source: "# Title"},
		{Kind: ipynb.Code, ID: "b", Metadata: map[string]json.RawMessage{"tags": json.RawMessage(`["parameters"]`)}, Source: "size := 40"},
		{Kind: ipynb.Code, ID: "c", Metadata: map[string]json.RawMessage{}, Source: last},
	}
	path := filepath.Join(t.TempDir(), "a.ipynb")
	if err := n.WriteFile(path); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestANotebookIsConvertedRunAndKept(t *testing.T) {
	path := write(t, "size + 2")
	do := func(args ...string) (string, error) {
		var out bytes.Buffer
		err := run(context.Background(), append(args, path), &out, &bytes.Buffer{})
		return out.String(), err
	}
	for _, c := range []struct {
		args []string
		says string
	}{
		{nil, "size := 40"},
		{[]string{"-small"}, "size := 2"},
		{[]string{"-run"}, "[2]\n42\n"},
		{[]string{"-run", "-small"}, "[2]\n4\n"},
		{[]string{"-run", "-small", "-set", "size=5"}, "[2]\n7\n"},
	} {
		if out, err := do(c.args...); err != nil || !strings.Contains(out, c.says) {
			t.Errorf("%v: %q, %v, want %q", c.args, out, err, c.says)
		}
	}
	if _, err := do("-check"); !errors.Is(err, program.ErrStale) {
		t.Errorf("before it ran: got %v", err)
	}
	if _, err := do("-save"); err != nil {
		t.Fatal(err)
	}
	if _, err := do("-check"); err != nil {
		t.Error(err)
	}
	n, err := ipynb.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if outputs := n.Cells[2].Outputs; len(outputs) != 1 || outputs[0].Data["text/plain"] != "42" || n.Cells[2].Count != 2 {
		t.Errorf("kept %+v", n.Cells[2])
	}
	if small, err := program.Small(n); err != nil || small["size"] != "2" {
		t.Errorf("small sizes are %v, %v", small, err)
	}
	file := filepath.Join(t.TempDir(), "main.go")
	if _, err := do("-o", file); err != nil {
		t.Fatal(err)
	}
	if source, err := os.ReadFile(file); err != nil || !strings.Contains(string(source), "package main") {
		t.Errorf("wrote %s, %v", source, err)
	}
}

// A run that fails leaves the notebook as it was.
func TestAFailureKeepsNothing(t *testing.T) {
	path := write(t, "panic(size)")
	was, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	err = run(context.Background(), []string{"-save", path}, &bytes.Buffer{}, &bytes.Buffer{})
	if !errors.Is(err, program.ErrRun) || !strings.Contains(err.Error(), "a.ipynb, cell 2, line 1") {
		t.Errorf("got %v", err)
	}
	if is, err := os.ReadFile(path); err != nil || !bytes.Equal(was, is) {
		t.Errorf("the file changed, %v", err)
	}
}

func TestWrongArgumentsAreNamed(t *testing.T) {
	path := write(t, "size")
	for _, c := range []struct {
		args []string
		says string
	}{
		{[]string{"-nonsense", path}, "-nonsense"},
		{nil, "0 notebooks given"},
		{[]string{path, path}, "2 notebooks given"},
		{[]string{"-run", "-save", path}, "one at a time"},
		{[]string{"-save", "-small", path}, "as it is"},
		{[]string{"-save", "-set", "size=3", path}, "as it is"},
		{[]string{"-set", "size", path}, "want NAME=VALUE"},
		{[]string{"-set", "sise=3", path}, "for sise"},
		{[]string{filepath.Join(t.TempDir(), "nothing.ipynb")}, "nothing.ipynb"},
		{[]string{"main.go"}, "not a notebook"},
	} {
		var stderr bytes.Buffer
		err := run(context.Background(), c.args, &bytes.Buffer{}, &stderr)
		if err == nil || !strings.Contains(err.Error(), c.says) || stderr.Len() > 0 {
			t.Errorf("%v: got %v and %q, want %q", c.args, err, stderr.String(), c.says)
		}
		if got := status(err); got != exitUsage {
			t.Errorf("%v: status %d, want %d", c.args, got, exitUsage)
		}
	}
}

func TestTheHelpSaysWhatItIsForAndWhatItTakes(t *testing.T) {
	var stderr bytes.Buffer
	if err := run(context.Background(), []string{"-help"}, &bytes.Buffer{}, &stderr); status(err) != 0 || !strings.HasPrefix(stderr.String(), "convert makes a Go program of a notebook") || !strings.Contains(stderr.String(), "convert [FLAGS] NOTEBOOK\n") {
		t.Errorf("%v, %s", err, stderr.String())
	}
}

// A notebook is written for sizes that make sense, and fails somewhere with others.
func TestAFailureNamesTheSizesThatWereSet(t *testing.T) {
	err := run(context.Background(), []string{"-run", "-set", "size=-3", write(t, "make([]int, size)")}, &bytes.Buffer{}, &bytes.Buffer{})
	if err == nil || !strings.HasPrefix(err.Error(), "with -set size=-3: a.ipynb: ") || !strings.Contains(err.Error(), "makeslice: len out of range\nat a.ipynb, cell 2, line 1: notebook failed") || strings.Contains(err.Error(), ".go:") {
		t.Errorf("got %v", err)
	}
	if got := status(err); got != exitFailure {
		t.Errorf("status %d, want %d", got, exitFailure)
	}
}
