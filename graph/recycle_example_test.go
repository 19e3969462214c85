package graph_test

import (
	"fmt"
	"reflect"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/egru/egru/graph"
	"github.com/egru/egru/layers"
)

// A plain Gorgonia graph with a layer of this library runs twice. With Recycle
// between, the second run computes in the memory of the first, and gives what it
// gives without.
func ExampleRecycle() {
	second := func(recycle bool) (loss float64, gradients []any) {
		g := G.NewGraph()
		x := G.NewTensor(g, tensor.Float64, 3, G.WithShape(10, 2, 4), G.WithName("x"), G.WithInit(G.RangedFrom(1)))
		config := layers.DefaultEGRU(4, 16)
		config.Dtype = tensor.Float64
		rnn := must(layers.NewEGRU("rnn", config))
		cost := must(G.Mean(must(G.Square(must(rnn.Forward(x))))))
		weights := must(rnn.Nodes(g))
		must(G.Grad(cost, weights...))

		vm := G.NewTapeMachine(g, G.BindDualValues(weights...))
		for run := range 2 {
			if run > 0 {
				for _, w := range weights {
					G.ZeroValue(must(w.Grad())) // the machine adds to it
				}
				vm.Reset()
				if recycle {
					graph.Recycle(g)
				}
			}
			check(vm.RunAll())
		}
		for _, w := range weights {
			gradients = append(gradients, must(w.Grad()).Data())
		}
		return cost.Value().Data().(float64), gradients
	}
	loss, gradients := second(true)
	wantLoss, wantGradients := second(false)
	fmt.Println("loss above zero:", loss > 0)
	fmt.Println("same loss:", loss == wantLoss)
	fmt.Println("same gradients:", reflect.DeepEqual(gradients, wantGradients))
	// Output:
	// loss above zero: true
	// same loss: true
	// same gradients: true
}
