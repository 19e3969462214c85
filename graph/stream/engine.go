package stream

import (
	"fmt"
	"slices"

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
	wordScale  []float32           // (V) of the rows of embedding; nil where they are 1
	table      kernel.Mat[float32] // (V, 3H) bias + embedding x kernel of the first layer; empty without

	decoder     kernel.Rows // (H, O); nil without
	decoderBias []float32   // (O)

	kept    [][]int // units of the model, by layer
	outputs int
}

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
	if err := kernel.PathError(); err != nil {
		return nil, errors.Wrap(ErrModel, err.Error())
	}
	if len(m.Layers) == 0 {
		return nil, errors.Wrap(ErrModel, "the model has no layers, want at least 1")
	}
	e := &Engine{config: c}
	ws, names, err := allWeights(m)
	if err != nil {
		return nil, err
	}
	if e.kept, err = c.kept(ws, names, m.Decoder != nil || m.Linear != nil); err != nil {
		return nil, err
	}
	squares, err := c.squares(ws)
	if err != nil {
		return nil, err
	}
	var below []int
	for i, w := range ws {
		ws[i] = w.only(below, e.kept[i])
		below = e.kept[i]
		l := ws[i].layer(names[i], c, only(squares[i].of, below))
		if i > 0 {
			l.w = c.rows(ws[i].kernel(), sendersAbove(ws[i-1].Kind), only(squares[i-1].sent, e.kept[i-1]))
		}
		e.layers = append(e.layers, l)
	}
	if err := e.embed(m, ws[0], squares); err != nil {
		return nil, err
	}
	return e, e.decode(m, only(squares[len(ws)-1].sent, below))
}

// allWeights are the weights of the layers, which must fit each other.
func allWeights(m Model) (ws []weightsOf, names []string, err error) {
	for i, l := range m.Layers {
		w, err := weightsIn(l)
		if err != nil {
			return nil, nil, errors.WithMessagef(err, "layer %d", i)
		}
		if i > 0 && w.inputs != ws[i-1].units {
			return nil, nil, errors.Wrapf(ErrModel, "layer %s has %d inputs, want %d, the units of the layer below", l.Name(), w.inputs, ws[i-1].units)
		}
		ws, names = append(ws, w), append(names, l.Name())
	}
	return ws, names, nil
}

// embed makes what turns an input into what the first layer adds up.
func (e *Engine) embed(m Model, first weightsOf, squares []layerSquares) error {
	l := e.layers[0]
	if m.Embedding == nil {
		l.w = e.config.rows(first.kernel(), unknown, squares[0].inputs)
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
		l.w = e.config.rows(first.kernel(), sendersIn(words), squares[0].inputs)
		return nil
	}
	e.table = kernel.NewMat(make([]float32, V*3*l.H), V, 3*l.H)
	weights := kernel.NewWeights(first.kernel())
	defer weights.Release()
	kernel.GatedFrom(l.bias, e.table, words, weights)
	return nil
}

// decode makes what turns the output of the highest layer into that of the model.
func (e *Engine) decode(m Model, squares []float64) error {
	last := len(e.layers) - 1
	H := m.Layers[last].Units() // with those that are removed
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
	byUnit = picked(byUnit, e.kept[last], upTo(O))
	e.decoder, e.outputs = e.config.rows(byUnit, sendersAbove(e.layers[last].kind), squares), O
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

// Kept are the units of a layer that Config.Remove left, in ascending order, by their
// numbers in the model: unit k of the engine is unit Kept(layer)[k] there. Nil if
// there is no such layer.
func (e *Engine) Kept(layer int) []int {
	if layer < 0 || layer >= len(e.kept) {
		return nil
	}
	return slices.Clone(e.kept[layer])
}

// TableBytes is the memory of the table of Config.TableBytes; 0 if there is none.
func (e *Engine) TableBytes() int64 { return int64(len(e.table.Data)) * 4 }

// WeightBytes is the memory of all weight matrices without the table: kernels,
// decoder and, without a table, embedding.
func (e *Engine) WeightBytes() int64 {
	n := int64(len(e.wordScale)) * 4
	for _, r := range e.matrices() {
		n += r.Bytes()
	}
	return n
}

// scratch is how many numbers the matrices need for what they add.
func (e *Engine) scratch() (n int) {
	for _, r := range e.matrices() {
		n = max(n, r.Scratch())
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
