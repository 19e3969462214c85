package layers

import (
	"fmt"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/egru/egru/ops"
)

// The cells a LanguageModel can be made of.
const (
	CellEGRU = "egru"
	CellGRU  = "gru"
)

// LanguageModelConfig holds the settings of a LanguageModel. Start from
// DefaultLanguageModel.
type LanguageModelConfig struct {
	Vocabulary int // V
	Embed      int // size of the word vectors
	Layers     int // number of recurrent layers, at most 1000

	// Hidden is H of every layer but the last of a tied model, which has Embed
	// units: in a tied model of one layer it is without use.
	Hidden int

	Cell string // CellEGRU (default) or CellGRU
	// EGRU are the settings of each EGRU layer; sizes, dtype and seed are set by
	// the model. The default is DefaultEGRU with thresholds of mean 0.1 and an
	// output gain that is learned from 5 on: with a gain of 1 the logits of a
	// tied decoder start almost flat, and learning is slow.
	EGRU EGRUConfig

	GRU GRUConfig // likewise of each GRU layer

	// UpperKernelGain multiplies the layers' KernelGain above the first layer,
	// whose input are events in a few units: more than 1 gives their kernels a
	// signal of the size that word vectors have. Default 1.
	UpperKernelGain float64

	// Tied lets the decoder share its matrix with the embedding. Default true.
	Tied bool

	// WordDropout is the probability that a word of the vocabulary is dropped
	// for a run, wherever it occurs; its vector is untouched as a row of a tied
	// decoder. Default 0.
	WordDropout float64

	// EmbedDropout, LayerDropout and OutputDropout are the probabilities of
	// dropout before, between and after the layers. Default 0.
	EmbedDropout, LayerDropout, OutputDropout float64
	Variational                               bool // one dropout mask for all time steps; default false

	// ActivityPenalty draws the share of units that send an event, the mean over
	// a layer, to a target in [0, 1], for each EGRU layer; layers of GRU send
	// none, and it does not apply. StatePenalty draws the mean state of each
	// layer to a target: of h, for the variant Paper of c. Both are for the
	// graph's loss in training, see Penalty. Default weight 0: none.
	ActivityPenalty, StatePenalty ops.MeanPenaltyConfig

	EmbedLimit float64      // the embedding starts uniform in (-EmbedLimit, EmbedLimit); default 0.1
	Dtype      tensor.Dtype // tensor.Float32 (default) or tensor.Float64
	Seed       uint64       // of all initial weights
}

// DefaultLanguageModel is a tied model of EGRU layers. The last layer has embed
// units, not hidden ones: with layers 1 hidden does nothing, unless Tied is set to
// false.
func DefaultLanguageModel(vocabulary, embed, hidden, layers int) LanguageModelConfig {
	egru := DefaultEGRU(1, 1)
	egru.OutputGain, egru.LearnGain = 5, true
	egru.ThresholdMean = 0.1
	return LanguageModelConfig{
		Vocabulary: vocabulary,
		Embed:      embed,
		Hidden:     hidden,
		Layers:     layers,
		Cell:       CellEGRU,
		EGRU:       egru,
		GRU:        DefaultGRU(1, 1),
		Tied:       true,
		EmbedLimit: 0.1,
		Dtype:      tensor.Float32,

		UpperKernelGain: 1,
	}
}

// mostLayers is far above any model, and low enough that a slip of the keyboard does
// not fill all memory with layers.
const mostLayers = 1000

// Validate names every setting outside its domain, but for those of the
// layers, which NewLanguageModel checks.
func (c LanguageModelConfig) Validate() error {
	var bad checks
	bad.positive("Vocabulary", c.Vocabulary)
	bad.positive("Embed", c.Embed)
	bad.positive("Hidden", c.Hidden)
	bad.positive("Layers", c.Layers)
	bad.want(c.Layers <= mostLayers, fmt.Sprintf("Layers is %d, want at most %d", c.Layers, mostLayers))
	bad.weight("embedding.weight", c.Vocabulary, c.Embed)
	if !c.Tied {
		bad.weight("decoder.weight", c.Vocabulary, c.Hidden)
	}
	bad.want(c.Cell == CellEGRU || c.Cell == CellGRU, fmt.Sprintf("Cell is %q, want %q or %q", c.Cell, CellEGRU, CellGRU))
	bad.scale("UpperKernelGain", c.UpperKernelGain)
	bad.probability("WordDropout", c.WordDropout)
	bad.probability("EmbedDropout", c.EmbedDropout)
	bad.probability("LayerDropout", c.LayerDropout)
	bad.probability("OutputDropout", c.OutputDropout)
	for _, p := range []struct {
		name string
		p    ops.MeanPenaltyConfig
	}{{"ActivityPenalty", c.ActivityPenalty}, {"StatePenalty", c.StatePenalty}} {
		bad.want(p.p.Weight >= 0 && isFinite(p.p.Weight), fmt.Sprintf("%s.Weight is %v, want it finite and at least 0", p.name, p.p.Weight))
		bad.want(isFinite(p.p.Target), fmt.Sprintf("%s.Target is %v, want it finite", p.name, p.p.Target))
	}
	activity := c.ActivityPenalty.Target
	bad.want(!isFinite(activity) || activity >= 0 && activity <= 1, fmt.Sprintf("ActivityPenalty.Target is %v, want it in [0, 1]", activity))
	bad.scale("EmbedLimit", c.EmbedLimit)
	bad.dtype(c.Dtype)
	return bad.err("language model")
}

