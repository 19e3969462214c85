package docs_test

import (
	"testing"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/egru/egru/layers"
	"github.com/egru/egru/ops"
)

func TestMistakesPanic(t *testing.T) {
	x := of(G.NewGraph(), "x", make([]float64, 4), 2, 2)
	for mistake, f := range map[string]func(){
		"another rank":  func() { G.NewMatrix(x.Graph(), G.Float64, G.WithShape(2, 2, 2)) },
		"another dtype": func() { G.NewVector(x.Graph(), G.Float64, G.WithValue([]float32{1, 2})) },
		"no node":       func() { _, _ = G.Add(x, nil) },
		"wrong size":    func() { tensor.New(tensor.WithShape(3), tensor.WithBacking([]float64{1, 2})) },
	} {
		t.Run(mistake, func(t *testing.T) {
			proves(t, finding{got: caught(f) != nil, wrong: true, right: false, workaround: "the line on " + mistake})
		})
	}

	_, err := ops.Reshape(nil, tensor.Shape{1})
	gives(t, errors.Is(err, ops.ErrNode), true)
	_, err = ops.Reshape(x, tensor.Shape{3})
	gives(t, errors.Is(err, ops.ErrShape), true)
	rnn := must(layers.NewEGRU("rnn", layers.DefaultEGRU(2, 3)))
	_, err = rnn.Forward(x)
	gives(t, errors.Is(err, ops.ErrDtype), true)
}
