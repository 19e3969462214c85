// Package notebooks_test runs the notebooks of this folder in small.
package notebooks_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"io"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/egru/egru/examples/notebooks/ipynb"
	"github.com/egru/egru/examples/notebooks/program"
)

// pictures are how many each notebook has at least.
var pictures = map[string]int{
	"1-tour.ipynb":     8,
	"2-ptb.ipynb":      4,
	"3-wikitext.ipynb": 5,
	"4-yourown.ipynb":  5,
}

func open(t *testing.T, name string) *ipynb.Notebook {
	t.Helper()
	n, err := ipynb.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestEveryNotebookIsTested(t *testing.T) {
	found, err := filepath.Glob("*.ipynb")
	if err != nil {
		t.Fatal(err)
	}
	if want := slices.Sorted(maps.Keys(pictures)); !slices.Equal(found, want) {
		t.Errorf("the folder has %v, tested are %v", found, want)
	}
}

func TestNotebooksAreWrittenAsTheyAreHere(t *testing.T) {
	for name := range pictures {
		file, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		written, err := open(t, name).Encode()
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(file, written) {
			t.Errorf("%s would be written otherwise; convert -save does", name)
		}
	}
}

func TestSavedOutputsAreOfTheCode(t *testing.T) {
	for name, least := range pictures {
		n := open(t, name)
		if err := program.Kept(n); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		images := 0
		for _, c := range n.Codes() {
			for _, o := range c.Outputs {
				if o.Data["image/png"] != "" {
					images++
				}
			}
		}
		if images < least {
			t.Errorf("%s has %d pictures, want at least %d", name, images, least)
		}
	}
}

// absolute finds paths of a machine.
var absolute = regexp.MustCompile(`(?m)(?:^|[\s"'(=:])(?:/[a-zA-Z0-9._-]+){2,}|[A-Za-z]:\\`)

func TestNothingOfTheMachineIsSaved(t *testing.T) {
	for _, bad := range []string{"corpus /home/me/ptb", `"/tmp/x"`, `C:\data`, "/a/b"} {
		if !absolute.MatchString(bad) {
			t.Errorf("%q is not found", bad)
		}
	}
	for name := range pictures {
		n := open(t, name)
		for i, c := range n.Cells {
			texts := map[string]string{"source": c.Source}
			for _, o := range c.Outputs {
				texts["printed"] += o.Text
				for mime, value := range o.Data {
					if mime != "image/png" {
						texts[mime] += value
						continue
					}
					// Programs may leave their names in a picture's text.
					raw, err := base64.StdEncoding.DecodeString(value)
					if err != nil || bytes.Contains(raw, []byte("tEXt")) {
						t.Errorf("%s, cell %d of all: a picture with text: %v", name, i+1, err)
					}
				}
			}
			for where, text := range texts {
				if found := absolute.FindString(text); found != "" {
					t.Errorf("%s, cell %d of all, %s: %q", name, i+1, where, found)
				}
			}
		}
	}
}

// As Go programs at the sizes in their metadata, on the artificial language, the
// notebooks give outputs of the same kinds as those saved.
func TestNotebooksRun(t *testing.T) {
	t.Setenv("EGRU_DATA_DIR", "")
	for _, name := range slices.Sorted(maps.Keys(pictures)) {
		n := open(t, name)
		small, err := program.Small(n)
		if err != nil || len(small) == 0 {
			t.Errorf("%s: no small sizes: %v", name, err)
			continue
		}
		p, err := program.Convert(n, program.Config{Name: name, Set: small})
		if err != nil {
			t.Error(err)
			continue
		}
		outputs, err := p.Run(context.Background(), io.Discard)
		if err != nil {
			t.Error(err)
			continue
		}
		for i, c := range n.Codes() {
			if got, want := program.Shape(outputs[i]), program.Shape(c.Outputs); !slices.Equal(got, want) {
				t.Errorf("%s, cell %d gives %v, saved are %v", name, i+1, got, want)
			}
		}
	}
}

// A newcomer defines a surrogate in ten lines.
func TestASurrogateTakesTenLines(t *testing.T) {
	for _, c := range open(t, "4-yourown.ipynb").Codes() {
		before, _, found := strings.Cut(c.Source, ":= nb.NewSurrogate(")
		if !found {
			continue
		}
		lines := 1
		for line := range strings.Lines(before[:strings.LastIndex(before, "\n")+1]) {
			if strings.TrimSpace(line) != "" {
				lines++
			}
		}
		if lines > 10 {
			t.Errorf("it takes %d lines", lines)
		}
		return
	}
	t.Error("no surrogate is defined")
}
