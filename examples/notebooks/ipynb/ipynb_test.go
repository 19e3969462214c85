package ipynb

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pkg/errors"
)

// The parts of a notebook with nothing wrong.
const (
	metadata = `{"kernelspec": {"display_name": "Go (gophernotes)", "language": "go", "name": "gophernotes"},
		"language_info": {"file_extension": ".go", "mimetype": "text/x-go", "name": "go", "pygments_lexer": "go"}}`
	textCell = `{"cell_type": "markdown", "id": "text-1", "metadata": {}, "source": ["# Title\n", "text"]}`
	codeCell = `{"cell_type": "code", "execution_count": 1, "id": "code-1", "metadata": {"tags": ["parameters"]},
		"outputs": [OUTPUTS], "source": "x := 1\nx"}`
	printed = `{"name": "stdout", "output_type": "stream", "text": ["1\n", "2\n"]}`
	result  = `{"data": {"text/plain": ["1"]}, "execution_count": 1, "metadata": {}, "output_type": "execute_result"}`
	shown   = `{"data": {"text/markdown": "*1*"}, "metadata": {}, "output_type": "display_data"}`
	failed  = `{"ename": "ERROR", "evalue": "no", "output_type": "error", "traceback": ["no"]}`
)

func of(cells ...string) string {
	return `{"cells": [` + strings.Join(cells, ",") + `], "metadata": ` + metadata + `, "nbformat": 4, "nbformat_minor": 5}`
}

func code(outputs ...string) string {
	return strings.ReplaceAll(codeCell, "OUTPUTS", strings.Join(outputs, ","))
}

func picture(t testing.TB, w, h int) string {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, w, h))); err != nil {
		t.Fatal(err)
	}
	return base64.StdEncoding.EncodeToString(b.Bytes())
}

func data(mime, value string) string {
	return `{"data": {"` + mime + `": "` + value + `"}, "metadata": {}, "output_type": "display_data"}`
}

func whole(t testing.TB) string {
	return of(textCell, code(printed, result, shown, failed, data("image/png", picture(t, 3, 2)), data("image/svg+xml", "<svg><g/></svg>")))
}

func TestANotebookIsReadAndWrittenAsItWas(t *testing.T) {
	n, err := Parse([]byte(whole(t)))
	if err != nil {
		t.Fatal(err)
	}
	c := n.Codes()[0]
	if c.Source != "x := 1\nx" || c.Count != 1 || !c.HasTag("parameters") || c.HasTag("other") {
		t.Errorf("code cell is %+v", c)
	}
	if o := c.Outputs[0]; o.Name != "stdout" || o.Text != "1\n2\n" {
		t.Errorf("stream is %+v", o)
	}
	first, err := n.Encode()
	if err != nil {
		t.Fatal(err)
	}
	again, err := Parse(first)
	if err != nil {
		t.Fatal(err)
	}
	second, err := again.Encode()
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(first, second) {
		t.Errorf("became\n%s\nthen\n%s", first, second)
	}
	// Text is in lines, as Jupyter writes it; all else is as it was.
	lines := strings.NewReplacer(`"x := 1\nx"`, `["x := 1\n", "x"]`, `"*1*"`, `["*1*"]`, `"<svg><g/></svg>"`, `["<svg><g/></svg>"]`)
	same := func(text string) string {
		var v any
		if err := json.Unmarshal([]byte(text), &v); err != nil {
			t.Fatal(err)
		}
		sorted, _ := json.Marshal(v) // what was decoded encodes
		return string(sorted)
	}
	if got, want := same(string(first)), same(lines.Replace(whole(t))); got != want {
		t.Errorf("wrote\n%s\nwant\n%s", got, want)
	}
}

