package exchange

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"gorgonia.org/tensor"

	"github.com/egru/egru/graph/archive"
	"github.com/egru/egru/layers"
	"github.com/egru/egru/ops"
	"github.com/egru/egru/ops/surrogate"
)

// Every tensor of every file is needed, or is known to be optional: without one,
// or with another shape, type or number, nothing is changed and the error names it.
func TestEveryTensorIsChecked(t *testing.T) {
	optional := []string{"bias_ih", "bias_hh", "dampening_factor", "pseudo_derivative_support", "_max_norm", "decoder"}
	each(t, func(t *testing.T, name string, l library, a *archive.Archive, prefix string) {
		for _, full := range slices.Sorted(maps.Keys(a.Tensors)) {
			name, ok := strings.CutPrefix(full, prefix)
			if !ok {
				continue
			}
			cases := map[string]*archive.Archive{
				"has shape": with(a, full, floats(3, 2, 1)),
				"is of":     with(a, full, tensor.New(tensor.WithShape(a.Tensors[full].Shape()...), tensor.Of(tensor.Int64))),
			}
			if !slices.ContainsFunc(optional, func(s string) bool { return strings.Contains(name, s) }) {
				cases["missing"] = without(a, full)
			}
			for says, broken := range cases {
				if _, err := l.make(broken, prefix, tensor.Float32); err == nil || !strings.Contains(err.Error(), full) {
					t.Errorf("%s %s, made new: error %v", full, says, err)
				} else {
					wantError(t, full, err, ErrArchive, says)
				}
				m, err := l.refill(broken, prefix, tensor.Float32)
				wantError(t, full, err, ErrArchive, says)
				wantError(t, full, err, ErrArchive, full)
				if !isFresh(l, m) {
					t.Errorf("%s %s: the error left other weights", full, says)
				}
			}
		}
		for says, extra := range map[string]string{`left over are "` + prefix + `attention.weight"`: "attention.weight", `left over are "` + prefix + `"`: ""} {
			_, err := l.refill(with(a, prefix+extra, floats(1)), prefix, tensor.Float32)
			wantError(t, extra, err, ErrArchive, says)
		}
		if prefix != "" {
			_, err := l.make(a, "", tensor.Float32)
			wantError(t, "another prefix", err, ErrArchive, "the archive has")
		}
		_, err := l.make(nil, prefix, tensor.Float32)
		wantError(t, "no archive", err, ErrArchive, "the archive is empty")
	})
}

// isFresh holds for a model as refill makes it, before it is filled.
func isFresh(l library, m imported) bool {
	again, _ := l.refill(nil, "", tensor.Float32)
	for i, p := range m.params {
		if !sameNumbers(p.Value().Data(), again.params[i].Value().Data()) {
			return false
		}
	}
	return true
}

func TestNumbersTooLargeForFloat32AreErrors(t *testing.T) {
	a := read(t, "gru.pt")
	bias := make([]float64, 15)
	bias[7] = 1e300
	a = with(a, "bias_hh_l0", tensor.New(tensor.WithBacking(bias)))
	_, err := NewTorchGRU(a, "", "rnn", gruBase(1, 1, tensor.Float32))
	wantError(t, "float32", err, ErrArchive, "number 7 for rnn.0.recurrent_bias is 1e+300, which float32 cannot hold")
	if _, err := NewTorchGRU(a, "", "rnn", gruBase(1, 1, tensor.Float64)); err != nil {
		t.Errorf("float64: %v", err)
	}
}

func TestSizesThatAreNoGatesAreErrors(t *testing.T) {
	_, err := NewEvNN(with(read(t, "evnn.pt"), "kernel", floats(4, 16)), "", "rnn", egruBase(tensor.Float32))
	wantError(t, "EvNN", err, ErrArchive, `"kernel" has 16 columns or rows for three gates, want (I, 3H)`)
	_, err = NewTorchGRU(with(read(t, "gru.pt"), "weight_ih_l0", floats(16, 4)), "", "rnn", gruBase(1, 1, tensor.Float32))
	wantError(t, "torch", err, ErrArchive, `"weight_ih_l0" has 16 columns or rows for three gates, want (3H, I)`)
	// A large state is believed only if its recurrent kernel is there.
	_, err = NewEvNN(with(read(t, "evnn.pt"), "kernel", floats(1, 3<<20)), "", "rnn", egruBase(tensor.Float32))
	wantError(t, "a lie", err, ErrArchive, `"recurrent_kernel" has shape (5, 15), want (1048576, 3145728)`)
}

