package main

import (
	"fmt"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/egru/egru/graph"
	"github.com/egru/egru/layers"
)

// layerGraphs are a recurrent layer as graphs, forward alone and with gradients.
type layerGraphs struct{ forward, both G.VM }

func (l layerGraphs) work() work {
	return phases(whole(runOf(l.forward)), whole(runOf(l.both)))
}

// recycling is a machine whose runs use the memory of those before, as in a session.
type recycling struct {
	G.VM
	g *G.ExprGraph
}

func (r recycling) Reset() {
	r.VM.Reset()
	graph.Recycle(r.g)
}

func runOf(vm G.VM) func() error {
	return func() error {
		defer vm.Reset()
		return vm.RunAll()
	}
}

// newLayerGraphs builds a layer of this library.
func newLayerGraphs(c config, l layers.Recurrent, d layerData) (of layerGraphs, err error) {
	build := func(gradients bool) (vm G.VM, err error) {
		g := G.NewGraph()
		in := layers.Signal{X: held(g, "x", d.x), Fixed: c.fixedX}
		if d.live != nil {
			in.Live = func() (*G.Node, error) { return held(g, "live", d.live), nil }
		}
		out, err := l.Run(in, layers.State{}, layers.Run{})
		if err != nil || !gradients {
			return recycling{G.NewTapeMachine(g), g}, err
		}
		wrt, err := layers.Nodes(g, l.Params())
		if err != nil {
			return nil, err
		}
		if !c.fixedX {
			wrt = append(wrt, in.X)
		}
		// As from a layer above: a loss would add passes through memory of its own.
		if _, err := G.Backpropagate(G.Nodes{out.X}, G.Nodes{held(g, "dy", d.dy)}, wrt); err != nil {
			return nil, err
		}
		return recycling{G.NewTapeMachine(g, G.BindDualValues(wrt...)), g}, nil
	}
	if e := guarded(l.Name(), func() {
		if of.forward, err = build(false); err == nil {
			of.both, err = build(true)
		}
	}); e != nil {
		err = e
	}
	return of, err
}

// newPlainGraphs builds a plainGRU, whose every step has an input of its own.
// Refill copies x to these.
func newPlainGraphs(c config, p *plainGRU, d layerData) (of layerGraphs, refill func(), err error) {
	xs, dys := steps(d.x), steps(d.dy)
	refill = func() {
		for t, x := range steps(d.x) {
			copyInto(xs[t], x)
		}
	}
	err = guarded("plain GRU", func() {
		of.forward = plainMachine(c, p, xs, nil)
		of.both = plainMachine(c, p, xs, dys)
	})
	return of, refill, err
}

// plainMachine runs a plainGRU over xs; with the gradients dys of its outputs
// it gives those of the weights and, unless they are fixed, of xs.
func plainMachine(c config, p *plainGRU, xs, dys []*tensor.Dense) G.VM {
	vm, _, _ := plainGraph(c.fixedX, p, xs, dys)
	return vm
}

// plainGraph is plainMachine, with the sum of dy*h that it leaves behind.
func plainGraph(fixedX bool, p *plainGRU, xs, dys []*tensor.Dense) (vm G.VM, value *G.Value, wrt G.Nodes) {
	g := G.NewGraph()
	nodes := p.nodes(g)
	var loss *G.Node
	h := held(g, "h before", tensor.New(tensor.WithShape(xs[0].Shape()[0], p.bias[0].Shape()[0]), tensor.Of(xs[0].Dtype())))
	wrt = nodes.all()
	for t := range xs {
		x := held(g, fmt.Sprintf("x at %d", t), xs[t])
		if !fixedX {
			wrt = append(wrt, x)
		}
		h = nodes.step(x, h)
		if dys == nil {
			continue
		}
		part := G.Must(G.Sum(G.Must(G.HadamardProd(h, held(g, fmt.Sprintf("dy at %d", t), dys[t])))))
		if loss == nil {
			loss = part
		} else {
			loss = G.Must(G.Add(loss, part))
		}
	}
	if dys == nil {
		return G.NewTapeMachine(g), nil, nil
	}
	value = new(G.Value)
	read := G.Read(loss, value)
	grads, err := G.Grad(loss, wrt...)
	if err != nil {
		panic(err)
	}
	// Gorgonia computes gradients of what needs none, unless the graph is cut.
	g = g.SubgraphRoots(append(G.Nodes{read}, grads...)...)
	return G.NewTapeMachine(g, G.BindDualValues(wrt...)), value, wrt
}

// steps copies each step of a sequence (T, B, N) to a matrix (B, N).
func steps(x *tensor.Dense) []*tensor.Dense {
	s := x.Shape()
	of := make([]*tensor.Dense, s[0])
	for t := range of {
		lo, hi := t*s[1]*s[2], (t+1)*s[1]*s[2]
		switch data := x.Data().(type) {
		case []float32:
			of[t] = tensor.New(tensor.WithShape(s[1], s[2]), tensor.WithBacking(append([]float32{}, data[lo:hi]...)))
		case []float64:
			of[t] = tensor.New(tensor.WithShape(s[1], s[2]), tensor.WithBacking(append([]float64{}, data[lo:hi]...)))
		}
	}
	return of
}

func copyInto(dst, src *tensor.Dense) { copy(dst.Float32s(), src.Float32s()) }
