package main

import (
	"fmt"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/egru/egru/graph"
	"github.com/egru/egru/layers"
)

// plainLM is a language model in Gorgonia's own ops: an embedding, layers of
// plainGRU and the embedding again as decoder.
type plainLM struct {
	embedding, bias *tensor.Dense // (V, I), (V)
	layers          []*plainGRU
}

// newPlainLM has copies of the weights of a tied model of GRU layers.
func newPlainLM(m *layers.LanguageModel) *plainLM {
	p := &plainLM{}
	for _, w := range m.Params() {
		switch w.Name() {
		case "embedding.weight":
			p.embedding = w.Value().Clone().(*tensor.Dense)
		case "decoder.bias":
			p.bias = w.Value().Clone().(*tensor.Dense)
		}
	}
	for _, l := range m.Stack().Layers() {
		p.layers = append(p.layers, newPlainGRU(l.(*layers.GRU)))
	}
	return p
}

// graph is the mean cross-entropy of a window. Each step has inputs of its own,
// since slices of time cannot be told apart by Gorgonia beyond 255 steps.
func (p *plainLM) graph(window graph.Feeds) (vm G.VM, value *G.Value, wrt G.Nodes) {
	g := G.NewGraph()
	embedding, bias := held(g, "embedding", p.embedding), held(g, "bias", p.bias)
	wrt = G.Nodes{embedding, bias}
	ids, targets := window[graph.Tokens], window[graph.Targets]
	T, B, V, of := ids.Shape()[0], ids.Shape()[1], p.bias.Shape()[0], p.bias.Dtype()
	var loss *G.Node
	var rnns []plainNodes
	var hs []*G.Node
	for _, l := range p.layers {
		n := l.nodes(g)
		rnns, wrt = append(rnns, n), append(wrt, n.all()...)
		hs = append(hs, held(g, l.name+" before", tensor.New(tensor.WithShape(B, l.bias[0].Shape()[0]), tensor.Of(of))))
	}
	decoder := G.Must(G.Transpose(embedding))
	for t := range T {
		words := ids.Ints()[t*B : (t+1)*B]
		x := G.Must(G.ByIndices(embedding, held(g, fmt.Sprintf("words at %d", t), tensor.New(tensor.WithShape(B), tensor.WithBacking(words))), 0))
		for i, n := range rnns {
			hs[i] = n.step(x, hs[i])
			x = hs[i]
		}
		logits := plusBias(G.Must(G.Mul(x, decoder)), bias)
		chosen := held(g, fmt.Sprintf("targets at %d", t), oneHot(targets.Ints()[t*B:(t+1)*B], V, of, -1/float64(T*B)))
		part := G.Must(G.Sum(G.Must(G.HadamardProd(G.Must(G.LogSoftMax(logits)), chosen))))
		if loss == nil {
			loss = part
		} else {
			loss = G.Must(G.Add(loss, part))
		}
	}
	value = new(G.Value)
	G.Read(loss, value)
	if _, err := G.Grad(loss, wrt...); err != nil {
		panic(err)
	}
	return G.NewTapeMachine(g, G.BindDualValues(wrt...)), value, wrt
}

// oneHot is (B, V): a value at the target of each row, and else 0.
func oneHot(targets []int, v int, of tensor.Dtype, value float64) *tensor.Dense {
	d := tensor.New(tensor.WithShape(len(targets), v), tensor.Of(of))
	for i, t := range targets {
		switch data := d.Data().(type) {
		case []float32:
			data[i*v+t] = float32(value)
		case []float64:
			data[i*v+t] = value
		}
	}
	return d
}

func newPlainTrainer(m *layers.LanguageModel, window graph.Feeds) (*trainer, error) {
	var vm G.VM
	var wrt G.Nodes
	if err := guarded("plain language model", func() { vm, _, wrt = newPlainLM(m).graph(window) }); err != nil {
		return nil, err
	}
	run := runOf(vm)
	return newTrainer(func() ([]G.ValueGrad, error) {
		err := run() // the solver has set the gradients to zero
		return G.NodesToValueGrads(wrt), err
	})
}
