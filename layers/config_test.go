package layers

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"

	"gorgonia.org/tensor"

	"github.com/egru/egru/ops"
	"github.com/egru/egru/ops/surrogate"
)

// spoiled is a setting outside its domain, and what the error says of it.
type spoiled[C any] struct {
	says  string
	spoil func(*C)
}

// validates wants a constructor to take a config as it is, to name each bad
// setting, and to name all of them at once.
func validates[C any](t *testing.T, good func() C, construct func(C) error, cases []spoiled[C]) {
	t.Helper()
	if err := construct(good()); err != nil {
		t.Fatal(err)
	}
	all := good()
	names := map[string]bool{}
	for _, c := range cases {
		bad := good()
		c.spoil(&bad)
		wantError(t, c.says, construct(bad), ErrConfig, c.says)
		c.spoil(&all)
		setting, _, _ := strings.Cut(c.says, " ")
		names[setting+" is "] = true
	}
	wantError(t, "all at once", construct(all), ErrConfig, slices.Collect(maps.Keys(names))...)
}

func TestEGRUConfigNamesEveryBadSetting(t *testing.T) {
	type C = EGRUConfig
	validates(t, func() C { return DefaultEGRU(4, 5) }, func(c C) error { _, err := NewEGRU("rnn", c); return err }, []spoiled[C]{
		{"Inputs is 0, want at least 1", func(c *C) { c.Inputs = 0 }},
		{"Hidden is -1, want at least 1", func(c *C) { c.Hidden = -1 }},
		{"Variant is unknown variant", func(c *C) { c.Variant = 7 }},
		{"Surrogate is nil", func(c *C) { c.Surrogate = nil }},
		{"ThresholdMean is 0", func(c *C) { c.ThresholdMean = 0 }},
		{"ThresholdMean is 1", func(c *C) { c.ThresholdMean = 1 }},
		{"ThresholdMean is NaN", func(c *C) { c.ThresholdMean = math.NaN() }},
		{"KernelGain is 0", func(c *C) { c.KernelGain = 0 }},
		{"KernelGain is +Inf", func(c *C) { c.KernelGain = math.Inf(1) }},
		{"RecurrentGain is -1", func(c *C) { c.RecurrentGain = -1 }},
		{"KeepBias is NaN", func(c *C) { c.KeepBias = math.NaN() }},
		{"OutputGain is 0", func(c *C) { c.OutputGain = 0 }},
		{"Zoneout is 1", func(c *C) { c.Zoneout = 1 }},
		{"DropConnect is -0.1", func(c *C) { c.DropConnect = -0.1 }},
		{"DropConnect is NaN", func(c *C) { c.DropConnect = math.NaN() }},
		{"Dtype is int", func(c *C) { c.Dtype = tensor.Int }},
		{"Dtype is unset, want float32 or float64", func(c *C) { c.Dtype = tensor.Dtype{} }},
	})
	c := DefaultEGRU(4, 5)
	c.Surrogate = surrogate.Triangle{Dampening: 1}
	wantError(t, "surrogate", c.Validate(), ErrConfig, "EGRU: triangle: support is 0")
}

func TestGRUConfigNamesEveryBadSetting(t *testing.T) {
	type C = GRUConfig
	validates(t, func() C { return DefaultGRU(4, 5) }, func(c C) error { _, err := NewGRU("rnn", c); return err }, []spoiled[C]{
		{"Inputs is 0", func(c *C) { c.Inputs = 0 }},
		{"Hidden is 0", func(c *C) { c.Hidden = 0 }},
		{"KernelGain is NaN", func(c *C) { c.KernelGain = math.NaN() }},
		{"RecurrentGain is 0", func(c *C) { c.RecurrentGain = 0 }},
		{"Zoneout is -1", func(c *C) { c.Zoneout = -1 }},
		{"DropConnect is 1", func(c *C) { c.DropConnect = 1 }},
		{"Dtype is bool", func(c *C) { c.Dtype = tensor.Bool }},
		{"Dtype is unset, want float32 or float64", func(c *C) { c.Dtype = tensor.Dtype{} }},
	})
}

