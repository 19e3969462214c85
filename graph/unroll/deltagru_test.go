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

// deltaGRU is a GRU that multiplies changes, and only those beyond a threshold:
//
//	d(v, ref) = v - ref where |v - ref| > thr, else 0;  ref += d(v, ref)
//	dx = d(x, xref),  dh = d(h', href)
//	mr += dx Wr + dh Rr,  mu += dx Wu + dh Ru,  mx += dx Wc,  mh += dh Rc
//	r = sigma(mr + br),  u = sigma(mu + bu)            u keeps the old state
//	c = tanh(mx + r*mh + bc)
//	h = (1-u)*c + u*h'
//
// Where nothing has changed, nothing is multiplied. With a threshold of 0 it is
// the GRU.
//
// Source: Neil et al., "Delta Networks for Optimized Recurrent Network
// Computation", ICML 2017; on hardware Gao et al., "DeltaRNN", FPGA 2018.
type deltaGRU struct {
	w, r, b    [3]*layers.Param // of r, u, c: (I, H), (H, H), (H)
	thrX, thrH *layers.Param    // (I), (H); not learned
	surrogate  surrogate.Surrogate
	I, H       int

	dx, dh []*G.Node // of every step of the last Run
}

func newDeltaGRU(I, H int, thr float64, of tensor.Dtype, s surrogate.Surrogate) *deltaGRU {
	d := &deltaGRU{thrX: weight("thr x", of, thr, 0, I), thrH: weight("thr h", of, thr, 0, H), surrogate: s, I: I, H: H}
	for i, gate := range []string{"r", "u", "c"} {
		d.w[i], d.r[i], d.b[i] = kernel("w"+gate, of, 1, I, H), kernel("r"+gate, of, 1, H, H), weight("b"+gate, of, 0, 0.1, H)
	}
	return d
}

func (d *deltaGRU) Params() []*layers.Param {
	var ps []*layers.Param
	for i := range 3 {
		ps = append(ps, d.w[i], d.r[i], d.b[i])
	}
	return ps
}

func (d *deltaGRU) Sizes() unroll.Sizes {
	return unroll.Sizes{"h": d.H, "href": d.H, "xref": d.I, "mr": d.H, "mu": d.H, "mx": d.H, "mh": d.H}
}

func (d *deltaGRU) Run(x *G.Node, initial unroll.State) (*G.Node, unroll.State, error) {
	n, err := layers.Nodes(x.Graph(), append(d.Params(), d.thrX, d.thrH))
	if err != nil {
		return nil, nil, err
	}
	w, r, b := [3]*G.Node{n[0], n[3], n[6]}, [3]*G.Node{n[1], n[4], n[7]}, [3]*G.Node{n[2], n[5], n[8]}
	thrX, thrH := n[9], n[10]
	d.dx, d.dh = nil, nil
	return unroll.Unroll(x, initial, func(t int, x *G.Node, s unroll.State) (*G.Node, unroll.State, error) {
		var c unroll.Calc
		change := func(v, ref, thr *G.Node) *G.Node {
			up := c.Two(G.Sub, v, ref)
			event := func(v *G.Node) *G.Node {
				return c.Do(func() (*G.Node, error) { return ops.Event(v, thr, d.surrogate) })
			}
			return c.Two(G.Sub, event(up), event(c.One(G.Neg, up)))
		}
		dx, dh := change(x, s["xref"], thrX), change(s["h"], s["href"], thrH)
		d.dx, d.dh = append(d.dx, dx), append(d.dh, dh)
		fromX := func(i int) *G.Node { return c.Two(ops.GatedMatMul, dx, w[i]) }
		fromH := func(i int) *G.Node { return c.Two(ops.GatedMatMul, dh, r[i]) }
		next := unroll.State{
			"xref": c.Sum(s["xref"], dx), "href": c.Sum(s["href"], dh),
			"mr": c.Sum(s["mr"], fromX(0), fromH(0)), "mu": c.Sum(s["mu"], fromX(1), fromH(1)),
			"mx": c.Sum(s["mx"], fromX(2)), "mh": c.Sum(s["mh"], fromH(2)),
		}
		reset := c.One(G.Sigmoid, c.Two(ops.AddBias, next["mr"], b[0]))
		keep := c.One(G.Sigmoid, c.Two(ops.AddBias, next["mu"], b[1]))
		candidate := c.One(G.Tanh, c.Two(ops.AddBias, c.Sum(next["mx"], c.Two(G.HadamardProd, reset, next["mh"])), b[2]))
		h := c.Sum(candidate, c.Two(G.HadamardProd, keep, c.Two(G.Sub, s["h"], candidate)))
		next["h"] = h
		return h, next, c.Err()
	})
}

