package layers

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"gorgonia.org/tensor"

	"github.com/egru/egru/ops"
)

// weightCases are layers of each kind, with the names and shapes of their
// weights.
var weightCases = []struct {
	name string
	make func(dt tensor.Dtype, seed uint64) []*Param
	want []string
}{
	{
		"EGRU", func(dt tensor.Dtype, seed uint64) []*Param {
			c := DefaultEGRU(4, 5)
			c.Dtype, c.Seed = dt, seed
			return must(NewEGRU("l", c)).Params()
		},
		[]string{"l.kernel (4, 15)", "l.recurrent_kernel (5, 15)", "l.bias (15)", "l.recurrent_bias (15)", "l.threshold (5)"},
	},
	{
		"EGRU Paper with a learned gain", func(dt tensor.Dtype, seed uint64) []*Param {
			c := DefaultEGRU(4, 5)
			c.Variant, c.LearnGain, c.Dtype, c.Seed = ops.Paper, true, dt, seed
			return must(NewEGRU("l", c)).Params()
		},
		[]string{"l.kernel (4, 15)", "l.recurrent_kernel (5, 15)", "l.bias (15)", "l.threshold (5)", "l.gain (5)"},
	},
	{
		"EGRU with a constant gain", func(dt tensor.Dtype, seed uint64) []*Param {
			c := DefaultEGRU(1, 1)
			c.OutputGain, c.Dtype, c.Seed = 3, dt, seed
			return must(NewEGRU("l", c)).Params()
		},
		[]string{"l.kernel (1, 3)", "l.recurrent_kernel (1, 3)", "l.bias (3)", "l.recurrent_bias (3)", "l.threshold (1)"},
	},
	{
		"GRU", func(dt tensor.Dtype, seed uint64) []*Param {
			c := DefaultGRU(4, 5)
			c.Dtype, c.Seed = dt, seed
			return must(NewGRU("l", c)).Params()
		},
		[]string{"l.kernel (4, 15)", "l.recurrent_kernel (5, 15)", "l.bias (15)", "l.recurrent_bias (15)"},
	},
	{
		"Embedding", func(dt tensor.Dtype, seed uint64) []*Param {
			c := DefaultEmbedding(7, 4)
			c.Dtype, c.Seed = dt, seed
			return must(NewEmbedding("l", c)).Params()
		},
		[]string{"l.weight (7, 4)"},
	},
	{
		"Linear", func(dt tensor.Dtype, seed uint64) []*Param {
			c := DefaultLinear(4, 3)
			c.Dtype, c.Seed = dt, seed
			return must(NewLinear("l", c)).Params()
		},
		[]string{"l.weight (4, 3)", "l.bias (3)"},
	},
	{
		"Linear without bias", func(dt tensor.Dtype, seed uint64) []*Param {
			return must(NewLinear("l", LinearConfig{Inputs: 4, Outputs: 3, NoBias: true, Dtype: dt, Seed: seed})).Params()
		},
		[]string{"l.weight (4, 3)"},
	},
	{
		"tied LanguageModel", func(dt tensor.Dtype, seed uint64) []*Param {
			c := DefaultLanguageModel(7, 4, 5, 2)
			c.Cell, c.Dtype, c.Seed = CellGRU, dt, seed
			return must(NewLanguageModel(c)).Params()
		},
		[]string{
			"embedding.weight (7, 4)",
			"rnn.0.kernel (4, 15)", "rnn.0.recurrent_kernel (5, 15)", "rnn.0.bias (15)", "rnn.0.recurrent_bias (15)",
			"rnn.1.kernel (5, 12)", "rnn.1.recurrent_kernel (4, 12)", "rnn.1.bias (12)", "rnn.1.recurrent_bias (12)",
			"decoder.bias (7)",
		},
	},
	{
		"untied LanguageModel", func(dt tensor.Dtype, seed uint64) []*Param {
			c := DefaultLanguageModel(7, 4, 5, 1)
			c.Tied, c.Dtype, c.Seed = false, dt, seed
			return must(NewLanguageModel(c)).Params()
		},
		[]string{
			"embedding.weight (7, 4)",
			"rnn.0.kernel (4, 15)", "rnn.0.recurrent_kernel (5, 15)", "rnn.0.bias (15)", "rnn.0.recurrent_bias (15)", "rnn.0.threshold (5)", "rnn.0.gain (5)",
			"decoder.weight (7, 5)", "decoder.bias (7)",
		},
	},
}

func TestWeightsHaveNamesShapesAndDtypes(t *testing.T) {
	for _, c := range weightCases {
		for _, dt := range []tensor.Dtype{tensor.Float32, tensor.Float64} {
			var got []string
			for _, p := range c.make(dt, 1) {
				got = append(got, fmt.Sprintf("%s %v", p.Name(), p.Value().Shape()))
				if p.Value().Dtype() != dt {
					t.Errorf("%s: %s is of %v, want %v", c.name, p.Name(), p.Value().Dtype(), dt)
				}
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("%s: weights are %q, want %q", c.name, got, c.want)
			}
		}
	}
}

