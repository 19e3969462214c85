package layers

import (
	"fmt"
	"math"
	"slices"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/egru/egru/ops"
	"github.com/egru/egru/ops/surrogate"
)

const testV = 6

func languageModel(change ...func(*LanguageModelConfig)) *LanguageModel {
	c := DefaultLanguageModel(testV, 4, testH, 2)
	c.EmbedLimit, c.Dtype, c.Seed = 1, tensor.Float64, 1
	c.EGRU.Surrogate, c.EGRU.KernelGain = surrogate.Triangle{Dampening: 0.7, Support: 4}, 3
	for _, f := range change {
		f(&c)
	}
	return must(NewLanguageModel(c))
}

func ofGRU(c *LanguageModelConfig)  { c.Cell = CellGRU }
func untied(c *LanguageModelConfig) { c.Tied = false }

// words are ids and the words that follow them, one of them ignored.
func words(g *G.ExprGraph) (ids, targets *G.Node) {
	text := []float64{0, 1, 2, 5, 4, 3, 1, 1, 0, 2, 3, 5, 5, 0, 4}
	ids = node(g, "ids", tensor.Int, text[:testT*testB], testT, testB)
	next := slices.Clone(text[testB:][:testT*testB])
	next[4] = ops.IgnoreTarget
	return ids, node(g, "targets", tensor.Int, next, testT, testB)
}

// lossOf builds a model and its loss in training. A model without masks gets no
// key: the LispMachine refuses what nothing uses.
func lossOf(g *G.ExprGraph, m *LanguageModel) *G.Node {
	ids, targets := words(g)
	r := Run{Train: true}
	if c := m.Config(); c.WordDropout+c.EmbedDropout+c.LayerDropout+c.OutputDropout > 0 {
		r = trainRun(g, 1)
	}
	out := must(m.Run(ids, nil, r))
	return must(must(m.Loss(out.Signal, targets)).Loss())
}

// The model is its parts: embedding, stack and decoder, with dropout before,
// between and after the layers.
func TestLanguageModelIsItsParts(t *testing.T) {
	for _, change := range []func(*LanguageModelConfig){untied, func(*LanguageModelConfig) {}} {
		for _, cell := range []string{CellEGRU, CellGRU} {
			m := languageModel(change, func(c *LanguageModelConfig) {
				c.Cell, c.EmbedDropout, c.LayerDropout, c.OutputDropout = cell, 0.1, 0.2, 0.3
				c.Variational, c.WordDropout = true, 0.4
			})
			whole := run(t, tape, func(g *G.ExprGraph) built { return built{out: lossOf(g, m)}.with(m.Params()) })
			parts := run(t, tape, func(g *G.ExprGraph) built {
				ids, targets := words(g)
				r := trainRun(g, 1)
				w := map[string]*G.Node{}
				for _, p := range m.Params() {
					w[p.Name()] = must(p.Node(g))
				}
				drop := func(x *G.Node, p float64, stream string) *G.Node {
					return must(ops.Dropout(x, r.Key, ops.DropoutConfig{P: p, Variational: true, Stream: stream}))
				}
				x := must(ops.WordDropout(must(ops.Embedding(w["embedding.weight"], ids)), ids, r.Key,
					ops.WordDropoutConfig{P: 0.4, Stream: "word dropout"}))
				x = drop(x, 0.1, "dropout below rnn.0")
				for i, l := range m.Stack().Layers() {
					if i > 0 {
						x = drop(x, 0.2, "dropout above rnn.0")
					}
					x = must(l.Run(Signal{X: x}, State{}, r)).X
				}
				x = drop(x, 0.3, "dropout below decoder")
				decoder := w["decoder.weight"]
				if m.Config().Tied {
					decoder = w["embedding.weight"]
				}
				loss := must(ops.SoftmaxCrossEntropy(ops.CrossEntropyInputs{
					Y: x, W: decoder, B: w["decoder.bias"], Targets: targets,
				}, ops.SoftmaxCrossEntropyConfig{}))
				return built{out: must(loss.Loss())}.with(m.Params())
			})
			t.Run(fmt.Sprint(cell, m.Config().Tied), func(t *testing.T) { sameOutcome(t, whole, parts, 1e-13) })
		}
	}
}

// The gain acts on kernels above the first layer and on nothing else.
func TestUpperKernelGainScalesKernelsAboveTheFirstLayer(t *testing.T) {
	for _, cell := range []string{CellEGRU, CellGRU} {
		three := func(c *LanguageModelConfig) { c.Cell, c.Layers, c.GRU.KernelGain = cell, 3, 2 }
		plain := languageModel(three).Params()
		gained := languageModel(three, func(c *LanguageModelConfig) { c.UpperKernelGain = 4 }).Params()
		for i, p := range plain {
			want := slices.Clone(p.Value().Float64s())
			if name := p.Name(); name == "rnn.1.kernel" || name == "rnn.2.kernel" {
				for j := range want {
					want[j] *= 4
				}
			}
			compare(t, cell+": "+p.Name(), gained[i].Value().Float64s(), want, 0)
		}
	}
}

