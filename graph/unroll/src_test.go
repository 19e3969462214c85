package unroll_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/egru/egru/graph"
	"github.com/egru/egru/graph/unroll"
	"github.com/egru/egru/layers"
	"github.com/egru/egru/ops"
	"github.com/egru/egru/ops/surrogate"
)

// src is the spiking recurrent cell: a bistable cell with a slow negative
// feedback that ends each spike.
//
//	i  = alpha*i' + x W                     the synapses' leaky sum
//	h  = tanh(rho*tanh(i/rho) + r*h' + rs*hs' + b)
//	zs = zhyp + (zdep - zhyp)*Theta(h' - 1/2)
//	hs = zs*hs' + (1 - zs)*h'               slow, and fast during a spike
//	y  = Theta(h)*h                         the spike: zero at rest
//
// with alpha 0.9, rho 3, r 2, rs -7, zhyp 0.9, zdep 0 and b starting at -6. W and b
// are learned. The source cuts off gradients through h' and hs', and lets them
// pass below zero in y; here they pass h' and hs', and Theta has its surrogate.
//
// Source: De Geeter, Ernst and Drion, "Spike-based computation using classical
// recurrent neural networks", 2023 (arXiv 2306.03623).
type src struct {
	w, b      *layers.Param // (I, H), (H)
	surrogate surrogate.Surrogate
	of        tensor.Dtype
	H         int
}

const (
	srcAlpha, srcRho = 0.9, 3.0
	srcR, srcRs      = 2.0, -7.0
	srcHyp, srcDep   = 0.9, 0.0
	srcB             = -6.0
	srcGain          = 1.5 // of the initial W
)

func newSRC(I, H int, of tensor.Dtype, s surrogate.Surrogate) *src {
	return &src{w: kernel("w", of, srcGain, I, H), b: weight("b", of, srcB, 0, H), surrogate: s, of: of, H: H}
}

func (c *src) Params() []*layers.Param { return []*layers.Param{c.w, c.b} }

func (c *src) Sizes() unroll.Sizes { return unroll.Sizes{"i": c.H, "h": c.H, "hs": c.H} }

func (c *src) Run(x *G.Node, initial unroll.State) (*G.Node, unroll.State, error) {
	n, err := layers.Nodes(x.Graph(), c.Params())
	if err != nil {
		return nil, nil, err
	}
	// constant is a vector (H) of one number: no weight, it is not in Params.
	constant := func(name string, v float64) *G.Node {
		if err != nil {
			return nil
		}
		var k *G.Node
		k, err = weight("src "+name, c.of, v, 0, c.H).Node(x.Graph())
		return k
	}
	alpha, rho, shrink := constant("alpha", srcAlpha), constant("rho", srcRho), constant("1/rho", 1/srcRho)
	r, rs := constant("r", srcR), constant("rs", srcRs)
	hyp, swing := constant("zhyp", srcHyp), constant("zdep-zhyp", srcDep-srcHyp)
	half, rest := constant("-1/2", -0.5), constant("0", 0)
	if err != nil {
		return nil, nil, err
	}
	return unroll.Unroll(x, initial, func(t int, x *G.Node, s unroll.State) (*G.Node, unroll.State, error) {
		var e unroll.Calc
		i := e.Sum(e.Two(ops.Gain, s["i"], alpha), e.Two(ops.GatedMatMul, x, n[0]))
		input := e.Two(ops.Gain, e.One(G.Tanh, e.Two(ops.Gain, i, shrink)), rho)
		h := e.One(G.Tanh, e.Two(ops.AddBias, e.Sum(input, e.Two(ops.Gain, s["h"], r), e.Two(ops.Gain, s["hs"], rs)), n[1]))

		above := e.Two(ops.AddBias, s["h"], half)
		spiking := e.Do(func() (*G.Node, error) { return ops.Heaviside(above, c.surrogate) })
		zs := e.Two(ops.AddBias, e.Two(ops.Gain, spiking, swing), hyp)
		hs := e.Sum(s["h"], e.Two(G.HadamardProd, zs, e.Two(G.Sub, s["hs"], s["h"])))

		y := e.Do(func() (*G.Node, error) { return ops.Event(h, rest, c.surrogate) })
		return y, unroll.State{"i": i, "h": h, "hs": hs}, e.Err()
	})
}

