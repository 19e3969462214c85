package stream

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"gorgonia.org/tensor"
	"pgregory.net/rapid"

	"github.com/egru/egru/layers"
	"github.com/egru/egru/ops"
)

// logits are those of features, by a plain loop in float64.
func logits(m *layers.LanguageModel, features []float32) []float32 {
	decoder, bias := m.Decoder()
	y := make([]float32, bias.Value().Shape()[0])
	for v := range y {
		sum := float64(bias.Value().Float32s()[v])
		for j, x := range features {
			sum += float64(x) * float64(decoder.Value().Float32s()[v*len(features)+j])
		}
		y[v] = float32(sum)
	}
	return y
}

func crossEntropy(logits []float32, target int) float64 {
	sum := 0.0
	for _, l := range logits {
		sum += math.Exp(float64(l))
	}
	return math.Log(sum) - float64(logits[target])
}

func TestStreamsHaveTheNumbersOfTheGraphOverTenThousandSteps(t *testing.T) {
	const steps = 10000
	for _, cell := range cells {
		for _, table := range []int64{0, math.MaxInt64} {
			t.Run(fmt.Sprintf("%s/table=%v", cell, table > 0), func(t *testing.T) {
				m := small(cell).model()
				c := DefaultConfig()
				c.TableBytes = table
				s := must(New(Of(m), c)).NewStream()
				tokens := text(1, steps+1, 11)
				mean := 0.0
				loss := graphed(m, tokens, 250, func(step int, want []float32) {
					got, err := s.Step(tokens[step])
					if err != nil {
						t.Fatal(err)
					}
					if !sameNumbers(t, fmt.Sprintf("features of step %d", step), s.features(), want) ||
						!near(t, fmt.Sprintf("logits of step %d", step), got, logits(m, want), 1e-5) {
						t.FailNow()
					}
					mean += crossEntropy(got, tokens[step+1])
				})
				if mean /= steps; math.Abs(mean-loss) > 1e-5 {
					t.Errorf("mean cross-entropy is %v, in the graph %v", mean, loss)
				}
				a := s.Counters().Activity()
				if s.Counters().Steps != steps || cell != gru && (a < 0.1 || a > 0.9) {
					t.Errorf("%d steps at an activity of %v: too little to tell anything by", s.Counters().Steps, a)
				}
			})
		}
	}
}

// layer is a recurrent layer for a stack, of any cell and with any settings.
func anyLayer(t *rapid.T, name string, I, H int) layers.Recurrent {
	zoneout := rapid.SampledFrom([]float64{0, 0.3}).Draw(t, "zoneout")
	seed := rapid.Uint64().Draw(t, "seed")
	var l layers.Recurrent
	switch cell := rapid.SampledFrom(cells).Draw(t, "cell"); cell {
	case gru:
		c := layers.DefaultGRU(I, H)
		c.Zoneout, c.KernelGain, c.Seed = zoneout, 2, seed
		l = must(layers.NewGRU(name, c))
	default:
		c := layers.DefaultEGRU(I, H)
		if cell == paper {
			c.Variant = ops.Paper
		}
		c.Zoneout, c.KernelGain, c.Seed = zoneout, 3, seed
		c.OutputGain = rapid.SampledFrom([]float64{1, 5}).Draw(t, "gain")
		c.LearnGain = rapid.Bool().Draw(t, "learned")
		l = must(layers.NewEGRU(name, c))
	}
	shake(seed, l.Params())
	return l
}

func TestStacksOfAnyCellsAgreeWithTheGraph(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		I, steps := rapid.IntRange(1, 20).Draw(rt, "I"), rapid.IntRange(1, 12).Draw(rt, "steps")
		var rnns []layers.Recurrent
		inputs := I
		for i := range rapid.IntRange(1, 3).Draw(rt, "layers") {
			H := rapid.IntRange(1, 40).Draw(rt, "H")
			rnns = append(rnns, anyLayer(rt, fmt.Sprintf("rnn.%d", i), inputs, H))
			inputs = H
		}
		density := rapid.SampledFrom([]float64{0, 0.3, 1}).Draw(rt, "density of inputs")
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "seed of inputs"), 1))
		xs := make([][]float32, steps)
		for i := range xs {
			xs[i] = make([]float32, I)
			for j := range xs[i] {
				if r.Float64() < density {
					xs[i][j] = float32(2 * r.NormFloat64())
				}
			}
		}
		stack := must(layers.NewStack(layers.Dropout{}, rnns...))
		s := must(New(Model{Layers: rnns}, DefaultConfig())).NewStream()
		byEvents := s.Fork()
		for i, want := range graphedVectors(stack, xs, 5) {
			got, err := s.StepVector(xs[i])
			if err != nil {
				rt.Fatal(err)
			}
			var at []int32
			var v []float32
			for k, x := range xs[i] {
				if x != 0 {
					at, v = append(at, int32(k)), append(v, x)
				}
			}
			also, err := byEvents.StepEvents(at, v)
			if err != nil {
				rt.Fatal(err)
			}
			for j := range want {
				if got[j] != want[j] || also[j] != want[j] {
					rt.Fatalf("step %d, unit %d: %v of a vector and %v of events, want %v", i, j, got[j], also[j], want[j])
				}
			}
		}
		if s.Counters() != byEvents.Counters() {
			rt.Fatalf("a vector costs %+v, its events %+v", s.Counters(), byEvents.Counters())
		}
	})
}

// A model in float64 is rounded to float32 once.
func TestModelsInFloat64AreRounded(t *testing.T) {
	for _, cell := range cells {
		c := small(cell)
		single := c.model()
		c.dtype = tensor.Float64
		double := c.model()
		for i, p := range double.Params() {
			for j, x := range single.Params()[i].Value().Float32s() {
				p.Value().Float64s()[j] = float64(x)
			}
		}
		a, b := must(New(Of(single), DefaultConfig())).NewStream(), must(New(Of(double), DefaultConfig())).NewStream()
		for _, token := range text(3, 50, 11) {
			sameNumbers(t, cell, must(b.Step(token)), must(a.Step(token)))
		}
	}
}