func TestWhatIsNoNotebookIsNamed(t *testing.T) {
	for _, c := range []struct {
		name, file, says string
		of               error
	}{
		{"no JSON", `{`, "unexpected EOF", ErrFormat},
		{"more after the end", of() + "{}", "more after the end", ErrFormat},
		{"unknown field", `{"worksheets": []}`, "worksheets", ErrFormat},
		{"older format", strings.Replace(of(), `"nbformat_minor": 5`, `"nbformat_minor": 4`, 1), "4.4, want 4.5", ErrFormat},
		{"no version", `{"cells": [], "metadata": {}}`, "missing.missing", ErrFormat},
		{"no cells", strings.Replace(of(), `"cells": [],`, "", 1), "cells are missing", ErrFormat},
		{"raw cell", of(strings.Replace(textCell, "markdown", "raw", 1)), `cell 1 of all: cell_type is "raw"`, ErrFormat},
		{"text with outputs", of(strings.Replace(textCell, `"source"`, `"outputs": [], "source"`, 1)), "want neither", ErrFormat},
		{"code without outputs", of(strings.Replace(code(), `"outputs": [],`, "", 1)), "want both", ErrFormat},
		{"no source", of(`{"cell_type": "markdown", "id": "a", "metadata": {}}`), "source is missing", ErrFormat},
		{"source of numbers", of(strings.Replace(textCell, `"text"]`, `1]`, 1)), "neither a string nor a list", ErrFormat},
		{"no id", of(strings.Replace(textCell, `"text-1"`, `""`, 1)), `id is ""`, ErrFormat},
		{"one id twice", of(textCell, textCell), "cell 2 of all: id \"text-1\" is that of another", ErrFormat},
		{"no metadata", of(strings.Replace(textCell, `"metadata": {}, `, "", 1)), "metadata are missing", ErrFormat},
		{"tags of numbers", of(strings.Replace(code(), `["parameters"]`, `[1]`, 1)), "tags", ErrFormat},
		{"count below 1", of(strings.Replace(code(), `"execution_count": 1`, `"execution_count": 0`, 1)), "execution_count is 0", ErrFormat},
		{"another kernel", strings.ReplaceAll(of(), `"gophernotes"`, `"python3"`), `"python3"`, ErrKernel},
		{"no kernel", strings.Replace(of(), metadata, "{}", 1), "metadata", ErrKernel},
		{"another language", strings.Replace(of(), `"name": "go",`, `"name": "R",`, 1), `"R"`, ErrKernel},
		{"result of another count", of(code(strings.Replace(result, `"execution_count": 1`, `"execution_count": 2`, 1))), "output 1: execution count is 2, that of the cell 1", ErrFormat},
		{"unknown output", of(code(strings.Replace(shown, "display_data", "update", 1))), `output_type is "update"`, ErrFormat},
		{"output of two kinds", of(code(strings.Replace(shown, `"metadata"`, `"text": "1", "metadata"`, 1))), "fields do not fit", ErrFormat},
		{"stream to nowhere", of(code(strings.Replace(printed, "stdout", "null", 1))), `stream is "null"`, ErrFormat},
		{"no data", of(code(strings.Replace(shown, `"text/markdown": "*1*"`, "", 1))), "no data", ErrFormat},
		{"a script", of(code(data("application/javascript", "1"))), "application/javascript", ErrFormat},
		{"a PNG that is none", of(code(data("image/png", "aGFsbG8="))), "image/png: ", ErrFormat},
		{"a PNG that is cut off", of(code(data("image/png", picture(t, 30, 20)[:60]))), "image/png", ErrFormat},
		{"a PNG of no base64", of(code(data("image/png", "!"))), "base64", ErrFormat},
		{"an SVG that is none", of(code(data("image/svg+xml", "<html></html>"))), `root is "html"`, ErrFormat},
		{"an SVG that is cut off", of(code(data("image/svg+xml", "<svg><g>"))), "svg", ErrFormat},
		{"a file too large", strings.Repeat(" ", MaxBytes+1), "bytes", ErrTooLarge},
		{"too many cells", of(strings.Split(strings.Repeat(textCell+";", maxCells+1)[:(maxCells+1)*(len(textCell)+1)-1], ";")...), "501 cells", ErrTooLarge},
		{"a source too long", of(strings.Replace(textCell, "text\"]", strings.Repeat("x", maxSource)+`"]`, 1)), "source of", ErrTooLarge},
	} {
		t.Run(c.name, func(t *testing.T) {
			n, err := Parse([]byte(c.file))
			if err == nil {
				t.Fatalf("read %+v", n)
			}
			if !errors.Is(err, c.of) || !strings.Contains(err.Error(), c.says) {
				t.Errorf("got %q, want %q of %q", err, c.says, c.of)
			}
		})
	}
}