func TestEmbeddingConfigNamesEveryBadSetting(t *testing.T) {
	type C = EmbeddingConfig
	validates(t, func() C { return DefaultEmbedding(4, 5) }, func(c C) error { _, err := NewEmbedding("words", c); return err }, []spoiled[C]{
		{"Vocabulary is 0", func(c *C) { c.Vocabulary = 0 }},
		{"Size is 0", func(c *C) { c.Size = 0 }},
		{"Limit is 0", func(c *C) { c.Limit = 0 }},
		{"Limit is +Inf", func(c *C) { c.Limit = math.Inf(1) }},
		{"Dtype is int", func(c *C) { c.Dtype = tensor.Int }},
		{"Dtype is unset, want float32 or float64", func(c *C) { c.Dtype = tensor.Dtype{} }},
	})
}

func TestLinearConfigNamesEveryBadSetting(t *testing.T) {
	type C = LinearConfig
	validates(t, func() C { return DefaultLinear(4, 5) }, func(c C) error { _, err := NewLinear("out", c); return err }, []spoiled[C]{
		{"Inputs is 0", func(c *C) { c.Inputs = 0 }},
		{"Outputs is -3", func(c *C) { c.Outputs = -3 }},
		{"Dtype is int", func(c *C) { c.Dtype = tensor.Int }},
		{"Dtype is unset, want float32 or float64", func(c *C) { c.Dtype = tensor.Dtype{} }},
	})
}

func TestLanguageModelConfigNamesEveryBadSetting(t *testing.T) {
	type C = LanguageModelConfig
	construct := func(c C) error { _, err := NewLanguageModel(c); return err }
	good := func() C { return DefaultLanguageModel(7, 4, 5, 2) }
	validates(t, good, construct, []spoiled[C]{
		{"Vocabulary is 0", func(c *C) { c.Vocabulary = 0 }},
		{"Embed is 0", func(c *C) { c.Embed = 0 }},
		{"Hidden is 0", func(c *C) { c.Hidden = 0 }},
		{"Layers is 0", func(c *C) { c.Layers = 0 }},
		{`Cell is "lstm"`, func(c *C) { c.Cell = "lstm" }},
		{"UpperKernelGain is 0", func(c *C) { c.UpperKernelGain = 0 }},
		{"WordDropout is 1.5", func(c *C) { c.WordDropout = 1.5 }},
		{"EmbedDropout is 1", func(c *C) { c.EmbedDropout = 1 }},
		{"LayerDropout is -1", func(c *C) { c.LayerDropout = -1 }},
		{"OutputDropout is NaN", func(c *C) { c.OutputDropout = math.NaN() }},
		{"ActivityPenalty.Weight is -1", func(c *C) { c.ActivityPenalty.Weight = -1 }},
		{"ActivityPenalty.Target is 1.5, want it in [0, 1]", func(c *C) { c.ActivityPenalty.Target = 1.5 }},
		{"ActivityPenalty.Target is NaN, want it finite", func(c *C) { c.ActivityPenalty.Target = math.NaN() }},
		{"StatePenalty.Weight is +Inf", func(c *C) { c.StatePenalty.Weight = math.Inf(1) }},
		{"StatePenalty.Target is -Inf", func(c *C) { c.StatePenalty.Target = math.Inf(-1) }},
		{"EmbedLimit is 0", func(c *C) { c.EmbedLimit = 0 }},
		{"Dtype is int", func(c *C) { c.Dtype = tensor.Int }},
		{"Dtype is unset, want float32 or float64", func(c *C) { c.Dtype = tensor.Dtype{} }},
	})
	inner := good()
	inner.EGRU.Zoneout = 2
	wantError(t, "layer", construct(inner), ErrConfig, "rnn.0", "Zoneout is 2")
}

