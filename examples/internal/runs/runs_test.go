package runs

import (
	"bytes"
	"encoding/json"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/egru/egru/graph/checkpoint"
	"github.com/egru/egru/layers"
)

// settings of a run as examples/lm writes them, and more that does not matter here.
const settings = `{"config": {"data": "", "words": 3000, "seed": 7, "cell": "both", "layers": 2, "hidden": 6, "embed": 5, "batch": 20,
	"egru": {"lr": 1, "variant": "paper", "zoneout": 0.25, "gain": 3, "learn_gain": false}, "gru": {"zoneout": 0.5}},
	"cell": "CELL", "vocabulary": "HASH", "epoch": 3}`

// folder is that of a run of both cells.
func folder(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	text, _, err := Text{Words: 3000, Seed: 7}.Load()
	if err != nil {
		t.Fatal(err)
	}
	for _, cell := range []string{layers.CellEGRU, layers.CellGRU} {
		settings := strings.NewReplacer("CELL", cell, "HASH", text.Vocabulary.Hash()).Replace(settings)
		var r run
		if err := json.Unmarshal([]byte(settings), &r); err != nil {
			t.Fatal(err)
		}
		c := r.Config.Model(cell, text.Vocabulary.Size())
		c.Seed = 99
		m, err := layers.NewLanguageModel(c)
		if err != nil {
			t.Fatal(err)
		}
		if has, want := layers.Size(m.Params()), r.Config.Parameters(cell, text.Vocabulary.Size()); has != want {
			t.Fatalf("%s has %d parameters, its shape tells of %d", cell, has, want)
		}
		snapshot, err := checkpoint.Take(m.Params(), nil, nil, json.RawMessage(settings))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Mkdir(filepath.Join(dir, cell), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := checkpoint.Save(filepath.Join(dir, cell, BestFile), snapshot); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestAModelComesBackWithItsSettingsAndItsText(t *testing.T) {
	dir := folder(t)
	for _, c := range []struct{ from, cell, want string }{
		{dir, "", "egru"}, {dir, "egru", "egru"}, {dir, "gru", "gru"}, {filepath.Join(dir, "gru"), "", "gru"}, {filepath.Join(dir, "gru", BestFile), "", "gru"},
	} {
		m, err := Source{From: c.from, Cell: c.cell}.Read()
		if err != nil {
			t.Fatal(err)
		}
		if m.Cell != c.want || m.LM.Config().Vocabulary != m.Text.Vocabulary.Size() || m.LM.Config().Layers != 2 {
			t.Errorf("%+v: %+v", c, m.LM.Config())
		}
		got := m.LM.Config()
		if e := got.EGRU; e.Variant.String() != "Paper" && e.Variant.String() != "paper" || e.Zoneout != 0.25 || e.OutputGain != 3 || e.LearnGain || got.GRU.Zoneout != 0.5 {
			t.Errorf("%+v: settings %+v", c, got)
		}
		again, err := Source{From: c.from, Cell: c.cell}.Read()
		if err != nil {
			t.Fatal(err)
		}
		for i, p := range m.LM.Params() {
			if p.Value().Float32s()[0] != again.LM.Params()[i].Value().Float32s()[0] {
				t.Errorf("%s differs from reading to reading", p.Name())
			}
		}
	}
}

func TestWhatDoesNotFitIsNamed(t *testing.T) {
	dir := folder(t)
	snapshot, err := checkpoint.Load(filepath.Join(dir, "egru", BestFile))
	if err != nil {
		t.Fatal(err)
	}
	good := string(snapshot.Run)
	broken := func(old, now string) string {
		if !strings.Contains(good, old) {
			t.Fatalf("no %s in %s", old, good)
		}
		s := *snapshot
		s.Run, s.Weights = json.RawMessage(strings.Replace(good, old, now, 1)), maps.Clone(s.Weights)
		path := filepath.Join(t.TempDir(), "model.safetensors")
		if err := checkpoint.Save(path, &s); err != nil {
			t.Fatal(err)
		}
		return path
	}
	noCheckpoint := filepath.Join(t.TempDir(), "text")
	if err := os.WriteFile(noCheckpoint, []byte("some text"), 0o644); err != nil {
		t.Fatal(err)
	}
	one := folder(t)
	if err := os.RemoveAll(filepath.Join(one, "gru")); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		source Source
		says   string
	}{
		{Source{From: filepath.Join(dir, "nothing")}, "nothing"},
		{Source{From: t.TempDir()}, BestFile},
		{Source{From: t.TempDir(), Cell: "gru"}, "holds no best.safetensors, also not for a cell"},
		{Source{From: one, Cell: "gru"}, one + " has no gru/best.safetensors; it holds egru"},
		{Source{From: noCheckpoint}, "text"},
		{Source{From: filepath.Join(dir, "gru", BestFile), Cell: "egru"}, "of the cell gru, want egru"},
		{Source{From: broken(`"layers":2`, `"layers":0`)}, "layers is 0"},
		{Source{From: broken(`"hidden":6`, `"hidden":1000000000`)}, "hidden is 1000000000"},
		{Source{From: broken(`"hidden":6`, `"hidden":30000`)}, "numbers"},
		{Source{From: broken(`"embed":5`, `"embed":-5`)}, "embed is -5"},
		{Source{From: broken(`"words":3000`, `"words":2000000000`)}, "2000000000 words"},
		{Source{From: broken(`"variant":"paper"`, `"variant":"x"`)}, `variant is "x"`},
		{Source{From: broken(`"cell":"egru"`, `"cell":"lstm"`)}, `"lstm"`},
		{Source{From: broken(`"vocabulary":"`, `"vocabulary":"0`)}, "another vocabulary"},
		{Source{From: dir, Data: filepath.Join(dir, "missing")}, "missing"},
	} {
		if _, err := c.source.Read(); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%+v: %v, want %q", c.source, err, c.says)
		}
	}
}

func TestOnlyWhatWasACheckpointIsCalledADamagedOne(t *testing.T) {
	dir := folder(t)
	whole, err := os.ReadFile(filepath.Join(dir, "egru", BestFile))
	if err != nil {
		t.Fatal(err)
	}
	altered := bytes.Clone(whole)
	altered[len(altered)/2] ^= 1
	npz, err := os.ReadFile(filepath.Join("..", "..", "..", "graph", "exchange", "testdata", "evnnlm.npz"))
	if err != nil {
		t.Fatal(err)
	}
	torch, err := os.ReadFile(filepath.Join("..", "..", "..", "graph", "exchange", "testdata", "evnnlm.pt"))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name    string
		content []byte
		damaged bool
		says    string
	}{
		{"altered.safetensors", altered, true, "SHA-256"},
		{"short.safetensors", whole[:len(whole)/2], true, "SHA-256"},
		{"empty.safetensors", nil, true, "0 bytes"},
		{"under another name", whole[:len(whole)/2], true, "SHA-256"},
		{"short.npz", npz[:len(npz)/2], false, "zip"},
		{"short.pt", torch[:len(torch)/2], false, "zip"},
		{"text.pt", []byte("some text that is long enough to have a checksum of its own"), false, `starts with "some text`},
		{"windows.jsonl", []byte(`{"cell":"egru","epoch":1,"window":1,"steps":35,"loss":5.4}`), false, "starts with"},
		{"object.pkl", []byte("\x80\x04\x95\x1b\x00\x00\x00\x00\x00\x00\x00\x8c\x08builtins\x94\x8c\x05print\x94\x93\x94."), false, "starts with"},
	} {
		path := filepath.Join(t.TempDir(), c.name)
		if err := os.WriteFile(path, c.content, 0o644); err != nil {
			t.Fatal(err)
		}
		_, err := Source{From: path}.Read()
		if err == nil || errors.Is(err, checkpoint.ErrDamaged) != c.damaged || !strings.Contains(err.Error(), c.says) || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v, want %q", c.name, err, c.says)
		}
	}
}
