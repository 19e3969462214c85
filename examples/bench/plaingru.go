package main

import (
	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/egru/egru/layers"
)

// plainGRU is a dense GRU such as one would write it in Gorgonia without this
// library, in its own ops, step by step:
//
//	r = sigma(x Wr + h' Rr + br)
//	z = sigma(x Wz + h' Rz + bz)
//	n = tanh (x Wn + bxn + r*(h' Rn + brn))
//	h = n + z*(h' - n)
//
// Each gate has matrices of its own, so that nothing needs to be cut, and r and
// z have one bias, where torch has two that are added.
type plainGRU struct {
	name  string
	w, r  [3]*tensor.Dense // of r, z and n: (I, H) and (H, H)
	bias  [3]*tensor.Dense // (H)
	biasN *tensor.Dense    // (H) brn
}

// newPlainGRU has copies of the weights of a layer.
func newPlainGRU(l *layers.GRU) *plainGRU {
	p := &plainGRU{name: l.Name()}
	ps := l.Params()
	for gate := range 3 {
		p.w[gate] = block(ps[0].Value(), gate)
		p.r[gate] = block(ps[1].Value(), gate)
		p.bias[gate] = block(ps[2].Value(), gate)
		if gate < 2 {
			addTo(p.bias[gate], block(ps[3].Value(), gate))
		} else {
			p.biasN = block(ps[3].Value(), gate)
		}
	}
	return p
}

// plainNodes are the nodes of a plainGRU in a graph.
type plainNodes struct {
	w, r, bias [3]*G.Node
	biasN      *G.Node
}

func (p *plainGRU) nodes(g *G.ExprGraph) plainNodes {
	var n plainNodes
	for i, gate := range []string{"r", "z", "n"} {
		n.w[i] = held(g, p.name+".W"+gate, p.w[i])
		n.r[i] = held(g, p.name+".R"+gate, p.r[i])
		n.bias[i] = held(g, p.name+".b"+gate, p.bias[i])
	}
	n.biasN = held(g, p.name+".brn", p.biasN)
	return n
}

func (n plainNodes) all() G.Nodes {
	ns := append(G.Nodes{}, n.w[:]...)
	ns = append(ns, n.r[:]...)
	ns = append(ns, n.bias[:]...)
	return append(ns, n.biasN)
}

// step is h of x (B, I) and h' (B, H).
func (n plainNodes) step(x, before *G.Node) *G.Node {
	gate := func(i int) *G.Node {
		sum := G.Must(G.Add(G.Must(G.Mul(x, n.w[i])), G.Must(G.Mul(before, n.r[i]))))
		return G.Must(G.Sigmoid(plusBias(sum, n.bias[i])))
	}
	r, z := gate(0), gate(1)
	recurrent := plusBias(G.Must(G.Mul(before, n.r[2])), n.biasN)
	candidate := G.Must(G.Tanh(G.Must(G.Add(
		plusBias(G.Must(G.Mul(x, n.w[2])), n.bias[2]),
		G.Must(G.HadamardProd(r, recurrent))))))
	return G.Must(G.Add(candidate, G.Must(G.HadamardProd(z, G.Must(G.Sub(before, candidate))))))
}

// plusBias adds b (N) to each row of x (B, N).
func plusBias(x, b *G.Node) *G.Node { return G.Must(G.BroadcastAdd(x, b, nil, []byte{0})) }

// held is an input of the graph that has a value.
func held(g *G.ExprGraph, name string, v *tensor.Dense) *G.Node {
	return G.NewTensor(g, v.Dtype(), v.Dims(), G.WithShape(v.Shape()...), G.WithName(name), G.WithValue(v))
}

// guarded builds a graph. Gorgonia panics on what it cannot build.
func guarded(what string, build func()) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = errors.Errorf("%s: %v", what, r)
		}
	}()
	build()
	return nil
}

// block copies one of three blocks of the last axis.
func block(from *tensor.Dense, i int) *tensor.Dense {
	shape := from.Shape().Clone()
	last := len(shape) - 1
	shape[last] /= 3
	switch data := from.Data().(type) {
	case []float32:
		return tensor.New(tensor.WithShape(shape...), tensor.WithBacking(columns(data, shape[last], i)))
	case []float64:
		return tensor.New(tensor.WithShape(shape...), tensor.WithBacking(columns(data, shape[last], i)))
	}
	return nil
}

func columns[F float32 | float64](from []F, width, i int) []F {
	var of []F
	for at := i * width; at < len(from); at += 3 * width {
		of = append(of, from[at:at+width]...)
	}
	return of
}

// addTo adds b to a.
func addTo(a, b *tensor.Dense) {
	switch x := a.Data().(type) {
	case []float32:
		for i, v := range b.Float32s() {
			x[i] += v
		}
	case []float64:
		for i, v := range b.Float64s() {
			x[i] += v
		}
	}
}
