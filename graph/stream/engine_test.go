package stream

import (
	"math"
	"path/filepath"
	"testing"

	"github.com/pkg/errors"
	"gorgonia.org/tensor"

	"github.com/egru/egru/graph/checkpoint"
	"github.com/egru/egru/layers"
	"github.com/egru/egru/ops"
)

func TestSettingsOutsideTheirDomainAreNamed(t *testing.T) {
	for says, change := range map[string]func(c *Config){
		"Precision": func(c *Config) { c.Precision = 2 },
		"Storage":   func(c *Config) { c.Storage = -1 },
		"PackBelow": func(c *Config) { c.PackBelow = math.NaN() },
		"TableB":    func(c *Config) { c.TableBytes = -1 },
	} {
		c := DefaultConfig()
		change(&c)
		_, err := New(Of(small(gru).model()), c)
		wantError(t, says, err, ErrConfig, says)
	}
	if err := DefaultConfig().Validate(); err != nil {
		t.Error(err)
	}
	if s := Precision(7).String() + Storage(8).String() + Int8.String() + Auto.String(); s != "precision 7storage 8int8auto" {
		t.Errorf("got %s", s)
	}
}

// dense makes a weight.
func dense(name string, shape ...int) *layers.Param {
	return layers.NewParam(name, tensor.New(tensor.WithShape(shape...), tensor.Of(tensor.Float32)))
}

func TestModelsThatDoNotFitTogetherAreNamed(t *testing.T) {
	egru := must(layers.NewEGRU("a", layers.DefaultEGRU(3, 4)))
	above := must(layers.NewGRU("b", layers.DefaultGRU(5, 2)))
	model := func(change func(m *Model)) Model {
		m := Model{Embedding: dense("e", 7, 3), Layers: []layers.Recurrent{egru}, Decoder: dense("d", 7, 4), Bias: dense("b", 7)}
		change(&m)
		return m
	}
	broken := must(layers.NewEGRU("nan", layers.DefaultEGRU(3, 4)))
	broken.Threshold().Value().Float32s()[2] = float32(math.NaN())
	for _, c := range []struct {
		name, says string
		change     func(m *Model)
	}{
		{"no layers", "no layers", func(m *Model) { m.Layers = nil }},
		{"nil layer", "layer 0: a layer is nil", func(m *Model) { m.Layers = []layers.Recurrent{nil} }},
		{"nil EGRU", "a layer is nil", func(m *Model) { m.Layers = []layers.Recurrent{(*layers.EGRU)(nil)} }},
		{"nil GRU", "a layer is nil", func(m *Model) { m.Layers = []layers.Recurrent{(*layers.GRU)(nil)} }},
		{"layers", "layer b has 5 inputs, want 4", func(m *Model) { m.Layers = []layers.Recurrent{egru, above} }},
		{"embedding", "(7, 2), want 3 columns", func(m *Model) { m.Embedding = dense("e", 7, 2) }},
		{"embedding, a vector", "e is no matrix", func(m *Model) { m.Embedding = dense("e", 21) }},
		{"embedding without tensor", "no matrix", func(m *Model) { m.Embedding = layers.NewParam("e", nil) }},
		{"decoder", "want 4", func(m *Model) { m.Decoder = dense("d", 7, 5) }},
		{"decoder, a vector", "d is no matrix", func(m *Model) { m.Decoder = dense("d", 28) }},
		{"two decoders", "Decoder and a Linear", func(m *Model) { m.Linear = dense("l", 4, 7) }},
		{"nil linear", "nil linear layer is no matrix", func(m *Model) { *m = m.WithLinear(nil) }},
		{"linear", "want 4", func(m *Model) { m.Decoder, m.Linear = nil, dense("l", 7, 5) }},
		{"bias", "shape (8), want (7)", func(m *Model) { m.Bias = dense("b", 8) }},
		{"bias alone", "Bias and neither", func(m *Model) { m.Decoder = nil }},
		{"integers", "want float32 or float64", func(m *Model) {
			m.Bias = layers.NewParam("b", tensor.New(tensor.WithShape(7), tensor.Of(tensor.Int)))
		}},
		{"NaN", "nan.threshold has NaN as its number 2", func(m *Model) { m.Layers = []layers.Recurrent{broken} }},
		{"a view", "is a view", func(m *Model) {
			v := must(must(tensor.New(tensor.WithShape(7, 2), tensor.Of(tensor.Float32)).Slice(nil, tensor.S(0))).(*tensor.Dense), nil)
			m.Bias = layers.NewParam("b", v)
		}},
	} {
		_, err := New(model(c.change), DefaultConfig())
		wantError(t, c.name, err, ErrModel, c.says)
	}
	if _, err := New(model(func(*Model) {}), DefaultConfig()); err != nil {
		t.Error(err)
	}
	_, err := New(Of(nil), DefaultConfig())
	wantError(t, "nil model", err, ErrModel, "no layers")
}

