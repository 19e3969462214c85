package unroll_test

import (
	"fmt"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/egru/egru/graph/unroll"
	"github.com/egru/egru/layers"
	"github.com/egru/egru/ops"
	"github.com/egru/egru/ops/surrogate"
)

// lif is a recurrent layer of leaky integrate-and-fire units, with a learned
// leak for each and a reset by the threshold:
//
//	u = sigma(leak)*v' + x W + o' R
//	o = Theta(u - thr)
//	v = u - o*thr
//
// Source: Neftci et al., "Surrogate Gradient Learning in Spiking Neural
// Networks", IEEE Signal Processing Magazine 2019.
type lif struct {
	w, r, leak, thr *layers.Param // (I, H), (H, H), (H), (H)
	surrogate       surrogate.Surrogate
	H               int
}

func newLIF(I, H int, of tensor.Dtype, s surrogate.Surrogate) *lif {
	return &lif{
		w: kernel("w", of, 1.5, I, H), r: kernel("r", of, 0.7, H, H),
		leak: weight("leak", of, 2, 0.5, H), thr: weight("thr", of, 0.5, 0, H),
		surrogate: s, H: H,
	}
}

func (l *lif) Params() []*layers.Param { return []*layers.Param{l.w, l.r, l.leak, l.thr} }

func (l *lif) Sizes() unroll.Sizes { return unroll.Sizes{"v": l.H, "o": l.H} }

func (l *lif) Run(x *G.Node, initial unroll.State) (*G.Node, unroll.State, error) {
	n, err := layers.Nodes(x.Graph(), l.Params())
	if err != nil {
		return nil, nil, err
	}
	w, r, leak, thr := n[0], n[1], n[2], n[3]
	return unroll.Unroll(x, initial, func(t int, x *G.Node, s unroll.State) (*G.Node, unroll.State, error) {
		var c unroll.Calc
		kept := c.Two(ops.Gain, s["v"], c.One(G.Sigmoid, leak))
		u := c.Sum(kept, c.Two(ops.GatedMatMul, x, w), c.Two(ops.GatedMatMul, s["o"], r))
		distance := c.Two(ops.AddBias, u, c.One(G.Neg, thr))
		o := c.Do(func() (*G.Node, error) { return ops.Heaviside(distance, l.surrogate) })
		v := c.Two(G.Sub, u, c.Two(ops.Gain, o, thr))
		return o, unroll.State{"v": v, "o": o}, c.Err()
	})
}

// Leaky integrate-and-fire units learn to hold a bit.
func Example_leakyIntegrateAndFire() {
	first, last, activity, err := learn(newLatch("LIF", 16, tensor.Float32, surrogate.DefaultTriangle()), 200, 0.02)
	fmt.Println("loss 5 times smaller:", 5*last < first, "silent units:", activity < 1, err)
	// Output:
	// loss 5 times smaller: true silent units: true <nil>
}
