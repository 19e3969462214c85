package exchange

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/egru/egru/graph/archive"
	"github.com/egru/egru/layers"
)

// imported is a model made of a file: its weights, and what it gives for an input.
type imported struct {
	params []*layers.Param
	output func(t testing.TB, x array) []float64
}

func ofLayers(ls ...layers.Recurrent) imported {
	return imported{
		params: must(layers.NewStack(layers.Dropout{}, ls...)).Params(),
		output: func(t testing.TB, x array) []float64 { return stackOutput(t, x, ls...) },
	}
}

func ofModel(m *layers.LanguageModel) imported {
	return imported{m.Params(), func(t testing.TB, x array) []float64 { return losses(t, x, m) }}
}

func ofBidirectional(ls ...*layers.Bidirectional) imported {
	var m imported
	for _, l := range ls {
		m.params = append(m.params, l.Params()...)
	}
	m.output = func(t testing.TB, x array) []float64 {
		y := x.node(G.NewGraph(), "x", m.params[0].Value().Dtype())
		for _, l := range ls {
			y = must(l.Forward(y))
		}
		return value(t, y)
	}
	return m
}

// library is one thing that another library saves: made new, filled into what is
// there, and exported.
type library struct {
	files   []string
	prefix  string // of the names in .pt files
	make    func(a *archive.Archive, prefix string, dt tensor.Dtype) (imported, error)
	refill  func(a *archive.Archive, prefix string, dt tensor.Dtype) (imported, error)
	export  func(t testing.TB, a *archive.Archive, prefix string) (*archive.Archive, error)
	changed []string // names that come back with other numbers
}

func egruBase(dt tensor.Dtype) layers.EGRUConfig {
	c := layers.DefaultEGRU(4, 5)
	c.Dtype, c.LearnGain = dt, true
	return c
}

func gruBase(inputs, hidden int, dt tensor.Dtype) layers.GRUConfig {
	c := layers.DefaultGRU(inputs, hidden)
	c.Dtype = dt
	return c
}

func modelBase(cell string, embed, hidden, n int, tied bool, dt tensor.Dtype) layers.LanguageModelConfig {
	c := layers.DefaultLanguageModel(11, embed, hidden, n)
	c.Cell, c.Tied, c.Dtype = cell, tied, dt
	return c
}

// libraries are all importers and exporters, by the name of their example.
var libraries = map[string]library{
	"evnn": {
		files: []string{"evnn.pt", "evnn.npz", "evnn.safetensors"},
		make: func(a *archive.Archive, prefix string, dt tensor.Dtype) (imported, error) {
			l, err := NewEvNN(a, prefix, "rnn", egruBase(dt))
			if err != nil {
				return imported{}, err
			}
			return ofLayers(l), nil
		},
		refill: func(a *archive.Archive, prefix string, dt tensor.Dtype) (imported, error) {
			l := must(layers.NewEGRU("rnn", egruBase(dt)))
			return ofLayers(l), ImportEvNN(a, prefix, l)
		},
		export: func(t testing.TB, a *archive.Archive, prefix string) (*archive.Archive, error) {
			out := &archive.Archive{}
			return out, ExportEvNN(out, prefix, must(NewEvNN(a, prefix, "rnn", egruBase(tensor.Float32))))
		},
		changed: []string{"thr"},
	},
	"evnnlm":        evnnModelOf([]string{"evnnlm.pt", "evnnlm.npz", "evnnlm.safetensors"}, "model.", 6, 8, 3, true),
	"evnnlm_untied": evnnModelOf([]string{"evnnlm_untied.pt"}, "", 6, 8, 2, false),

	"gru":        torchGRUOf([]string{"gru.pt", "gru.npz", "gru.safetensors"}, 1),
	"gru_layers": torchGRUOf([]string{"gru_layers.pt"}, 3),
	"gru_nobias": torchGRUOf([]string{"gru_nobias.pt"}, 2),
	"gru_bidirectional": {
		files: []string{"gru_bidirectional.pt"},
		make: func(a *archive.Archive, prefix string, dt tensor.Dtype) (imported, error) {
			ls, err := NewTorchBidirectional(a, prefix, "rnn", gruBase(1, 1, dt))
			if err != nil {
				return imported{}, err
			}
			return ofBidirectional(ls...), nil
		},
		refill: func(a *archive.Archive, prefix string, dt tensor.Dtype) (imported, error) {
			of := func(name string, inputs int) *layers.Bidirectional {
				return must(layers.NewBidirectional(
					must(layers.NewGRU(name+".ahead", gruBase(inputs, 5, dt))),
					must(layers.NewGRU(name+".back", gruBase(inputs, 5, dt))),
				))
			}
			ls := []*layers.Bidirectional{of("rnn.0", 4), of("rnn.1", 10)}
			return ofBidirectional(ls...), ImportTorchBidirectional(a, prefix, ls...)
		},
		export: func(t testing.TB, a *archive.Archive, prefix string) (*archive.Archive, error) {
			out := &archive.Archive{}
			return out, ExportTorchBidirectional(out, prefix, must(NewTorchBidirectional(a, prefix, "rnn", gruBase(1, 1, tensor.Float32)))...)
		},
	},
	"torchlm":      torchModelOf([]string{"torchlm.pt", "torchlm.npz", "torchlm.safetensors"}, 6, false),
	"torchlm_tied": torchModelOf([]string{"torchlm_tied.pt"}, 8, true),
}

