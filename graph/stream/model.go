package stream

import (
	"math"
	"slices"

	"github.com/pkg/errors"
	"gorgonia.org/tensor"

	"github.com/egru/egru/layers"
)

// Model is what an engine runs. Weights may be float32 or float64; they are
// copied.
type Model struct {
	// Embedding (V, I) has the vector of a token a row. Nil for a model whose
	// inputs are vectors.
	Embedding *layers.Param

	// Layers are the recurrent layers, *layers.EGRU or *layers.GRU, the lowest
	// first. Each takes the outputs of the one below.
	Layers []layers.Recurrent

	// Decoder (O, H) makes the output y D^T + b of the highest layer's y: the
	// logits of O words. It may be the embedding. Nil for none: the output is y.
	Decoder *layers.Param

	// Linear (H, O) is a decoder that lies as the weight of layers.Linear does, the
	// other way round. At most one of both.
	Linear *layers.Param

	Bias *layers.Param // (O) of the decoder; nil for zeros
}

// Of is the model of a language model.
func Of(m *layers.LanguageModel) Model {
	if m == nil {
		return Model{} // New reports it
	}
	decoder, bias := m.Decoder()
	return Model{Embedding: m.Embedding().Weight(), Layers: m.Stack().Layers(), Decoder: decoder, Bias: bias}
}

// WithLinear is the model with a linear layer on top, which makes its output.
func (m Model) WithLinear(l *layers.Linear) Model {
	m.Decoder, m.Linear, m.Bias = nil, layers.NewParam("of a nil linear layer", nil), nil
	if l == nil {
		return m // New reports it
	}
	ps := l.Params()
	m.Linear = ps[0]
	if len(ps) > 1 {
		m.Bias = ps[1]
	}
	return m
}

// numbers copies a weight of the wanted shape. Every number must be finite.
func numbers(p *layers.Param, shape ...int) ([]float32, error) {
	if p == nil {
		return nil, errors.Wrap(ErrModel, "a weight is nil")
	}
	v := p.Value()
	if v == nil {
		return nil, errors.Wrapf(ErrModel, "weight %s has no tensor", p.Name())
	}
	if !slices.Equal(v.Shape(), shape) {
		return nil, errors.Wrapf(ErrModel, "weight %s has shape %v, want %v", p.Name(), v.Shape(), tensor.Shape(shape))
	}
	if v.IsMaterializable() {
		return nil, errors.Wrapf(ErrModel, "weight %s is a view, want a tensor of its own", p.Name())
	}
	var x []float32
	switch data := v.Data().(type) {
	case []float32:
		x = slices.Clone(data)
	case []float64:
		x = make([]float32, len(data))
		for i, d := range data {
			x[i] = float32(d)
		}
	default:
		return nil, errors.Wrapf(ErrModel, "weight %s is of %v, want float32 or float64", p.Name(), v.Dtype())
	}
	if n := tensor.Shape(shape).TotalSize(); len(x) != n {
		return nil, errors.Wrapf(ErrModel, "weight %s has %d numbers, want %d", p.Name(), len(x), n)
	}
	if i := notFinite(x); i >= 0 {
		return nil, errors.Wrapf(ErrModel, "weight %s has %v as its number %d, want finite numbers", p.Name(), x[i], i)
	}
	return x, nil
}

// notFinite is the place of the first number that is NaN or infinite to float32,
// or -1.
func notFinite(x []float32) int {
	for i, v := range x {
		if !(v >= -math.MaxFloat32 && v <= math.MaxFloat32) {
			return i
		}
	}
	return -1
}

// columns is how many columns a matrix has, to be checked against its rows.
func columns(p *layers.Param) (rows, cols int, err error) {
	if p.Value() == nil || p.Value().Dims() != 2 {
		return 0, 0, errors.Wrapf(ErrModel, "weight %s is no matrix", p.Name())
	}
	s := p.Value().Shape()
	return s[0], s[1], nil
}