// A unit at rest that is driven hard sends spikes, not a constant: each ends by
// itself, and comes back.
func TestSRCSpikes(t *testing.T) {
	const T = 120
	c := newSRC(1, 2, tensor.Float64, surrogate.DefaultTriangle())
	c.w.Value().Set(0, 0.3)
	c.w.Value().Set(1, 0.01)
	g := G.NewGraph()
	drive := make([]float64, T)
	for i := range drive {
		drive[i] = 1
	}
	x, err := layers.NewParam("x", dense(tensor.Float64, drive, T, 1, 1)).Node(g)
	if err != nil {
		t.Fatal(err)
	}
	initial, err := unroll.Zeros("src", x, c.Sizes())
	if err != nil {
		t.Fatal(err)
	}
	y, _, err := c.Run(x, initial)
	if err != nil {
		t.Fatal(err)
	}
	var out G.Value
	G.Read(y, &out)
	vm := G.NewTapeMachine(g)
	defer vm.Close()
	if err := vm.RunAll(); err != nil {
		t.Fatal(err)
	}
	var spikes [2]int
	ys := numbers(out)
	for i := 2; i < len(ys); i++ {
		if ys[i] > 0 && ys[i-2] == 0 {
			spikes[i%2]++
		}
	}
	if spikes[0] < 3 || spikes[1] != 0 {
		t.Errorf("%v spikes, want several of the unit with a strong input and none of the other: %v", spikes, ys)
	}
}

// contest is a model that says which of two channels of x (T, B, 2) is driven,
// label (B, 1) 0 or 1, by the number of spikes of each unit.
type contest struct {
	cell    *src
	readout *layers.Linear
}

func (m contest) Params() []*layers.Param { return append(m.cell.Params(), m.readout.Params()...) }

func (m contest) Build(w *graph.Window) error {
	x, label := w.Input("x", m.cell.of, w.T, w.B, 2), w.Input("label", m.cell.of, w.B, 1)
	initial, err := unroll.Zeros("src", x, m.cell.Sizes())
	if err != nil {
		return err
	}
	y, _, err := m.cell.Run(x, initial)
	if err != nil {
		return err
	}
	none, err := unroll.Zeros("counter", y, unroll.Sizes{"n": m.cell.H})
	if err != nil {
		return err
	}
	_, counts, err := unroll.Unroll(y, none, func(t int, y *G.Node, s unroll.State) (*G.Node, unroll.State, error) {
		n, err := G.Add(s["n"], y)
		return n, unroll.State{"n": n}, err
	})
	if err != nil {
		return err
	}
	var c unroll.Calc
	out := c.One(m.readout.Forward, counts["n"])
	loss := c.One(func(n *G.Node) (*G.Node, error) { return G.Mean(n) }, c.One(G.Square, c.Two(G.Sub, out, label)))
	if c.Err() != nil {
		return c.Err()
	}
	w.Loss(loss)
	w.Output("y", y)
	return nil
}

// driven are windows in which one channel has many spikes and the other few.
func driven(seed uint64, T, B int, of tensor.Dtype) func() graph.Feeds {
	r := rand.New(rand.NewPCG(seed, 3))
	return func() graph.Feeds {
		x, label := make([]float64, T*B*2), make([]float64, B)
		for b := range B {
			k := r.IntN(2)
			label[b] = float64(k)
			for t := range T {
				for channel, p := range [2]float64{0.2, 0.2} {
					if channel == k {
						p = 0.8
					}
					if r.Float64() < p {
						x[(t*B+b)*2+channel] = 1
					}
				}
			}
		}
		return graph.Feeds{"x": dense(of, x, T, B, 2), "label": dense(of, label, B, 1)}
	}
}

// Spiking recurrent cells learn to tell by their spikes which channel is driven.
// Their surrogate is wide: a unit at rest is far from a spike.
func Example_spikingRecurrentCell() {
	const T, B, H = 30, 8, 8
	config := layers.DefaultLinear(H, 1)
	readout, err := layers.NewLinear("readout", config)
	if err != nil {
		fmt.Println(err)
		return
	}
	m := contest{newSRC(2, H, tensor.Float32, surrogate.Triangle{Dampening: 0.5, Support: 0.5}), readout}
	first, last, activity, err := train(m, B, driven(1, T, B, tensor.Float32), 100, 0.02)
	fmt.Println("loss 10 times smaller:", 10*last < first, "a fifth of a blind guess's:", last < 0.25/5, "silent units:", activity < 0.1, err)
	// Output:
	// loss 10 times smaller: true a fifth of a blind guess's: true silent units: true <nil>
}