// What neither library can say to the other is an error before anything is done.
func TestModelsThatDoNotFitAreErrors(t *testing.T) {
	egru := func(change func(*layers.EGRUConfig)) *layers.EGRU {
		c := layers.DefaultEGRU(4, 5)
		change(&c)
		return must(layers.NewEGRU("rnn", c))
	}
	model := func(change func(*layers.LanguageModelConfig)) *layers.LanguageModel {
		c := modelBase(layers.CellEGRU, 6, 8, 3, true, tensor.Float32)
		change(&c)
		return must(layers.NewLanguageModel(c))
	}
	paper := egru(func(c *layers.EGRUConfig) { c.Variant = ops.Paper })
	gained := egru(func(c *layers.EGRUConfig) { c.OutputGain = 5 })
	other := egru(func(c *layers.EGRUConfig) { c.Surrogate = surrogateOfTests{} })
	gru := must(layers.NewGRU("gru", layers.DefaultGRU(4, 5)))
	wide := must(layers.NewGRU("wide", layers.DefaultGRU(5, 7)))
	grus := model(func(c *layers.LanguageModelConfig) { c.Cell = layers.CellGRU })
	mixed := must(layers.NewBidirectional(gru, egru(func(*layers.EGRUConfig) {})))

	file, lm, both := read(t, "evnn.pt"), read(t, "evnnlm.pt"), read(t, "gru_bidirectional.pt")
	torch, torchLM := read(t, "gru.pt"), read(t, "torchlm.pt")
	for _, c := range []struct {
		name string
		do   func(out *archive.Archive) error
		says string
	}{
		{"no layer", func(*archive.Archive) error { return ImportEvNN(file, "", nil) }, "layer is nil"},
		{"paper", func(*archive.Archive) error { return ImportEvNN(file, "", paper) }, "variant is paper, want evnn"},
		{"fixed gain", func(*archive.Archive) error { return ImportEvNN(file, "", gained) }, "output gain is fixed at 5, want 1 or LearnGain"},
		{"new with a fixed gain", func(*archive.Archive) error {
			_, err := NewEvNN(file, "", "rnn", gained.Config())
			return err
		}, "output gain is fixed at 5"},
		{"export of none", func(out *archive.Archive) error { return ExportEvNN(out, "", nil) }, "layer is nil"},
		{"export of paper", func(out *archive.Archive) error { return ExportEvNN(out, "", paper) }, "variant is paper"},
		{"export of a gain", func(out *archive.Archive) error { return ExportEvNN(out, "", gained) }, "its output has a gain"},
		{"export of a surrogate", func(out *archive.Archive) error { return ExportEvNN(out, "", other) }, "surrogate is of tests, want a triangle"},

		{"no model", func(*archive.Archive) error { return ImportEvNNLanguageModel(lm, "model.", nil) }, "there is no model"},
		{"zero model", func(*archive.Archive) error { return ImportEvNNLanguageModel(lm, "model.", new(layers.LanguageModel)) }, "there is no model"},
		{"cells", func(*archive.Archive) error { return ImportEvNNLanguageModel(lm, "model.", grus) }, "rnn.0 is a *layers.GRU, want a *layers.EGRU"},
		{"tied", func(*archive.Archive) error {
			a := with(lm, "model.decoder.decoder.weight", floats(11, 6))
			return ImportEvNNLanguageModel(a, "model.", model(func(*layers.LanguageModelConfig) {}))
		}, "the model ties its decoder to the embedding, the file has different weights"},
		{"sizes", func(*archive.Archive) error {
			_, err := NewEvNNLanguageModel(evnnModelFile(7, 9, 6), "", modelBase(layers.CellEGRU, 1, 1, 1, true, tensor.Float32))
			return err
		}, "layers have [7 9 6] units, want all but the last the same"},
		{"sizes of an untied model", func(*archive.Archive) error {
			a := with(evnnModelFile(7, 6), "decoder.weight", floats(11, 6))
			a.Tensors["decoder.weight"].Float32s()[0] = 1
			_, err := NewEvNNLanguageModel(a, "", modelBase(layers.CellEGRU, 1, 1, 1, true, tensor.Float32))
			return err
		}, "layers have [7 6] units, want all the same"},
		{"surrogates", func(*archive.Archive) error {
			a := with(lm, "model.rnns.1.dampening_factor", floats(1))
			_, err := NewEvNNLanguageModel(a, "model.", modelBase(layers.CellEGRU, 1, 1, 1, true, tensor.Float32))
			return err
		}, "layer 1 has another surrogate than layer 0"},
		{"export of other cells", func(out *archive.Archive) error { return ExportEvNNLanguageModel(out, "", grus, EvNNExport{}) }, "rnn.0 is a *layers.GRU"},
		{"export of a tied gain", func(out *archive.Archive) error {
			return ExportEvNNLanguageModel(out, "", model(func(*layers.LanguageModelConfig) {}), EvNNExport{})
		}, "the last layer's output has a gain"},

		{"no layers", func(*archive.Archive) error { return ImportTorchGRU(torch, "") }, "no layers, want at least 1"},
		{"nil layer", func(*archive.Archive) error { return ImportTorchGRU(torch, "", nil) }, "layer 0 is a <nil>, want a *layers.GRU"},
		{"zero layer", func(*archive.Archive) error { return ImportTorchGRU(torch, "", new(layers.GRU)) }, "layer 0 was not made by NewGRU"},
		{"an EGRU", func(*archive.Archive) error { return ImportTorchGRU(torch, "", paper) }, "layer 0 is a *layers.EGRU"},
		{"units", func(*archive.Archive) error { return ImportTorchGRU(torch, "", gru, wide) }, "layer 1 has 5 inputs and 7 units, want 5 and 5"},
		{"export of units", func(out *archive.Archive) error { return ExportTorchGRU(out, "", gru, wide) }, "layer 1 has 5 inputs and 7 units"},
		{"export of no layers", func(out *archive.Archive) error { return ExportTorchGRU(out, "") }, "no layers"},

		{"no directions", func(*archive.Archive) error { return ImportTorchBidirectional(both, "", nil) }, "layer 0 is nil"},
		{"an EGRU backward", func(*archive.Archive) error { return ImportTorchBidirectional(both, "", mixed) }, "layer 0 is not made of two GRU layers"},
		{"export of an EGRU", func(out *archive.Archive) error { return ExportTorchBidirectional(out, "", mixed) }, "layer 0 is not made of two GRU layers"},

		{"no PyTorch model", func(*archive.Archive) error { return ImportTorchLanguageModel(torchLM, "", nil) }, "there is no model"},
		{"tied GRU", func(*archive.Archive) error {
			return ImportTorchLanguageModel(with(read(t, "torchlm_tied.pt"), "decoder.weight", floats(11, 8)), "",
				must(layers.NewLanguageModel(modelBase(layers.CellGRU, 8, 8, 2, true, tensor.Float32))))
		}, "the model ties its decoder"},
		{"export of sizes", func(out *archive.Archive) error { return ExportTorchLanguageModel(out, "", grus) }, "layer 2 has 8 inputs and 6 units, want 8 and 8"},
		{"export of EGRUs", func(out *archive.Archive) error {
			return ExportTorchLanguageModel(out, "", model(func(*layers.LanguageModelConfig) {}))
		}, "rnn.0 is a *layers.EGRU, want a *layers.GRU"},
	} {
		out := &archive.Archive{}
		wantError(t, c.name, c.do(out), ErrModel, c.says)
		if len(out.Tensors) != 0 {
			t.Errorf("%s: the error left %d tensors", c.name, len(out.Tensors))
		}
	}
}