// copyWeights gives a model the weights of another, by name, and the decoder of
// an untied one those of the embedding.
func copyWeights(to, from *LanguageModel) {
	x := map[string][]float64{}
	for _, p := range from.Params() {
		x[p.Name()] = p.Value().Float64s()
	}
	for _, p := range to.Params() {
		if p == to.decoder {
			copy(p.Value().Float64s(), x["embedding.weight"])
		} else {
			copy(p.Value().Float64s(), x[p.Name()])
		}
	}
}

func TestTiedGradientIsTheSumOfBothUses(t *testing.T) {
	for _, cell := range []string{CellEGRU, CellGRU} {
		of := func(c *LanguageModelConfig) { c.Cell, c.Hidden = cell, c.Embed }
		tied, apart := languageModel(of), languageModel(of, untied)
		copyWeights(apart, tied)
		for _, machine := range []string{tape, lisp} {
			got := run(t, machine, func(g *G.ExprGraph) built { return built{out: lossOf(g, tied)}.with(tied.Params()) })
			want := run(t, machine, func(g *G.ExprGraph) built { return built{out: lossOf(g, apart)}.with(apart.Params()) })
			sum := want.grads["embedding.weight"]
			for i, d := range want.grads["decoder.weight"] {
				sum[i] += d
			}
			delete(want.grads, "decoder.weight")
			t.Run(cell+" "+machine, func(t *testing.T) { sameOutcome(t, got, want, 1e-14) })
		}
	}
}

// A model of GRU layers is smooth: its gradients are derivatives.
func TestTiedGradientIsTheDerivative(t *testing.T) {
	m := languageModel(ofGRU, func(c *LanguageModelConfig) { c.WordDropout, c.LayerDropout, c.OutputDropout = 0.4, 0.2, 0.2 })
	got := run(t, tape, func(g *G.ExprGraph) built { return built{out: lossOf(g, m)}.with(m.Params()) })

	g := G.NewGraph()
	var loss G.Value
	G.Read(lossOf(g, m), &loss)
	vm := G.NewTapeMachine(g)
	defer vm.Close()
	at := func(x *float64, moved float64) float64 {
		old := *x
		defer func() { *x = old }()
		*x = moved
		vm.Reset()
		if err := vm.RunAll(); err != nil {
			t.Fatal(err)
		}
		return loss.Data().(float64)
	}
	const h = 1e-3
	for _, p := range m.Params() {
		x := p.Value().Float64s()
		slopes := make([]float64, len(x))
		for i := range x {
			difference := func(h float64) float64 { return at(&x[i], x[i]+h) - at(&x[i], x[i]-h) }
			slopes[i] = (8*difference(h) - difference(2*h)) / (12 * h) // of fourth order
		}
		compare(t, "gradient of "+p.Name(), got.grads[p.Name()], slopes, 1e-9)
	}
}

func TestLanguageModelMeters(t *testing.T) {
	m := languageModel()
	run(t, tape, func(g *G.ExprGraph) built { return built{out: lossOf(g, m)}.with(m.Params()) })
	var names []string
	for _, meter := range m.Meters() {
		names = append(names, meter.Name())
		if n := meter.Counts(); n.ForwardMACs == 0 || n.BackwardMACs == 0 || n.ForwardMACs >= n.DenseForwardMACs {
			t.Errorf("%s counted %+v", meter.Name(), n)
		}
	}
	if want := []string{"rnn.0", "rnn.1", "decoder"}; !slices.Equal(names, want) {
		t.Errorf("meters are %q, want %q", names, want)
	}
}

// Dense features are no reason for work below them if they are fixed.
func TestLossOfFixedFeaturesSparesTheirGradient(t *testing.T) {
	m := languageModel()
	of := func(fixed bool) (outcome, ops.Counts) {
		m.meter.Reset()
		o := run(t, tape, func(g *G.ExprGraph) built {
			_, targets := words(g)
			in := Signal{X: randomNode(g, "features", tensor.Float64, 1, testT, testB, 4), Fixed: fixed}
			return built{out: must(must(m.Loss(in, targets)).Loss())}.with([]*Param{m.decoder, m.bias})
		})
		return o, m.meter.Counts()
	}
	want, all := of(false)
	got, some := of(true)
	sameOutcome(t, got, want, 0)
	if some.BackwardMACs >= all.BackwardMACs {
		t.Errorf("%d MACs backward, with the gradient %d", some.BackwardMACs, all.BackwardMACs)
	}
}

