package docs_test

import (
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/egru/egru/graph"
	"github.com/egru/egru/layers"
)

// oneWeight is a model of one weight (2) and a loss.
type oneWeight struct {
	weight *layers.Param
	loss   func(*graph.Window, *G.Node) (*G.Node, error)
}

func (m oneWeight) Params() []*layers.Param { return []*layers.Param{m.weight} }

func (m oneWeight) Build(w *graph.Window) error {
	weight, err := m.weight.Node(w.Graph())
	if err != nil {
		return err
	}
	loss, err := m.loss(w, weight)
	if err != nil {
		return err
	}
	w.Input("x", tensor.Int, w.T, w.B)
	w.Loss(loss)
	return nil
}

// inSession trains a weight by a loss for one window.
func inSession(loss func(*graph.Window, *G.Node) (*G.Node, error)) error {
	weight := layers.NewParam("weight", tensor.New(tensor.WithBacking([]float64{1, 2})))
	session := must(graph.NewSession(oneWeight{weight, loss}, graph.Config{Seed: 1}))
	x := tensor.New(tensor.WithShape(1, 1), tensor.WithBacking([]int{0}))
	_, err := session.Train(session.NewStream(1), graph.Feeds{"x": x})
	return err
}