// evnnModelFile is a model of EvNN with embeddings (11, 6) of zeros, and no decoder.
func evnnModelFile(units ...int) *archive.Archive {
	a := &archive.Archive{Tensors: map[string]*tensor.Dense{"embeddings.weight": floats(11, 6)}}
	inputs := 6
	for i, hidden := range units {
		p := evnnPrefix(i)
		a.Tensors[p+"kernel"], a.Tensors[p+"recurrent_kernel"] = floats(inputs, 3*hidden), floats(hidden, 3*hidden)
		a.Tensors[p+"bias"], a.Tensors[p+"recurrent_bias"] = floats(3*hidden), floats(3*hidden)
		a.Tensors[p+"thr"] = floats(hidden)
		inputs = hidden
	}
	return a
}

func TestDecodersOfOtherKindsAreErrors(t *testing.T) {
	of := func(a *archive.Archive) error {
		_, err := NewEvNNLanguageModel(a, "", modelBase(layers.CellEGRU, 1, 1, 1, true, tensor.Float32))
		return err
	}
	if err := of(evnnModelFile(8, 6)); err != nil {
		t.Errorf("no decoder: %v", err)
	}
	wantError(t, "size", of(evnnModelFile(8, 8)), ErrArchive, "there is no decoder.decoder.weight, and the embedding of size 6 cannot stand in for it above 8 units")
	wantError(t, "projection", of(with(evnnModelFile(8, 8), "decoder.projection.weight", floats(6, 8))), ErrArchive, "the decoder has a projection")
	wantError(t, "no layers", of(&archive.Archive{Tensors: map[string]*tensor.Dense{"embeddings.weight": floats(11, 6)}}), ErrArchive, `missing is "rnns.0.kernel"`)
}