// A PNG may say that it is larger than any memory.
func TestAPictureIsMeasuredBeforeItIsDecoded(t *testing.T) {
	raw, err := base64.StdEncoding.DecodeString(picture(t, 3, 2))
	if err != nil {
		t.Fatal(err)
	}
	// Width and height are the 16th to 23rd byte; DecodeConfig checks no sum.
	copy(raw[16:], []byte{0, 0, 0xff, 0xff, 0, 0, 0xff, 0xff})
	if err := isPNG(base64.StdEncoding.EncodeToString(raw)); err == nil || !strings.Contains(err.Error(), "pixels") && !strings.Contains(err.Error(), "checksum") {
		t.Errorf("got %v", err)
	}
}

func TestAFileIsReplacedAsAWholeOrNotAtAll(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.ipynb")
	n := New()
	n.Cells = []Cell{{Kind: Markdown, ID: "a", Metadata: map[string]json.RawMessage{}, Source: "a < b & c"}}
	if err := n.WriteFile(path); err != nil {
		t.Fatal(err)
	}
	was, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(was), "a < b & c") {
		t.Errorf("wrote %s", was)
	}
	n.Cells[0].ID = "not an id"
	if err := n.WriteFile(path); !errors.Is(err, ErrFormat) {
		t.Errorf("got %v, want ErrFormat", err)
	}
	if is, err := os.ReadFile(path); err != nil || !bytes.Equal(was, is) {
		t.Errorf("file is %q, %v", is, err)
	}
	if _, err := ReadFile(filepath.Join(t.TempDir(), "nothing")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}

func TestTheHashIsOfTheCode(t *testing.T) {
	hash := func(cells ...Cell) string { return (&Notebook{Cells: cells}).Hash() }
	a, b := Cell{Kind: Code, Source: "a"}, Cell{Kind: Code, Source: "b"}
	if hash(a, b) != hash(Cell{Kind: Markdown, Source: "text"}, Cell{Kind: Code, Source: "a", Count: 3}, b) {
		t.Error("text and counts change the hash")
	}
	for _, other := range [][]Cell{{b, a}, {a}, {{Kind: Code, Source: "ab"}}, {a, b, {Kind: Code}}} {
		if hash(a, b) == hash(other...) {
			t.Errorf("%v has the hash of a, b", other)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(whole(f)))
	f.Add([]byte(of(textCell, code(printed, result))))
	f.Add([]byte(of()))
	f.Fuzz(func(t *testing.T, data []byte) {
		n, err := Parse(data)
		if err != nil {
			return
		}
		first, err := n.Encode()
		if errors.Is(err, ErrTooLarge) {
			return
		}
		if err != nil {
			t.Fatalf("read and cannot be written: %v", err)
		}
		again, err := Parse(first)
		if err != nil {
			t.Fatalf("written and cannot be read: %v\n%s", err, first)
		}
		second, err := again.Encode()
		if err != nil || !bytes.Equal(first, second) {
			t.Fatalf("%v: became\n%s\nthen\n%s", err, first, second)
		}
		if n.Hash() != again.Hash() {
			t.Fatal("the hash changed")
		}
	})
}