// LanguageModel predicts the next word: an embedding, a stack of recurrent
// layers and a softmax decoder.
//
//	x = E[ids];  y = stack(x);  p(next) = softmax(y D^T + b),  D = E if tied
type LanguageModel struct {
	config    LanguageModelConfig
	embedding *Embedding
	stack     *Stack
	decoder   *Param // (V, H): the embedding's weight if tied
	bias      *Param // (V)
	meter     *ops.Meter
}

// NewLanguageModel draws the weights: embedding.weight (V, Embed), those of
// each layer under rnn.0, rnn.1 and so on, decoder.weight (V, H) unless tied,
// and decoder.bias (V).
func NewLanguageModel(c LanguageModelConfig) (*LanguageModel, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	m := &LanguageModel{config: c, meter: ops.NewMeter("decoder")}
	e := EmbeddingConfig{Vocabulary: c.Vocabulary, Size: c.Embed, Limit: c.EmbedLimit, Dtype: c.Dtype, Seed: c.Seed}
	var err error
	if m.embedding, err = NewEmbedding("embedding", e); err != nil {
		return nil, err
	}
	var rnns []Recurrent
	inputs := c.Embed
	for i := range c.Layers {
		units := c.Hidden
		if c.Tied && i == c.Layers-1 {
			units = c.Embed
		}
		l, err := c.layer(i, inputs, units)
		if err != nil {
			return nil, err
		}
		rnns = append(rnns, l)
		inputs = units
	}
	between := Dropout{Name: "dropout", P: c.LayerDropout, Variational: c.Variational}
	if m.stack, err = NewStack(between, rnns...); err != nil {
		return nil, err
	}
	d := drawer{"decoder", c.Dtype, c.Seed}
	m.bias = d.constant("bias", 0, c.Vocabulary)
	if m.decoder = m.embedding.Weight(); !c.Tied {
		m.decoder = d.uniform("weight", c.EmbedLimit, c.Vocabulary, inputs)
	}
	return m, nil
}

func (c LanguageModelConfig) layer(i, inputs, units int) (Recurrent, error) {
	name := fmt.Sprintf("rnn.%d", i)
	gain := c.UpperKernelGain
	if i == 0 {
		gain = 1
	}
	if c.Cell == CellGRU {
		l := c.GRU
		l.Inputs, l.Hidden, l.Dtype, l.Seed = inputs, units, c.Dtype, c.Seed
		l.KernelGain *= gain
		return NewGRU(name, l)
	}
	l := c.EGRU
	l.Inputs, l.Hidden, l.Dtype, l.Seed = inputs, units, c.Dtype, c.Seed
	l.KernelGain *= gain
	return NewEGRU(name, l)
}

// Config is the setting the model was made with.
func (m *LanguageModel) Config() LanguageModelConfig { return m.config }

// Stack is the stack of recurrent layers.
func (m *LanguageModel) Stack() *Stack { return m.stack }

// Embedding is the embedding below the stack.
func (m *LanguageModel) Embedding() *Embedding { return m.embedding }

// Decoder is the weight (V, H) and bias (V) above the stack. The weight of a tied
// model is that of its embedding.
func (m *LanguageModel) Decoder() (weight, bias *Param) { return m.decoder, m.bias }

// Params are all weights, a shared one once.
func (m *LanguageModel) Params() []*Param {
	ps := append(m.embedding.Params(), m.stack.Params()...)
	if !m.config.Tied {
		ps = append(ps, m.decoder)
	}
	return append(ps, m.bias)
}

// Meters are those of the layers and, last, the decoder's.
func (m *LanguageModel) Meters() []*ops.Meter { return append(m.stack.Meters(), m.meter) }

// Run runs the model over ids (T, B), integers in 0..V-1, from a state for each
// layer; nil for zeros. The signal is what the decoder sees.
func (m *LanguageModel) Run(ids *G.Node, initial []State, run Run) (*StackOutput, error) {
	in, err := m.embedding.Run(ids)
	if err != nil {
		return nil, err
	}
	words := WordDropout{Name: "word dropout", P: m.config.WordDropout}
	if in, err = words.Run(in, ids, run); err != nil {
		return nil, err
	}
	d := Dropout{Name: "dropout below rnn.0", P: m.config.EmbedDropout, Variational: m.config.Variational}
	if in, err = d.Run(in, run); err != nil {
		return nil, err
	}
	out, err := m.stack.Run(in, initial, run)
	if err != nil {
		return nil, err
	}
	d = Dropout{Name: "dropout below decoder", P: m.config.OutputDropout, Variational: m.config.Variational}
	if out.Signal, err = d.Run(out.Signal, run); err != nil {
		return nil, err
	}
	out.Signal.Train = run.Train
	return out, nil
}

// keptLogits of a window stay in memory while a model is trained, which spares
// making them twice: 64 MB of float32.
const keptLogits = 1 << 24

// Loss is the mean cross-entropy, in nats a word, of targets (T, B) given the
// signal of Run. A target of ops.IgnoreTarget does not count.
func (m *LanguageModel) Loss(in Signal, targets *G.Node) (*ops.CrossEntropy, error) {
	if in.X == nil {
		return nil, errors.Wrap(ops.ErrNode, "language model: X is nil")
	}
	ws, err := Nodes(in.X.Graph(), []*Param{m.decoder, m.bias})
	if err != nil {
		return nil, err
	}
	live, err := in.live()
	if err != nil {
		return nil, err
	}
	cfg := ops.SoftmaxCrossEntropyConfig{FixedY: in.Fixed, Meter: m.meter}
	if in.Train {
		cfg.KeepLogits = keptLogits
	}
	return ops.SoftmaxCrossEntropy(ops.CrossEntropyInputs{
		Y: in.X, W: ws[0], B: ws[1], Targets: targets, Live: live,
	}, cfg)
}