func isConstant(x []float64) bool { return slices.Min(x) == slices.Max(x) }

func TestSeedDecidesEveryRandomWeight(t *testing.T) {
	for _, c := range weightCases {
		first, again, other := c.make(tensor.Float64, 1), c.make(tensor.Float64, 1), c.make(tensor.Float64, 2)
		for i, p := range first {
			if !slices.Equal(numbers(p.Value()), numbers(again[i].Value())) {
				t.Errorf("%s: %s differs for one seed", c.name, p.Name())
			}
			if x := numbers(p.Value()); (len(x) == 1 || !isConstant(x)) && slices.Equal(x, numbers(other[i].Value())) {
				t.Errorf("%s: %s is the same for two seeds", c.name, p.Name())
			}
		}
	}
}

func TestFloat32WeightsAreRoundedFloat64Weights(t *testing.T) {
	for _, c := range weightCases {
		narrow, wide := c.make(tensor.Float32, 1), c.make(tensor.Float64, 1)
		for i, p := range wide {
			if !slices.Equal(as[float32](numbers(p.Value())), narrow[i].Value().Data().([]float32)) {
				t.Errorf("%s: %s", c.name, p.Name())
			}
		}
	}
}

func TestNameDecidesRandomWeights(t *testing.T) {
	a, b := must(NewEGRU("a", DefaultEGRU(4, 5))), must(NewEGRU("b", DefaultEGRU(4, 5)))
	for i, p := range a.Params() {
		if x := numbers(p.Value()); !isConstant(x) {
			differ(t, p.Name(), x, numbers(b.Params()[i].Value()))
		}
	}
}

func TestWeightsOfALayerAreIndependent(t *testing.T) {
	const H = 60 // kernels of one shape, and so of one distribution
	c := DefaultGRU(H, H)
	c.Dtype = tensor.Float64
	ps := must(NewGRU("l", c)).Params()
	w, r := numbers(ps[0].Value()), numbers(ps[1].Value())
	_, std := meanAndStd(w)
	correlation := 0.0
	for i := range w {
		correlation += w[i] * r[i] / (std * std * float64(len(w)))
	}
	if math.Abs(correlation) > sigmas/math.Sqrt(float64(len(w))) {
		t.Errorf("kernel and recurrent kernel correlate by %.3f", correlation)
	}
}

func TestAddingALayerChangesNoOtherWeight(t *testing.T) {
	weights := func(layers int) map[string][]float64 {
		c := DefaultLanguageModel(7, 4, 5, layers)
		c.Tied = false
		m := map[string][]float64{}
		for _, p := range must(NewLanguageModel(c)).Params() {
			m[p.Name()] = numbers(p.Value())
		}
		return m
	}
	two, three := weights(2), weights(3)
	for name, x := range two {
		if !slices.Equal(three[name], x) {
			t.Errorf("%s changed", name)
		}
	}
}

// meanAndStd of numbers.
func meanAndStd(x []float64) (mean, std float64) {
	for _, v := range x {
		mean += v / float64(len(x))
	}
	for _, v := range x {
		std += (v - mean) * (v - mean) / float64(len(x))
	}
	return mean, math.Sqrt(std)
}

// The seeds are fixed: these tests pass always or never. Tolerances are four
// standard errors.
const sigmas = 4

func TestKernelsAreXavierNormal(t *testing.T) {
	const I, H = 150, 100
	e, g := DefaultEGRU(I, H), DefaultGRU(I, H)
	e.Dtype, g.Dtype = tensor.Float64, tensor.Float64
	e.KernelGain, e.RecurrentGain = 3, 0.5
	g.KernelGain, g.RecurrentGain = 0.5, 3
	egru, gru := must(NewEGRU("egru", e)).Params(), must(NewGRU("gru", g)).Params()
	for _, c := range []struct {
		weight   *Param
		in, gain float64
	}{
		{egru[0], I, 3},
		{egru[1], H, 0.5},
		{gru[0], I, 0.5},
		{gru[1], H, 3},
	} {
		x := numbers(c.weight.Value())
		n := float64(len(x))
		want := c.gain * math.Sqrt(2/(c.in+3*H))
		mean, std := meanAndStd(x)
		if math.Abs(mean) > sigmas*want/math.Sqrt(n) || math.Abs(std-want) > sigmas*want/math.Sqrt(2*n) {
			t.Errorf("%s has mean %.5f and deviation %.5f, want 0 and %.5f", c.weight.Name(), mean, std, want)
		}
		inside := 0.0 // share within one deviation: 0.6827 of a normal distribution
		for _, v := range x {
			if math.Abs(v) < want {
				inside += 1 / n
			}
		}
		if math.Abs(inside-0.6827) > sigmas*math.Sqrt(0.6827*0.3173/n) {
			t.Errorf("%s has %.4f of its numbers within a deviation, want 0.6827", c.weight.Name(), inside)
		}
	}
}