func TestLanguageModelErrors(t *testing.T) {
	m := languageModel(func(c *LanguageModelConfig) { c.OutputDropout = 0.5 })
	g := G.NewGraph()
	ids, targets := words(g)
	_, err := m.Run(nil, nil, Run{})
	wantError(t, "nil ids", err, ops.ErrNode, "embedding: ids is nil")
	_, err = m.Run(ids, make([]State, 3), Run{})
	wantError(t, "states", err, ErrConfig, "got 3 initial states, want 2")
	_, err = m.Run(ids, nil, Run{Train: true})
	wantError(t, "key", err, ErrConfig, "dropout below decoder", "needs Run.Key")
	_, err = m.Loss(Signal{}, targets)
	wantError(t, "nil features", err, ops.ErrNode, "X is nil")
	_, err = m.Loss(Signal{X: randomNode(g, "features", tensor.Float64, 1, testT, testB, 4)}, nil)
	wantError(t, "nil targets", err, ops.ErrNode, "Targets is nil")
	_, err = m.Loss(Signal{X: randomNode(g, "wide", tensor.Float64, 1, testT, testB, 9)}, targets)
	wantError(t, "shape", err, ops.ErrShape, "want (..., 4)")
}

// Predict is what the loss was computed from: nll = -log p[target].
func TestPredictIsTheSoftmaxOfTheLoss(t *testing.T) {
	for _, dt := range dtypes {
		m := languageModel(func(c *LanguageModelConfig) { c.Dtype = dt })
		bias := node(G.NewGraph(), "bias", dt, normal(8, testV), testV).Value().(*tensor.Dense)
		if err := bias.CopyTo(m.bias.Value()); err != nil {
			t.Fatal(err)
		}
		var features G.Value
		nll := forward(t, func(g *G.ExprGraph) *G.Node {
			ids, targets := words(g)
			out := must(m.Run(ids, nil, Run{}))
			G.Read(out.X, &features)
			return must(must(m.Loss(out.Signal, targets)).NLL())
		})
		p := must(m.Predict(features.(*tensor.Dense)))
		_, targets := words(G.NewGraph())
		next := targets.Value().Data().([]int)
		tolerance := 1e-13
		if dt == tensor.Float32 {
			tolerance = 1e-6
		}
		last := len(next) - 1
		compare(t, "probability", []float64{p[next[last]]}, []float64{math.Exp(-nll[last])}, tolerance)
		sum := 0.0
		for _, x := range p {
			sum += x
		}
		compare(t, "sum", []float64{sum}, []float64{1}, 1e-14)
	}
}

func TestPredictReadsViews(t *testing.T) {
	m := languageModel()
	rows := tensor.New(tensor.WithShape(3, 4), tensor.WithBacking(normal(1, 12)))
	want := must(m.Predict(tensor.New(tensor.WithShape(4), tensor.WithBacking(normal(1, 12)[4:8]))))
	row := must(rows.Slice(tensor.S(0, 2), nil)).(*tensor.Dense)
	compare(t, "a slice", must(m.Predict(row)), want, 0)

	columns := tensor.New(tensor.WithShape(2, 4), tensor.WithBacking(normal(1, 8))).Clone().(*tensor.Dense)
	if err := columns.T(); err != nil {
		t.Fatal(err)
	}
	columns = columns.Materialize().(*tensor.Dense) // (4, 2)
	if err := columns.T(); err != nil {
		t.Fatal(err)
	}
	compare(t, "a transposed tensor", must(m.Predict(columns)), want, 0)
}

func TestPredictErrors(t *testing.T) {
	m := languageModel()
	_, err := m.Predict(nil)
	wantError(t, "nil", err, ops.ErrNode, "features are nil")
	_, err = m.Predict(tensor.New(tensor.WithShape(2, 5), tensor.Of(tensor.Float64)))
	wantError(t, "shape", err, ops.ErrShape, "features have shape (2, 5), want (..., 4)")
	_, err = m.Predict(tensor.New(tensor.FromScalar(1.0)))
	wantError(t, "scalar", err, ops.ErrShape, "want (..., 4)")
	_, err = m.Predict(tensor.New(tensor.WithShape(2, 4), tensor.Of(tensor.Float32)))
	wantError(t, "dtype", err, ops.ErrDtype, "float32, want float64")
}

func TestHiddenIsOfAllLayersButTheLastOfATiedModel(t *testing.T) {
	for _, c := range []struct {
		layers int
		tied   bool
		want   []int
	}{
		{1, true, []int{16}},
		{1, false, []int{17}},
		{3, true, []int{17, 17, 16}},
		{3, false, []int{17, 17, 17}},
	} {
		config := DefaultLanguageModel(10, 16, 17, c.layers)
		config.Tied = c.tied
		var got []int
		for _, l := range must(NewLanguageModel(config)).Stack().Layers() {
			got = append(got, l.Units())
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%d layers, tied %v, have %v units, want %v", c.layers, c.tied, got, c.want)
		}
	}
}