func TestEnginesKeepNothingOfTheirModel(t *testing.T) {
	for _, cell := range cells {
		m := small(cell).model()
		s := must(New(Of(m), DefaultConfig())).NewStream()
		twin := must(New(Of(small(cell).model()), DefaultConfig())).NewStream()
		for _, p := range m.Params() {
			clear(p.Value().Float32s())
		}
		for _, token := range text(1, 20, 11) {
			sameNumbers(t, cell, must(s.Step(token)), must(twin.Step(token)))
		}
	}
}

func TestEnginesTellTheirSizes(t *testing.T) {
	e := must(New(Of(small(evnn).model()), DefaultConfig()))
	if e.Vocabulary() != 11 || e.Inputs() != 12 || e.Outputs() != 11 || e.Layers() != 2 || e.Units(0) != 19 || e.Units(1) != 12 || e.Units(2) != 0 || e.Kept(2) != nil {
		t.Errorf("%v, %d words, %d inputs, %d outputs, %d layers", e, e.Vocabulary(), e.Inputs(), e.Outputs(), e.Layers())
	}
	if want := "stream: rnn.0 EvNN 12->19 rnn.1 EvNN 19->12 ->11, float32"; e.String() != want {
		t.Errorf("it is %q, want %q", e, want)
	}
}

func TestEnginesAreMadeOfCheckpoints(t *testing.T) {
	c := small(evnn)
	m := c.model()
	path := filepath.Join(t.TempDir(), "x.safetensors")
	if err := checkpoint.Save(path, must(checkpoint.Take(m.Params(), nil, nil, nil))); err != nil {
		t.Fatal(err)
	}
	a := must(New(Of(m), DefaultConfig())).NewStream()
	b := must(FromCheckpoint(path, m.Config(), DefaultConfig())).NewStream()
	for _, token := range text(1, 20, 11) {
		sameNumbers(t, "step", must(b.Step(token)), must(a.Step(token)))
	}
	wider := m.Config()
	wider.Hidden++
	_, err := FromCheckpoint(path, wider, DefaultConfig())
	wantError(t, "another model", err, checkpoint.ErrFit, path)
	other := m.Config()
	other.EGRU.Variant = ops.Paper
	_, err = FromCheckpoint(path, other, DefaultConfig())
	wantError(t, "another variant", err, checkpoint.ErrFit, "of other settings, such as sizes, Cell, Tied, EGRU.Variant or EGRU.LearnGain: checkpoint: weights: rnn.0.recurrent_bias is surplus")
	_, err = FromCheckpoint(path+"x", m.Config(), DefaultConfig())
	if err == nil || errors.Is(err, checkpoint.ErrDamaged) {
		t.Errorf("no file: %v", err)
	}
	_, err = FromCheckpoint(path, m.Config(), Config{PackBelow: 2})
	wantError(t, "a bad setting", err, ErrConfig, "PackBelow")
	wider.Layers = 0
	_, err = FromCheckpoint(path, wider, DefaultConfig())
	wantError(t, "a bad model", err, layers.ErrConfig, "Layers")
}