func TestEmbeddingAndLinearAreUniform(t *testing.T) {
	const rows = 100
	e := EmbeddingConfig{Vocabulary: rows, Size: 200, Limit: 0.3, Dtype: tensor.Float64}
	l := LinearConfig{Inputs: rows, Outputs: 200, Dtype: tensor.Float64}
	m := DefaultLanguageModel(rows, 200, 150, 1)
	m.EmbedLimit, m.Tied, m.Dtype = 0.2, false, tensor.Float64
	model := must(NewLanguageModel(m)).Params()
	for _, c := range []struct {
		weight *Param
		limit  float64
	}{
		{must(NewEmbedding("embedding", e)).Weight(), 0.3},
		{must(NewLinear("linear", l)).Params()[0], 0.1}, // sqrt(1/100)
		{model[0], 0.2},
		{model[len(model)-2], 0.2},
	} {
		x := numbers(c.weight.Value())
		n := float64(len(x))
		mean, std := meanAndStd(x)
		want := c.limit / math.Sqrt(3)
		if slices.Min(x) < -c.limit || slices.Max(x) > c.limit || slices.Max(x) < 0.99*c.limit || slices.Min(x) > -0.99*c.limit {
			t.Errorf("%s lies in [%v, %v], want (-%v, %v)", c.weight.Name(), slices.Min(x), slices.Max(x), c.limit, c.limit)
		}
		if math.Abs(mean) > sigmas*want/math.Sqrt(n) || math.Abs(std-want) > sigmas*want/math.Sqrt(n) {
			t.Errorf("%s has mean %.5f and deviation %.5f, want 0 and %.5f", c.weight.Name(), mean, std, want)
		}
	}
}

func TestThresholdsAreBetaOfTheGivenMean(t *testing.T) {
	const H = 4000
	for _, m := range []float64{0.01, 0.05, 0.3, 0.8} {
		c := DefaultEGRU(1, H)
		c.ThresholdMean, c.Dtype = m, tensor.Float64
		// Only the thresholds are needed: a whole layer this wide is large.
		x := numbers(drawer{"l", c.Dtype, 1}.thresholds("threshold", m, H).Value())
		a, b := 3*m/(1-m), 3.0
		want := math.Sqrt(a * b / ((a + b) * (a + b) * (a + b + 1)))
		excess := 6 * ((a-b)*(a-b)*(a+b+1) - a*b*(a+b+2)) / (a * b * (a + b + 2) * (a + b + 3)) // large for small means
		mean, std := meanAndStd(x)
		if math.Abs(mean-m) > sigmas*want/math.Sqrt(H) || math.Abs(std-want) > sigmas*want*math.Sqrt((excess+2)/(4*H)) {
			t.Errorf("mean %.4f and deviation %.4f, want %.4f and %.4f", mean, std, m, want)
		}
		if slices.Min(x) < 0 || slices.Max(x) > 1 {
			t.Errorf("thresholds lie in [%v, %v], want [0, 1]", slices.Min(x), slices.Max(x))
		}
	}
}

func TestThresholdMeanAndKeepBiasReachTheWeights(t *testing.T) {
	const H = 500
	for _, variant := range []ops.Variant{ops.EvNN, ops.Paper} {
		c := DefaultEGRU(1, H)
		c.Variant, c.ThresholdMean, c.KeepBias, c.Dtype = variant, 0.7, -1.5, tensor.Float64
		c.OutputGain, c.LearnGain = 2.5, true
		l := must(NewEGRU("l", c))
		if mean, _ := meanAndStd(numbers(l.Threshold().Value())); math.Abs(mean-0.7) > 0.05 {
			t.Errorf("%v: thresholds have mean %v, want 0.7", variant, mean)
		}
		// z of EvNN keeps the old state, u of Paper takes the new one.
		want := map[ops.Variant]float64{ops.EvNN: -1.5, ops.Paper: 1.5}[variant]
		bias := numbers(l.Params()[2].Value())
		if !isConstant(bias[:H]) || bias[0] != want || !isConstant(bias[H:]) || bias[H] != 0 {
			t.Errorf("%v: biases start at %v and %v, want %v and 0", variant, bias[0], bias[H], want)
		}
		if gain := numbers(l.gain.Value()); !isConstant(gain) || gain[0] != 2.5 {
			t.Errorf("%v: gain starts at %v, want 2.5", variant, gain[0])
		}
		if variant == ops.EvNN {
			if br := numbers(l.br.Value()); !isConstant(br) || br[0] != 0 {
				t.Error("recurrent biases do not start at 0")
			}
		}
	}
}
