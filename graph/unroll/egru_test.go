package unroll_test

import (
	"fmt"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/egru/egru/graph/unroll"
	"github.com/egru/egru/layers"
	"github.com/egru/egru/ops"
	"github.com/egru/egru/ops/surrogate"
)

// egru is the EGRU in the equations of ops.EvNN or ops.Paper, with a weight of its
// own for each gate. ops.EGRU runs it in one node.
type egru struct {
	paper     bool
	surrogate surrogate.Surrogate
	w, r      [3]*layers.Param // (I, H), (H, H)
	bx, br    [3]*layers.Param // (H); no br for the paper
	thr       *layers.Param    // (H)
	H         int
}

func newEGRU(paper bool, I, H int, of tensor.Dtype, s surrogate.Surrogate) *egru {
	e := &egru{paper: paper, surrogate: s, H: H, thr: weight("thr", of, 0.3, 0.05, H)}
	for i := range 3 {
		gate := fmt.Sprint(i)
		e.w[i], e.r[i] = kernel("w"+gate, of, 1.5, I, H), kernel("r"+gate, of, 1, H, H)
		e.bx[i], e.br[i] = weight("bx"+gate, of, 0, 0.1, H), weight("br"+gate, of, 0, 0.1, H)
	}
	return e
}

func (e *egru) Params() []*layers.Param {
	ps := []*layers.Param{e.thr}
	for i := range 3 {
		ps = append(ps, e.w[i], e.r[i], e.bx[i])
		if !e.paper {
			ps = append(ps, e.br[i])
		}
	}
	return ps
}

func (e *egru) Sizes() unroll.Sizes { return unroll.Sizes{"state": e.H, "y": e.H} }

func (e *egru) Run(x *G.Node, initial unroll.State) (*G.Node, unroll.State, error) {
	var w, r, bx, br [3]*G.Node
	thr, err := e.thr.Node(x.Graph())
	for i := range 3 {
		for _, p := range []struct {
			node  *[3]*G.Node
			param *layers.Param
		}{{&w, e.w[i]}, {&r, e.r[i]}, {&bx, e.bx[i]}, {&br, e.br[i]}} {
			if err == nil && !(e.paper && p.node == &br) {
				p.node[i], err = p.param.Node(x.Graph())
			}
		}
	}
	if err != nil {
		return nil, nil, err
	}
	return unroll.Unroll(x, initial, func(t int, x *G.Node, s unroll.State) (*G.Node, unroll.State, error) {
		var c unroll.Calc
		state, y := s["state"], s["y"]
		fromX := func(i int) *G.Node { return c.Two(ops.AddBias, c.Two(ops.GatedMatMul, x, w[i]), bx[i]) }
		fromY := func(y *G.Node, i int) *G.Node {
			q := c.Two(ops.GatedMatMul, y, r[i])
			if e.paper {
				return q
			}
			return c.Two(ops.AddBias, q, br[i])
		}
		gate := func(i int) *G.Node { return c.One(G.Sigmoid, c.Sum(fromX(i), fromY(y, i))) }
		mix := func(share, a, b *G.Node) *G.Node { // share*a + (1-share)*b
			return c.Sum(b, c.Two(G.HadamardProd, share, c.Two(G.Sub, a, b)))
		}
		event := func(v *G.Node) *G.Node {
			return c.Do(func() (*G.Node, error) { return ops.Event(v, thr, e.surrogate) })
		}
		if e.paper {
			candidate := c.One(G.Tanh, c.Sum(fromX(2), fromY(c.Two(G.HadamardProd, gate(1), y), 2)))
			now := c.Two(G.Sub, mix(gate(0), candidate, state), y)
			return event(now), unroll.State{"state": now, "y": event(now)}, c.Err()
		}
		candidate := c.One(G.Tanh, c.Sum(fromX(2), c.Two(G.HadamardProd, gate(1), fromY(y, 2))))
		now := mix(gate(0), state, candidate)
		distance := c.Two(ops.AddBias, now, c.One(G.Neg, thr))
		o := c.Do(func() (*G.Node, error) { return ops.Heaviside(distance, e.surrogate) })
		after := c.Two(G.Sub, now, c.Two(ops.Gain, o, thr))
		return event(now), unroll.State{"state": after, "y": event(now)}, c.Err()
	})
}

// fused is the same cell in one node.
type fused struct{ *egru }

func (f fused) Run(x *G.Node, initial unroll.State) (*G.Node, unroll.State, error) {
	var c unroll.Calc
	join := func(ps [3]*layers.Param) *G.Node {
		var n [3]*G.Node
		for i, p := range ps {
			n[i] = c.Do(func() (*G.Node, error) { return p.Node(x.Graph()) })
		}
		return c.Two(ops.Join, c.Two(ops.Join, n[0], n[1]), n[2])
	}
	in := ops.EGRUInputs{X: x, W: join(f.w), R: join(f.r), Bx: join(f.bx), State: initial["state"], Y: initial["y"]}
	in.Thr = c.Do(func() (*G.Node, error) { return f.thr.Node(x.Graph()) })
	config := ops.EGRUConfig{Variant: ops.Paper, Surrogate: f.surrogate}
	if !f.paper {
		in.Br, config.Variant = join(f.br), ops.EvNN
	}
	if c.Err() != nil {
		return nil, nil, c.Err()
	}
	q, err := ops.EGRU(in, config)
	if err != nil {
		return nil, nil, err
	}
	y := c.Do(q.Y)
	return y, unroll.State{"state": c.Do(q.FinalState), "y": c.Do(q.FinalY)}, c.Err()
}

// Outputs and all gradients, those of the final states included, are those of
// ops.EGRU.
func TestUnrolledEGRUIsTheFusedOne(t *testing.T) {
	for _, name := range []string{"EGRU EvNN", "EGRU Paper"} {
		plain := cells[name]
		got := result(t, name, "TapeMachine", tensor.Float64)
		cells[name] = func(I, H int, of tensor.Dtype, s surrogate.Surrogate) cell {
			return fused{plain(I, H, of, s).(*egru)}
		}
		want := result(t, name, "TapeMachine", tensor.Float64)
		cells[name] = plain
		if a := active(tensor.New(tensor.WithBacking(want["y"]))); a == 0 || a == 1 {
			t.Errorf("%s: the activity is %v, which tells little", name, a)
		}
		for what, w := range want {
			compare(t, name+": "+what, got[what], w, 1e-12)
		}
	}
}

// An EGRU out of small ops learns to hold a bit.
func Example_egru() {
	for _, name := range []string{"EGRU EvNN", "EGRU Paper"} {
		first, last, activity, err := learn(newLatch(name, 12, tensor.Float32, surrogate.DefaultTriangle()), 200, 0.02)
		fmt.Println(name, "loss 10 times smaller:", 10*last < first, "silent units:", activity < 1, err)
	}
	// Output:
	// EGRU EvNN loss 10 times smaller: true silent units: true <nil>
	// EGRU Paper loss 10 times smaller: true silent units: true <nil>
}
