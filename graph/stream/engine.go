package stream

import (
	"fmt"

	"github.com/pkg/errors"

	"github.com/egru/egru/internal/kernel"
)

// Engine is a model laid out for single steps. It does not change and shares
// nothing with the model it was made of: streams of one engine may run in any
// number of goroutines at once.
type Engine struct {
	config Config
	layers []*layer

	vocabulary int                 // 0 for a model of vectors
	embedding  kernel.Rows         // (V, I); nil with a table, or for a model of vectors
	wordScale  []float32           // (V) of the rows of embedding
	table      kernel.Mat[float32] // (V, 3H) bias + embedding x kernel of the first layer; empty without

	decoder     kernel.Rows // (H, O); nil without
	decoderBias []float32   // (O)

	outputs, widest int
}

// rowsMaker lays a matrix out as the config says.
type rowsMaker func(m kernel.Mat[float32]) kernel.Rows

// New lays out the weights of a model. A model that lacks a weight, whose weights
// do not fit each other, or which holds a number that is not finite gives ErrModel.
func New(m Model, c Config) (*Engine, error) {
	e, err := build(m, c)
	return e, errors.WithMessage(err, "stream")
}

func build(m Model, c Config) (*Engine, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	if len(m.Layers) == 0 {
		return nil, errors.Wrap(ErrModel, "the model has no layers, want at least 1")
	}
	e := &Engine{config: c}
	rows := c.rows
	var first weightsOf
	outputs := 0
	for i, l := range m.Layers {
		w, err := weightsIn(l)
		if err != nil {
			return nil, errors.WithMessagef(err, "layer %d", i)
		}
		if i > 0 && w.inputs != outputs {
			return nil, errors.Wrapf(ErrModel, "layer %s has %d inputs, want %d, the units of the layer below", l.Name(), w.inputs, outputs)
		}
		outputs = w.units
		e.layers = append(e.layers, w.layer(l.Name(), rows))
		e.widest = max(e.widest, 4*w.units)
		if i == 0 {
			first = w
		} else {
			e.layers[i].w = rows(w.kernel())
		}
	}
	if err := e.embed(m, first, rows); err != nil {
		return nil, err
	}
	return e, e.decode(m, outputs, rows)
}

// embed makes what turns an input into what the first layer adds up.
func (e *Engine) embed(m Model, first weightsOf, rows rowsMaker) error {
	l := e.layers[0]
	if m.Embedding == nil {
		l.w = rows(first.kernel())
		return nil
	}
	V, I, err := columns(m.Embedding)
	if err != nil {
		return err
	}
	if I != l.inputs {
		return errors.Wrapf(ErrModel, "weight %s has shape (%d, %d), want %d columns, the inputs of layer %s", m.Embedding.Name(), V, I, l.inputs, l.name)
	}
	x, err := numbers(m.Embedding, V, I)
	if err != nil {
		return err
	}
	e.vocabulary = V
	words := kernel.NewMat(x, V, I)
	if size := int64(V) * 3 * int64(l.H) * 4; size > e.config.TableBytes {
		e.embedding, e.wordScale = e.config.words(words)
		l.w = rows(first.kernel())
		return nil
	}
	e.table = kernel.NewMat(make([]float32, V*3*l.H), V, 3*l.H)
	weights := kernel.NewWeights(first.kernel())
	defer weights.Release()
	kernel.GatedFrom(l.bias, e.table, words, weights)
	return nil
}

// decode makes what turns the output of the highest layer, of H units, into that of
// the model.
func (e *Engine) decode(m Model, H int, rows rowsMaker) error {
	e.outputs = H
	p := m.Decoder
	switch {
	case m.Decoder != nil && m.Linear != nil:
		return errors.Wrap(ErrModel, "the model has a Decoder and a Linear, want at most one")
	case m.Linear != nil:
		p = m.Linear
	case m.Decoder == nil && m.Bias != nil:
		return errors.Wrap(ErrModel, "the model has a Bias and neither Decoder nor Linear")
	case m.Decoder == nil:
		return nil
	}
	O, in, err := columns(p)
	if m.Linear != nil {
		O, in = in, O
	}
	if err != nil {
		return err
	}
	if in != H {
		return errors.Wrapf(ErrModel, "weight %s has shape %v, want %d for the units of the highest layer", p.Name(), p.Value().Shape(), H)
	}
	w, err := numbers(p, p.Value().Shape()...)
	if err != nil {
		return err
	}
	byUnit := kernel.NewMat(w, H, O)
	if m.Linear == nil {
		byUnit = transposed(kernel.NewMat(w, O, H))
	}
	e.decoderBias = make([]float32, O)
	if m.Bias != nil {
		if e.decoderBias, err = numbers(m.Bias, O); err != nil {
			return err
		}
	}
	e.decoder, e.outputs, e.widest = rows(byUnit), O, max(e.widest, O)
	return nil
}

func transposed(m kernel.Mat[float32]) kernel.Mat[float32] {
	t := kernel.NewMat(make([]float32, m.Rows*m.Cols), m.Cols, m.Rows)
	for i := range m.Rows {
		for j, v := range m.Row(i) {
			t.Data[j*t.Stride+i] = v
		}
	}
	return t
}

// Config is the setting the engine was made with.
func (e *Engine) Config() Config { return e.config }

// Vocabulary is V, or 0 for a model whose inputs are vectors.
func (e *Engine) Vocabulary() int { return e.vocabulary }

// Inputs is the size of the vectors that a model without embedding takes, and of
// the word vectors of another.
func (e *Engine) Inputs() int { return e.layers[0].inputs }

// Outputs is how many numbers a step gives.
func (e *Engine) Outputs() int { return e.outputs }

// Layers is the number of recurrent layers.
func (e *Engine) Layers() int { return len(e.layers) }

// Units is H of a layer, the lowest being 0; 0 if there is no such layer.
func (e *Engine) Units(layer int) int {
	if layer < 0 || layer >= len(e.layers) {
		return 0
	}
	return e.layers[layer].H
}

// TableBytes is the memory of the table of Config.TableBytes; 0 if there is none.
func (e *Engine) TableBytes() int64 { return int64(len(e.table.Data)) * 4 }

// WeightBytes is the memory of all weight matrices without the table: kernels,
// decoder and, without a table, embedding.
func (e *Engine) WeightBytes() int64 {
	var n int64
	for _, r := range e.matrices() {
		n += r.Bytes()
	}
	return n
}

func (e *Engine) matrices() []kernel.Rows {
	var rs []kernel.Rows
	add := func(r kernel.Rows) {
		if r != nil {
			rs = append(rs, r)
		}
	}
	add(e.embedding)
	for _, l := range e.layers {
		add(l.w)
		add(l.r)
		add(l.c)
	}
	add(e.decoder)
	return rs
}

// String names the sizes.
func (e *Engine) String() string {
	s := ""
	for _, l := range e.layers {
		s += fmt.Sprintf(" %s %v %d->%d", l.name, l.kind, l.inputs, l.H)
	}
	return fmt.Sprintf("stream:%s ->%d, %v", s, e.outputs, e.config.Precision)
}
