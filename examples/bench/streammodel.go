package main

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/egru/egru/graph/stream"
	"github.com/egru/egru/layers"
)

// step is the input of one: a word, or a vector.
type step struct {
	token  int
	vector []float32
}

// steps are T of them, random.
func (c config) steps() []step {
	r := c.random(streamTokens)
	all := make([]step, c.T)
	for t := range all {
		if c.vectors {
			all[t].vector = make([]float32, c.I)
			normal(r, all[t].vector, 1, 1)
		} else {
			all[t].token = r.IntN(c.V)
		}
	}
	return all
}

// streamModel is a model to make engines of.
type streamModel struct {
	stream.Model
	params  []*layers.Param
	density float64 // of the matrices
	partial []G.VM  // run the lowest layer, the lowest two and so on
}

// newStreamModels are a model with all its weights, and one of the same seed that
// keeps the largest.
func (c config) newStreamModels(events bool, inputs []step) (of [2]*streamModel, err error) {
	for i, density := range []float64{1, c.density} {
		if of[i], err = c.newStreamModel(events); err != nil {
			return of, err
		}
		of[i].density = density
		for _, p := range of[i].params {
			if prunable(p) {
				keepLargest(p.Value().Float32s(), density)
			}
		}
		if events {
			if of[i].partial, err = of[i].partialRuns(inputs); err != nil {
				return of, err
			}
		}
	}
	return of, nil
}

func (c config) newStreamModel(events bool) (*streamModel, error) {
	if !c.vectors {
		cell := layers.CellGRU
		if events {
			cell = layers.CellEGRU
		}
		m, err := layers.NewLanguageModel(c.languageModel(cell))
		if err != nil {
			return nil, err
		}
		return &streamModel{Model: stream.Of(m), params: m.Params()}, nil
	}
	m := &streamModel{}
	for i := range c.layers {
		name, inputs := fmt.Sprintf("rnn.%d", i), c.H
		if i == 0 {
			inputs = c.I
		}
		var l layers.Recurrent
		var err error
		if events {
			of := c.egru()
			of.Inputs = inputs
			l, err = layers.NewEGRU(name, of)
		} else {
			of := c.gru()
			of.Inputs = inputs
			l, err = layers.NewGRU(name, of)
		}
		if err != nil {
			return nil, err
		}
		m.Layers, m.params = append(m.Layers, l), append(m.params, l.Params()...)
	}
	return m, nil
}

// prunable says whether a weight is a matrix of products.
func prunable(p *layers.Param) bool { return p.Value().Dims() == 2 }

// keepLargest sets all but a share of numbers to zero, the smallest.
func keepLargest(x []float32, share float64) {
	magnitudes := make([]float32, len(x))
	for i, v := range x {
		magnitudes[i] = max(v, -v)
	}
	order := make([]int, len(x))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int {
		return cmp.Or(cmp.Compare(magnitudes[a], magnitudes[b]), cmp.Compare(a, b))
	})
	for _, i := range order[:len(x)-int(math.Ceil(share*float64(len(x))))] {
		x[i] = 0
	}
}

func (m *streamModel) engine(v variant) (*stream.Engine, error) {
	c := stream.DefaultConfig()
	c.Precision = v.precision
	if v.pruned {
		c.Storage = stream.Packed
	}
	return stream.New(m.Model, c)
}

// partialRuns run the layers over the steps as graphs.
func (m *streamModel) partialRuns(inputs []step) ([]G.VM, error) {
	stack, err := layers.NewStack(layers.Dropout{}, m.Layers...)
	if err != nil {
		return nil, err
	}
	return newPartialRuns(len(m.Layers), m.sequence(inputs), func(x *G.Node) (*layers.StackOutput, error) {
		return stack.Run(layers.Signal{X: x, Fixed: true}, nil, layers.Run{})
	})
}

// sequence is what the lowest layer takes, (T, 1, I).
func (m *streamModel) sequence(inputs []step) *tensor.Dense {
	I := m.Layers[0].Params()[0].Value().Shape()[0]
	x := newDense(len(inputs), 1, I)
	for t, in := range inputs {
		v := in.vector
		if v == nil {
			v = m.Embedding.Value().Float32s()[in.token*I : (in.token+1)*I]
		}
		copy(x.Float32s()[t*I:], v)
	}
	return x
}

// setActivity calibrates the thresholds, layer by layer from below.
func (m *streamModel) setActivity(ctx context.Context, wanted float64, r *reporter) error {
	for i, l := range m.Layers {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := setActivity(l.(*layers.EGRU), wanted, runOf(m.partial[i]), r); err != nil {
			return err
		}
	}
	return nil
}