func evnnModelOf(files []string, prefix string, embed, hidden, n int, tied bool) library {
	base := func(dt tensor.Dtype) layers.LanguageModelConfig {
		return modelBase(layers.CellEGRU, embed, hidden, n, tied, dt)
	}
	return library{
		files: files, prefix: prefix,
		make: func(a *archive.Archive, prefix string, dt tensor.Dtype) (imported, error) {
			m, err := NewEvNNLanguageModel(a, prefix, modelBase(layers.CellGRU, 1, 1, 1, !tied, dt))
			if err != nil {
				return imported{}, err
			}
			return ofModel(m), nil
		},
		refill: func(a *archive.Archive, prefix string, dt tensor.Dtype) (imported, error) {
			m := must(layers.NewLanguageModel(base(dt)))
			return ofModel(m), ImportEvNNLanguageModel(a, prefix, m)
		},
		export: func(t testing.TB, a *archive.Archive, prefix string) (*archive.Archive, error) {
			out := &archive.Archive{}
			return out, ExportEvNNLanguageModel(out, prefix, must(NewEvNNLanguageModel(a, prefix, base(tensor.Float32))), EvNNExport{})
		},
	}
}

func torchGRUOf(files []string, n int) library {
	return library{
		files: files,
		make: func(a *archive.Archive, prefix string, dt tensor.Dtype) (imported, error) {
			ls, err := NewTorchGRU(a, prefix, "rnn", gruBase(1, 1, dt))
			if err != nil {
				return imported{}, err
			}
			return ofLayers(ls...), nil
		},
		refill: func(a *archive.Archive, prefix string, dt tensor.Dtype) (imported, error) {
			var ls []layers.Recurrent
			inputs := 4
			for i := range n {
				ls = append(ls, must(layers.NewGRU([]string{"rnn.0", "rnn.1", "rnn.2"}[i], gruBase(inputs, 5, dt))))
				inputs = 5
			}
			return ofLayers(ls...), ImportTorchGRU(a, prefix, ls...)
		},
		export: func(t testing.TB, a *archive.Archive, prefix string) (*archive.Archive, error) {
			out := &archive.Archive{}
			return out, ExportTorchGRU(out, prefix, must(NewTorchGRU(a, prefix, "rnn", gruBase(1, 1, tensor.Float32)))...)
		},
	}
}

func torchModelOf(files []string, embed int, tied bool) library {
	base := func(dt tensor.Dtype) layers.LanguageModelConfig {
		return modelBase(layers.CellGRU, embed, 8, 2, tied, dt)
	}
	return library{
		files: files,
		make: func(a *archive.Archive, prefix string, dt tensor.Dtype) (imported, error) {
			m, err := NewTorchLanguageModel(a, prefix, modelBase(layers.CellEGRU, 1, 1, 1, !tied, dt))
			if err != nil {
				return imported{}, err
			}
			return ofModel(m), nil
		},
		refill: func(a *archive.Archive, prefix string, dt tensor.Dtype) (imported, error) {
			m := must(layers.NewLanguageModel(base(dt)))
			return ofModel(m), ImportTorchLanguageModel(a, prefix, m)
		},
		export: func(t testing.TB, a *archive.Archive, prefix string) (*archive.Archive, error) {
			out := &archive.Archive{}
			return out, ExportTorchLanguageModel(out, prefix, must(NewTorchLanguageModel(a, prefix, base(tensor.Float32))))
		},
	}
}

// each runs a test for every library and file. Prefixes are of files that hold
// more than the model.
func each(t *testing.T, test func(t *testing.T, name string, l library, a *archive.Archive, prefix string)) {
	for name, l := range libraries {
		for _, file := range l.files {
			prefix := ""
			if file == l.files[0] {
				prefix = l.prefix
			}
			t.Run(file, func(t *testing.T) { test(t, name, l, read(t, file), prefix) })
		}
	}
}

