package ops

import (
	"slices"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// chain is a recurrence of T products with one W, and what else uses W:
//
//	y[t] = tanh(x[t] + y[t-1] W),  out = sum of all y + y[0] W (live) + W[0]
func chain(T, B, K int) opCase {
	return opCase{
		name:   "chain",
		inputs: []opInput{{name: "x", shape: tensor.Shape{T, B, K}}, {name: "W", shape: tensor.Shape{K, K}}},
		build: func(in []*G.Node) (*G.Node, error) {
			var first, y, sum *G.Node
			for t := range T {
				x, err := TimeSlice(in[0], t)
				if err != nil {
					return nil, err
				}
				if t > 0 {
					x = G.Must(G.Add(x, G.Must(GatedMatMul(y, in[1]))))
				}
				y = G.Must(G.Tanh(x))
				if t == 0 {
					first, sum = y, y
				} else {
					sum = G.Must(G.Add(sum, y))
				}
			}
			live := G.Must(GatedMatMulLive(first, in[1], G.Must(G.Square(first))))
			row, err := TimeSlice(in[1], 0)
			if err != nil {
				return nil, err
			}
			return AddBias(G.Must(G.Add(sum, live)), row)
		},
	}
}

func TestProductsOfAWeightShareItsGradientWithItsOtherUses(t *testing.T) {
	c := chain(7, 2, 3)
	c.gradientsAreDerivatives(t)
	for _, dt := range []tensor.Dtype{tensor.Float64, tensor.Float32} {
		values := c.values(1, dt)
		near(t, c, c.result(t, lisp, values, dt), c.result(t, tape, values, dt), tolerance(dt))
	}
}

// Whatever order Gorgonia finds the products in, they are added up in one.
func TestTheSharedGradientHasTheSameBitsInEveryGraph(t *testing.T) {
	c := chain(30, 2, 3)
	values := c.values(1, tensor.Float32)
	first := c.result(t, tape, values, tensor.Float32)
	for range 5 {
		if again := c.result(t, tape, values, tensor.Float32); !slices.Equal(again.grads[1], first.grads[1]) {
			t.Fatalf("gradient of W is %v, and %v of another graph", first.grads[1], again.grads[1])
		}
	}
}

// Of the nodes of a graph, one alone beside W is as large as W, however many
// products there are.
func TestProductsOfAWeightHoldOneGradientOfIt(t *testing.T) {
	const T, B, K = 40, 2, 11
	c := opCase{
		inputs: []opInput{{name: "x", shape: tensor.Shape{B, K}}, {name: "W", shape: tensor.Shape{K, K}}},
		build: func(in []*G.Node) (*G.Node, error) {
			y := in[0]
			for range T {
				var err error
				if y, err = GatedMatMul(y, in[1]); err != nil {
					return nil, err
				}
			}
			return y, nil
		},
	}
	o := c.graph(t, c.values(1, tensor.Float64), tensor.Float64)
	o.machine(t, tape).Close()
	var large []*G.Node
	for _, n := range o.g.AllNodes() {
		if n.Shape().TotalSize() >= K*K {
			large = append(large, n)
		}
	}
	if len(large) != 2 {
		t.Errorf("%d nodes are as large as W, want W and its gradient: %v", len(large), large)
	}
}

// An anchor without a product would be a loose end, which a LispMachine refuses.
func TestARefusedProductLeavesNothingInTheGraph(t *testing.T) {
	n := nodeMaker(tensor.Float64)
	y, w := n("y", 3, 4), n("W", 5, 4)
	before := len(w.Graph().AllNodes())
	if _, err := GatedMatMul(y, w); err == nil {
		t.Fatal("a product of 4 features with 5 rows was made")
	}
	if after := len(w.Graph().AllNodes()); after != before {
		t.Errorf("%d nodes, want the %d from before", after, before)
	}
}

func TestTheGradientOfAProductHasNoGradient(t *testing.T) {
	n := nodeMaker(tensor.Float64)
	y, w := n("y", 3, 4), n("W", 4, 5)
	out := G.Must(GatedMatMul(y, w))
	grads, err := G.Grad(total(out), y, w)
	if err != nil {
		t.Fatal(err)
	}
	for i, name := range []string{"y", "W"} {
		if _, err := G.Grad(total(grads[i]), w); err == nil {
			t.Errorf("the gradient of %s was differentiated", name)
		}
	}
}