// They would panic where memory is made for the weight, or take all there is.
func TestSizesThatNoWeightCanHaveAreNamed(t *testing.T) {
	const third, huge = math.MaxInt/3 + 1, math.MaxInt // three times a third overflows
	lm := func(vocabulary, embed, hidden, layers int, tied bool) error {
		c := DefaultLanguageModel(vocabulary, embed, hidden, layers)
		c.Tied = tied
		_, err := NewLanguageModel(c)
		return err
	}
	egru := func(inputs, hidden int) error { _, err := NewEGRU("l", DefaultEGRU(inputs, hidden)); return err }
	gru := func(inputs, hidden int) error { _, err := NewGRU("l", DefaultGRU(inputs, hidden)); return err }
	linear := func(inputs, outputs int) error { _, err := NewLinear("l", DefaultLinear(inputs, outputs)); return err }
	words := func(vocabulary, size int) error {
		_, err := NewEmbedding("l", DefaultEmbedding(vocabulary, size))
		return err
	}
	for _, c := range []struct {
		err  error
		says []string
	}{
		{egru(1, third), []string{
			fmt.Sprintf("l: EGRU: kernel has 1 x 3 x %d numbers, want at most 2147483647; ", third),
			fmt.Sprintf("recurrent_kernel has %[1]d x 3 x %[1]d numbers", third),
		}},
		{egru(huge, 1), []string{fmt.Sprintf("kernel has %d x 3 x 1 numbers", huge)}},
		{egru(1<<30, 1<<30), []string{"kernel has 1073741824 x 3 x 1073741824 numbers"}},
		{gru(1, third), []string{fmt.Sprintf("l: GRU: kernel has 1 x 3 x %d numbers", third)}},
		{gru(huge, 1), []string{fmt.Sprintf("kernel has %d x 3 x 1 numbers", huge)}},
		{linear(huge, huge), []string{fmt.Sprintf("l: linear: weight has %[1]d x %[1]d numbers", huge)}},
		{linear(1<<16, 1<<15), []string{"weight has 65536 x 32768 numbers, want at most 2147483647"}}, // one more
		{words(huge, 2), []string{fmt.Sprintf("l: embedding: weight has %d x 2 numbers", huge)}},
		{lm(huge, 2, 2, 2, true), []string{fmt.Sprintf("language model: embedding.weight has %d x 2 numbers", huge)}},
		{lm(2, 2, huge, 2, true), []string{fmt.Sprintf("rnn.0: EGRU: kernel has 2 x 3 x %d numbers", huge)}},
		{lm(2, 2, huge, 2, false), []string{fmt.Sprintf("decoder.weight has 2 x %d numbers", huge)}},
		{lm(2, 2, 2, huge, true), []string{fmt.Sprintf("Layers is %d, want at most 1000", huge)}},
	} {
		wantError(t, strings.Join(c.says, ", "), c.err, ErrConfig, c.says...)
	}
	var bad checks
	bad.weight("the largest", 1, math.MaxInt32)
	bad.weight("no size", 0, huge, huge)
	bad.weight("no size", huge, -1, huge)
	if len(bad) > 0 {
		t.Error(bad)
	}
}

func TestEveryLayerHasAName(t *testing.T) {
	_, egru := NewEGRU("", DefaultEGRU(4, 5))
	_, gru := NewGRU("", DefaultGRU(4, 5))
	_, linear := NewLinear("", DefaultLinear(4, 5))
	_, words := NewEmbedding("", DefaultEmbedding(4, 5))
	for layer, err := range map[string]error{"EGRU": egru, "GRU": gru, "linear": linear, "embedding": words} {
		wantError(t, layer, err, ErrConfig, layer+": name is empty, want one")
	}
}

func TestLayersSayWhatTheyAre(t *testing.T) {
	e := DefaultEGRU(4, 5)
	e.Zoneout, e.Seed = 0.25, 3
	g := DefaultGRU(4, 5)
	g.DropConnect = 0.5
	if l := must(NewEGRU("rnn", e)); l.Config() != e || l.Name() != "rnn" || l.Units() != 5 || l.Dtype() != tensor.Float32 || l.Meter().Name() != "rnn" {
		t.Errorf("EGRU %s of %d %v: %+v", l.Name(), l.Units(), l.Dtype(), l.Config())
	}
	if l := must(NewGRU("rnn", g)); l.Config() != g || l.Name() != "rnn" || l.Units() != 5 || l.Dtype() != tensor.Float32 || l.Meter().Name() != "rnn" {
		t.Errorf("GRU %s of %d %v: %+v", l.Name(), l.Units(), l.Dtype(), l.Config())
	}
	for _, c := range []struct {
		layer Recurrent
		want  []string
	}{
		{egruOf("rnn", ops.EvNN, 4, 5), []string{"h", "y"}},
		{egruOf("rnn", ops.Paper, 4, 5), []string{"c", "y"}},
		{must(NewGRU("rnn", g)), []string{"h"}},
	} {
		if got := c.layer.StateNames(); !slices.Equal(got, c.want) {
			t.Errorf("states are %q, want %q", got, c.want)
		}
	}
	m := DefaultLanguageModel(7, 4, 5, 2)
	if l := must(NewLanguageModel(m)); l.Config() != m {
		t.Errorf("%+v", l.Config())
	}
}