// macs runs a sequence and counts the multiply-accumulates of the products from
// the changes that were sent: 3H for each.
func (d *deltaGRU) macs(x *tensor.Dense) (y []float64, done, dense int, err error) {
	g := G.NewGraph()
	in, err := layers.NewParam("x", x).Node(g)
	if err != nil {
		return nil, 0, 0, err
	}
	initial, err := unroll.Zeros("delta", in, d.Sizes())
	if err != nil {
		return nil, 0, 0, err
	}
	out, _, err := d.Run(in, initial)
	if err != nil {
		return nil, 0, 0, err
	}
	dx, err := ops.TimeStack(d.dx...)
	if err != nil {
		return nil, 0, 0, err
	}
	dh, err := ops.TimeStack(d.dh...)
	if err != nil {
		return nil, 0, 0, err
	}
	var values [3]G.Value
	for i, n := range []*G.Node{out, dx, dh} {
		G.Read(n, &values[i])
	}
	vm := G.NewTapeMachine(g)
	defer vm.Close()
	if err := vm.RunAll(); err != nil {
		return nil, 0, 0, err
	}
	for _, changes := range values[1:] {
		for _, c := range numbers(changes) {
			dense += 3 * d.H
			if c != 0 {
				done += 3 * d.H
			}
		}
	}
	return numbers(values[0]), done, dense, nil
}

// slow is a sequence (T, 1, 2) that changes little from step to step.
func slow(T int) *tensor.Dense {
	x := make([]float64, 2*T)
	for t := range T {
		x[2*t], x[2*t+1] = float64(t)/float64(T), 1
	}
	return dense(tensor.Float64, x, T, 1, 2)
}

func TestDeltaGRUWithoutThresholdIsTheGRU(t *testing.T) {
	const T, H = 6, 5
	d := newDeltaGRU(2, H, 0, tensor.Float64, surrogate.DefaultTriangle())
	x := weight("x", tensor.Float64, 0, 1, T, 3, 2).Value()
	got, _, _, err := d.macs(x)
	if err != nil {
		t.Fatal(err)
	}
	g := G.NewGraph()
	var c unroll.Calc
	node := func(p *layers.Param) *G.Node {
		return c.Do(func() (*G.Node, error) { return p.Node(g) })
	}
	join := func(ps [3]*layers.Param) *G.Node {
		return c.Two(ops.Join, c.Two(ops.Join, node(ps[0]), node(ps[1])), node(ps[2]))
	}
	in := ops.GRUInputs{
		X: node(layers.NewParam("x", x)), W: join(d.w), R: join(d.r), Bx: join(d.b),
		Br: node(weight("none", tensor.Float64, 0, 0, 3*H)),
	}
	if c.Err() != nil {
		t.Fatal(c.Err())
	}
	q, err := ops.GRU(in, ops.GRUConfig{})
	if err != nil {
		t.Fatal(err)
	}
	y := c.Do(q.Y)
	var want G.Value
	G.Read(y, &want)
	vm := G.NewTapeMachine(g)
	defer vm.Close()
	if err := vm.RunAll(); err != nil {
		t.Fatal(err)
	}
	compare(t, "y", got, numbers(want), 1e-12)
}

// The larger the threshold, the less work; and what is held constant is sent
// once.
func TestDeltaGRUSkipsSmallChanges(t *testing.T) {
	const T, H = 20, 5
	last := -1
	for _, thr := range []float64{0.3, 0.1, 0.03, 0} {
		d := newDeltaGRU(2, H, thr, tensor.Float64, surrogate.DefaultTriangle())
		_, done, dense, err := d.macs(slow(T))
		if err != nil {
			t.Fatal(err)
		}
		if dense != 3*H*T*(2+H) {
			t.Errorf("%d multiply-accumulates are dense, want %d", dense, 3*H*T*(2+H))
		}
		if done <= last {
			t.Errorf("threshold %v: %d multiply-accumulates, want more than the %d of a larger one", thr, done, last)
		}
		last = done
	}
}

// A GRU that sends changes only learns to hold a bit, and skips most products.
func Example_deltaGRU() {
	m := newLatch("delta GRU", 12, tensor.Float32, surrogate.DefaultTriangle())
	first, last, _, err := learn(m, 200, 0.02)
	fmt.Println("loss 10 times smaller:", 10*last < first, err)

	d := newDeltaGRU(2, 12, 0.1, tensor.Float64, surrogate.DefaultTriangle())
	_, done, dense, err := d.macs(slow(40))
	fmt.Printf("multiply-accumulates: %d of %d %v\n", done, dense, err)
	// Output:
	// loss 10 times smaller: true <nil>
	// multiply-accumulates: 1908 of 20160 <nil>
}