// Weights of EvNN and PyTorch compute here what they compute there.
func TestModelsOfFilesGiveTheirOutputs(t *testing.T) {
	each(t, func(t *testing.T, name string, l library, a *archive.Archive, prefix string) {
		e := exampleOf(t, name)
		for _, dt := range dtypes {
			m, err := l.make(a, prefix, dt)
			if err != nil {
				t.Fatal(err)
			}
			compare(t, "output in "+dt.String(), m.output(t, e.X), e.Y.Data, tolerance(dt))
		}
	})
}

// What is there gets the same weights as what is made new.
func TestFilledModelsAreThoseMadeNew(t *testing.T) {
	each(t, func(t *testing.T, name string, l library, a *archive.Archive, prefix string) {
		for _, dt := range dtypes {
			made := must(l.make(a, prefix, dt))
			filled, err := l.refill(a, prefix, dt)
			if err != nil {
				t.Fatal(err)
			}
			got, want := params(filled.params), params(made.params)
			if len(got) != len(want) {
				t.Fatalf("%d weights, want %d", len(got), len(want))
			}
			for name, w := range want {
				if !sameNumbers(got[name], w) {
					t.Errorf("%s differs", name)
				}
			}
		}
	})
}

func sameNumbers(a, b any) bool {
	switch a := a.(type) {
	case []float32:
		b, ok := b.([]float32)
		return ok && slices.Equal(a, b)
	case []float64:
		b, ok := b.([]float64)
		return ok && slices.Equal(a, b)
	}
	return false
}

// What is exported is what was imported, name by name and bit by bit. Biases of a
// module that has none come back as zeros.
func TestExportsAreTheFilesAgain(t *testing.T) {
	each(t, func(t *testing.T, name string, l library, a *archive.Archive, prefix string) {
		out, err := l.export(t, a, prefix)
		if err != nil {
			t.Fatal(err)
		}
		for name, d := range out.Tensors {
			want := a.Tensors[name]
			switch {
			case want == nil && strings.HasPrefix(name, "bias_"):
				want = floats(d.Shape()...)
			case want == nil:
				t.Errorf("%s is not in the file", name)
				continue
			}
			if !slices.Equal(d.Shape(), want.Shape()) {
				t.Errorf("%s has shape %v, want %v", name, d.Shape(), want.Shape())
			}
			if !slices.Contains(l.changed, name) && !sameNumbers(must(archive.Numbers(d)), must(archive.Numbers(want))) {
				t.Errorf("%s differs", name)
			}
		}
		for name := range a.Tensors {
			if strings.HasPrefix(name, prefix) && out.Tensors[name] == nil {
				t.Errorf("%s is not exported", name)
			}
		}
	})
}

// A model goes from one precision to the other and back without harm.
func TestPrecisionsAreConverted(t *testing.T) {
	each(t, func(t *testing.T, name string, l library, a *archive.Archive, prefix string) {
		wide := &archive.Archive{Tensors: map[string]*tensor.Dense{}}
		for name, d := range a.Tensors {
			wide.Tensors[name] = d
			if x, ok := must(archive.Numbers(d)).([]float32); ok {
				y := make([]float64, len(x))
				for i, v := range x {
					y[i] = float64(v)
				}
				wide.Tensors[name] = tensor.New(tensor.WithShape(d.Shape().Clone()...), tensor.WithBacking(y))
			}
		}
		want, got := must(l.make(a, prefix, tensor.Float32)), must(l.make(wide, prefix, tensor.Float32))
		for i, p := range want.params {
			if !sameNumbers(p.Value().Data(), got.params[i].Value().Data()) {
				t.Errorf("%s differs", p.Name())
			}
		}
	})
}

// The smallest layers are no scalars.
func TestLayersOfOneUnitComeBack(t *testing.T) {
	egru := must(layers.NewEGRU("rnn", layers.DefaultEGRU(1, 1)))
	gru := must(layers.NewGRU("rnn.0", layers.DefaultGRU(1, 1)))
	randomise(1, append(egru.Params(), gru.Params()...))
	a := &archive.Archive{}
	if err := ExportEvNN(a, "egru.", egru); err != nil {
		t.Fatal(err)
	}
	if err := ExportTorchGRU(a, "gru.", gru); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "a.npz")
	if err := a.WriteFile(path); err != nil {
		t.Fatal(err)
	}
	a = must(archive.Read(path))
	want := append(egru.Params(), gru.Params()...)
	got := append(must(NewEvNN(a, "egru.", "rnn", layers.DefaultEGRU(2, 2))).Params(),
		must(NewTorchGRU(a, "gru.", "rnn", layers.DefaultGRU(2, 2)))[0].Params()...)
	for i, p := range want {
		if g := got[i]; g.Name() != p.Name() || !slices.Equal(g.Value().Shape(), p.Value().Shape()) || !sameNumbers(g.Value().Data(), p.Value().Data()) {
			t.Errorf("%s came back as %s of %v: %v", p.Name(), g.Name(), g.Value().Shape(), g.Value())
		}
	}
}