func TestSettingsThatLayersRefuseStayErrors(t *testing.T) {
	a := with(read(t, "evnn.pt"), "pseudo_derivative_support", floats(1)) // zero
	_, err := NewEvNN(a, "", "rnn", egruBase(tensor.Float32))
	wantError(t, "support", err, layers.ErrConfig, "upport")
	_, err = NewTorchGRU(read(t, "gru.pt"), "", "rnn", layers.GRUConfig{})
	wantError(t, "base", err, layers.ErrConfig, "KernelGain is 0")
	_, err = NewTorchBidirectional(read(t, "gru_bidirectional.pt"), "", "rnn", layers.GRUConfig{})
	wantError(t, "base", err, layers.ErrConfig, "KernelGain is 0")
	_, err = NewTorchLanguageModel(read(t, "torchlm.pt"), "", layers.LanguageModelConfig{})
	wantError(t, "base", err, layers.ErrConfig, "EmbedLimit is 0")
	_, err = NewEvNNLanguageModel(read(t, "evnnlm.pt"), "model.", layers.LanguageModelConfig{EGRU: egruBase(tensor.Float32)})
	wantError(t, "base", err, layers.ErrConfig, "EmbedLimit is 0")
}

func TestExportsKeepWhatIsThere(t *testing.T) {
	l := must(layers.NewGRU("rnn", layers.DefaultGRU(4, 5)))
	a := &archive.Archive{Tensors: map[string]*tensor.Dense{"rnn.bias_hh_l0": floats(2), "other": floats(1)}}
	err := ExportTorchGRU(a, "rnn.", l)
	wantError(t, "taken", err, ErrArchive, `already there are "rnn.bias_hh_l0"`)
	if len(a.Tensors) != 2 {
		t.Errorf("the error left %d tensors", len(a.Tensors))
	}
	if err := ExportTorchGRU(a, "lower.", l); err != nil || len(a.Tensors) != 6 {
		t.Errorf("%d tensors, want 6 (%v)", len(a.Tensors), err)
	}
	wantError(t, "nil", ExportTorchGRU(nil, "", l), ErrArchive, "archive is nil")
}

// An archive is a copy: training goes on without it.
func TestExportsAreCopies(t *testing.T) {
	l := must(layers.NewEGRU("rnn", layers.DefaultEGRU(4, 5)))
	a := &archive.Archive{}
	if err := ExportEvNN(a, "", l); err != nil {
		t.Fatal(err)
	}
	before := slices.Clone(a.Tensors["kernel"].Float32s())
	randomise(1, l.Params())
	if !slices.Equal(a.Tensors["kernel"].Float32s(), before) {
		t.Error("the archive changed with the layer")
	}
}

func TestLongListsAreCut(t *testing.T) {
	a := read(t, "gru.pt")
	for i := range 30 {
		a.Tensors[strings.Repeat("x", 200+i)] = floats(1)
	}
	_, err := NewTorchGRU(a, "", "rnn", gruBase(1, 1, tensor.Float32))
	wantError(t, "names", err, ErrArchive, "and 20 more")
	if n := len(err.Error()); n > 2000 {
		t.Errorf("the error has %d bytes", n)
	}
}

// surrogateOfTests is no triangle.
type surrogateOfTests struct{ surrogate.Triangle }

func (surrogateOfTests) String() string  { return "of tests" }
func (surrogateOfTests) Validate() error { return nil }
