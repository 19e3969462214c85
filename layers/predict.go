package layers

import (
	"math"
	"slices"

	"github.com/pkg/errors"
	"gorgonia.org/tensor"

	"github.com/egru/egru/internal/kernel"
	"github.com/egru/egru/ops"
)

// Predict is the distribution of the next word, p = softmax(y D^T + b) of V
// numbers, given the last row y of features (..., H), the value of the signal
// that Run gave.
func (m *LanguageModel) Predict(features *tensor.Dense) ([]float64, error) {
	d := m.decoder.Value()
	V, H := d.Shape()[0], d.Shape()[1]
	if features == nil {
		return nil, errors.Wrap(ops.ErrNode, "language model: features are nil")
	}
	shape := features.Shape()
	if len(shape) == 0 || shape[len(shape)-1] != H {
		return nil, errors.Wrapf(ops.ErrShape, "language model: features have shape %v, want (..., %d)", shape, H)
	}
	if dt := features.Dtype(); dt != d.Dtype() {
		return nil, errors.Wrapf(ops.ErrDtype, "language model: features have dtype %v, want %v", dt, d.Dtype())
	}
	if features.IsMaterializable() {
		features = features.Materialize().(*tensor.Dense) // a view, in rows
	}
	p := make([]float64, V)
	if d.Dtype() == tensor.Float32 {
		y := features.Float32s()
		logits(p, y[len(y)-H:], d.Float32s(), m.bias.Value().Float32s())
	} else {
		y := features.Float64s()
		logits(p, y[len(y)-H:], d.Float64s(), m.bias.Value().Float64s())
	}
	top := slices.Max(p)
	sum := 0.0
	for v, l := range p {
		p[v] = math.Exp(l - top)
		sum += p[v]
	}
	for v := range p {
		p[v] /= sum
	}
	return p, nil
}

// logits is dst = w y + b, for w of a row for each word. Events are gathered
// first: most features are silent.
func logits[F kernel.Float](dst []float64, y, w, b []F) {
	var active []int
	for j, x := range y {
		if x != 0 {
			active = append(active, j)
		}
	}
	for v := range dst {
		row := w[v*len(y):][:len(y)]
		sum := float64(b[v])
		for _, j := range active {
			sum += float64(y[j]) * float64(row[j])
		}
		dst[v] = sum
	}
}
