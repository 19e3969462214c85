package exchange

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"gorgonia.org/tensor"

	"github.com/egru/egru/graph/archive"
	"github.com/egru/egru/layers"
)

// withTorch finds a Python that has PyTorch.
func withTorch(t *testing.T) string {
	t.Helper()
	const find = "from importlib.util import find_spec as f; exit(not (f('torch') and f('numpy')))" // importing takes seconds
	for _, python := range []string{"python3", "/usr/bin/python3"} {
		if exec.Command(python, "-c", find).Run() == nil {
			return python
		}
	}
	t.Skip("there is no python3 with torch and numpy, to load what is exported")
	return ""
}

// load runs modules of PyTorch on files of weights, whose names must be theirs.
const load = `
import json, sys
import numpy as np
import torch
from torch import nn

def read_safetensors(path):
    with open(path, "rb") as f:
        n = int.from_bytes(f.read(8), "little")
        header, data = json.loads(f.read(n)), f.read()
    state = {}
    for name, t in header.items():
        if name != "__metadata__":
            assert t["dtype"] == "F32"
            a, b = t["data_offsets"]
            state[name] = np.frombuffer(data[a:b], dtype="<f4").reshape(t["shape"])
    return state

class LanguageModel(nn.Module):
    def __init__(self, V, E, H, layers, tied):
        super().__init__()
        self.encoder = nn.Embedding(V, E)
        self.rnn = nn.GRU(E, H, layers)
        self.decoder = nn.Linear(H, V)
        if tied:
            self.decoder.weight = self.encoder.weight

    def losses(self, ids):
        y = self.decoder(self.rnn(self.encoder(ids))[0])
        return nn.functional.cross_entropy(y.flatten(0, 1), ids.roll(-1, 0).flatten(), reduction="none")

torch.set_num_threads(1)
out = []
for job in json.load(sys.stdin):
    path, x = job["path"], torch.tensor(job["x"]["data"]).reshape(job["x"]["shape"])
    state = read_safetensors(path) if path.endswith(".safetensors") else dict(np.load(path))
    state = {k: torch.from_numpy(v.copy()) for k, v in state.items()}
    if job["model"] == "gru":
        m = nn.GRU(*job["sizes"], bidirectional=job["flag"])
    else:
        m = LanguageModel(*job["sizes"], job["flag"])
    m.load_state_dict(state, strict=True)
    with torch.no_grad():
        y = m(x)[0] if job["model"] == "gru" else m.losses(x.long())
    out.append(y.flatten().double().tolist())
print(json.dumps(out))
`

// job is a file of weights, the module it is of and an input.
type job struct {
	Path  string `json:"path"`
	Model string `json:"model"`
	Sizes []int  `json:"sizes"`
	Flag  bool   `json:"flag"` // bidirectional, or tied
	X     array  `json:"x"`
}

// What is exported has PyTorch's own names and shapes, and gives there what it
// gives here.
func TestPyTorchLoadsWhatIsExported(t *testing.T) {
	if testing.Short() {
		t.Skip("importing torch takes seconds")
	}
	python := withTorch(t)
	x, ids := exampleOf(t, "gru").X, exampleOf(t, "torchlm").X
	const I, H, V = 4, 5, 11
	var lower, upper layers.Recurrent = must(layers.NewGRU("lower", gruBase(I, H, tensor.Float32))), must(layers.NewGRU("upper", gruBase(H, H, tensor.Float32)))
	both := must(layers.NewBidirectional(
		must(layers.NewGRU("ahead", gruBase(I, H, tensor.Float32))), must(layers.NewGRU("back", gruBase(I, H, tensor.Float32)))))
	model := func(embed int, tied bool) *layers.LanguageModel {
		return must(layers.NewLanguageModel(modelBase(layers.CellGRU, embed, 8, 2, tied, tensor.Float32)))
	}
	loose, tied := model(6, false), model(8, true)
	gru := func(n int, directions bool) job {
		return job{Model: "gru", Sizes: []int{I, H, n}, Flag: directions, X: x}
	}

	var jobs []job
	var want [][]float64
	for _, c := range []struct {
		name   string
		model  imported
		job    job
		export func(a *archive.Archive) error
	}{
		{"gru", ofLayers(lower, upper), gru(2, false), func(a *archive.Archive) error { return ExportTorchGRU(a, "", lower, upper) }},
		{"bidirectional", ofBidirectional(both), gru(1, true), func(a *archive.Archive) error { return ExportTorchBidirectional(a, "", both) }},
		{"loose", ofModel(loose), job{Model: "lm", Sizes: []int{V, 6, 8, 2}, X: ids}, func(a *archive.Archive) error { return ExportTorchLanguageModel(a, "", loose) }},
		{"tied", ofModel(tied), job{Model: "lm", Sizes: []int{V, 8, 8, 2}, Flag: true, X: ids}, func(a *archive.Archive) error { return ExportTorchLanguageModel(a, "", tied) }},
	} {
		randomise(uint64(len(jobs)), c.model.params)
		a := &archive.Archive{}
		if err := c.export(a); err != nil {
			t.Fatal(err)
		}
		for _, ext := range []string{".npz", ".safetensors"} {
			path := filepath.Join(t.TempDir(), c.name+ext)
			if err := a.WriteFile(path); err != nil {
				t.Fatal(err)
			}
			c.job.Path = path
			jobs = append(jobs, c.job)
			want = append(want, c.model.output(t, c.job.X))
		}
	}
	in, err := os.Create(filepath.Join(t.TempDir(), "jobs.json"))
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	if err := json.NewEncoder(in).Encode(jobs); err != nil {
		t.Fatal(err)
	}
	if _, err := in.Seek(0, 0); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(python, "-c", load)
	cmd.Stdin, cmd.Stderr = in, os.Stderr
	raw, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var got [][]float64
	if err := json.Unmarshal(raw, &got); err != nil {
		t.Fatalf("%v: %s", err, raw)
	}
	if len(got) != len(want) {
		t.Fatalf("%d outputs, want %d", len(got), len(want))
	}
	for i, w := range want {
		compare(t, filepath.Base(jobs[i].Path), got[i], w, tolerance(tensor.Float32))
	}
}
