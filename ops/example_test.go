package ops_test

import (
	"fmt"
	"log"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/egru/egru/ops"
	"github.com/egru/egru/ops/surrogate"
)

// numbers makes an input of a graph.
func numbers(g *G.ExprGraph, name string, backing any, shape ...int) *G.Node {
	return G.NodeFromAny(g, tensor.New(tensor.WithShape(shape...), tensor.WithBacking(backing)), G.WithName(name))
}

// run runs a graph once, forward alone.
func run(g *G.ExprGraph) {
	vm := G.NewTapeMachine(g)
	defer vm.Close()
	if err := vm.RunAll(); err != nil {
		log.Fatal(err)
	}
}

// descend runs a graph once, with the gradients of the sum of out.
func descend(g *G.ExprGraph, out *G.Node, wrt ...*G.Node) {
	if _, err := G.Grad(G.Must(G.Sum(out)), wrt...); err != nil {
		log.Fatal(err)
	}
	vm := G.NewTapeMachine(g, G.BindDualValues(wrt...))
	defer vm.Close()
	if err := vm.RunAll(); err != nil {
		log.Fatal(err)
	}
}

// gradient is what a run left at an input.
func gradient(n *G.Node) any {
	v, err := n.Grad()
	if err != nil {
		log.Fatal(err)
	}
	return v.Data()
}

// A step whose derivative is a triangle around the threshold.
func ExampleHeaviside() {
	g := G.NewGraph()
	x := numbers(g, "x", []float64{-2, -0.5, 0, 0.25, 3}, 5)
	o := G.Must(ops.Heaviside(x, surrogate.DefaultTriangle()))

	var events G.Value
	G.Read(o, &events)
	descend(g, o, x)
	fmt.Println("o ", events.Data())
	fmt.Println("dx", gradient(x))
	// Output:
	// o  [0 0 0 1 1]
	// dx [0 0.5 1 0.75 0]
}

// Units send their state where it is above their threshold.
func ExampleEvent() {
	g := G.NewGraph()
	c := numbers(g, "c", []float64{0.25, 0.75, 0.5, 4}, 2, 2)
	thr := numbers(g, "thr", []float64{0.5, 0.5}, 2)
	y := G.Must(ops.Event(c, thr, surrogate.DefaultTriangle()))

	var events G.Value
	G.Read(y, &events)
	descend(g, y, c, thr)
	fmt.Println("y   ", events.Data())
	fmt.Println("dc  ", gradient(c))
	fmt.Println("dthr", gradient(thr))
	// Output:
	// y    [0 0.75 0 4]
	// dc   [0.1875 1.5625 0.5 1]
	// dthr [-0.6875 -0.5625]
}

// Only the unit far below its threshold is not live: no event, no surrogate.
func ExampleLive() {
	g := G.NewGraph()
	c := numbers(g, "c", []float64{-3, 0.25, 0.75, 4}, 1, 4)
	thr := numbers(g, "thr", []float64{0.5, 0.5, 0.5, 0.5}, 4)
	var live G.Value
	G.Read(G.Must(ops.Live(c, thr, surrogate.DefaultTriangle())), &live)
	run(g)
	fmt.Println(live.Data())
	// Output: [0 1 1 1]
}

// The second unit sends no event, so its row of W is not read.
func ExampleGatedMatMul() {
	g := G.NewGraph()
	y := numbers(g, "y", []float64{2, 0}, 1, 2)
	w := numbers(g, "W", []float64{1, 2, 3, 4, 5, 6}, 2, 3)
	out := G.Must(ops.GatedMatMul(y, w))

	var product G.Value
	G.Read(out, &product)
	descend(g, out, y, w)
	fmt.Println("out", product.Data())
	fmt.Println("dy ", gradient(y))
	fmt.Println("dW ", gradient(w))
	// Output:
	// out [2 4 6]
	// dy  [6 15]
	// dW  [2 2 2 0 0 0]
}

// Towards a unit that is not live the gradient is left out.
func ExampleGatedMatMulLive() {
	g := G.NewGraph()
	y := numbers(g, "y", []float64{2, 0}, 1, 2)
	w := numbers(g, "W", []float64{1, 2, 3, 4, 5, 6}, 2, 3)
	live := numbers(g, "live", []float64{1, 0}, 1, 2)
	descend(g, G.Must(ops.GatedMatMulLive(y, w, live)), y, w)
	fmt.Println("dy", gradient(y))
	// Output: dy [6 0]
}

// Two sequences of two words each, in a vocabulary of three.
func ExampleEmbedding() {
	g := G.NewGraph()
	w := numbers(g, "W", []float64{0.1, 0.2, 1.1, 1.2, 2.1, 2.2}, 3, 2)
	ids := numbers(g, "ids", []int{2, 0, 2, 1}, 2, 2)
	x := G.Must(ops.Embedding(w, ids))

	var rows G.Value
	G.Read(x, &rows)
	descend(g, x, w)
	fmt.Println("shape", x.Shape())
	fmt.Println("x    ", rows.Data())
	fmt.Println("dW   ", gradient(w))
	// Output:
	// shape (2, 2, 2)
	// x     [2.1 2.2 0.1 0.2 2.1 2.2 1.1 1.2]
	// dW    [1 1 1 1 2 2]
}

// A mask for each step of training, the same in every run of that step.
func ExampleDropout() {
	g := G.NewGraph()
	x := numbers(g, "x", []float64{1, 2, 3, 4, 5, 6, 7, 8}, 8)
	key := numbers(g, "key", []int{42, 0}, 2) // seed and step
	var y G.Value
	G.Read(G.Must(ops.Dropout(x, key, ops.DropoutConfig{P: 0.5, Stream: "hidden"})), &y)
	for _, step := range []int{0, 1, 0} {
		if err := G.Let(key, tensor.New(tensor.WithBacking([]int{42, step}))); err != nil {
			log.Fatal(err)
		}
		run(g)
		fmt.Println(step, y.Data())
	}
	// Output:
	// 0 [2 4 0 8 10 12 0 16]
	// 1 [2 0 6 0 10 12 0 16]
	// 0 [2 4 0 8 10 12 0 16]
}

// A mask for DropConnect: ones scaled so that their mean is 1.
func ExampleMask() {
	g := G.NewGraph()
	key := numbers(g, "key", []int{42, 0}, 2) // seed and step
	var m G.Value
	G.Read(G.Must(ops.Mask(key, tensor.Float32, ops.MaskConfig{
		Shape: tensor.Shape{2, 4}, Keep: 0.8, Scale: true, Stream: "dropconnect",
	})), &m)
	run(g)
	fmt.Println(m.Data())
	// Output: [1.25 1.25 0 1.25 1.25 1.25 1.25 1.25]
}

// A sequence (T, B, H) as rows for a product that wants a matrix.
func ExampleReshape() {
	g := G.NewGraph()
	x := numbers(g, "x", []float64{1, 2, 3, 4, 5, 6, 7, 8}, 2, 2, 2)
	rows := G.Must(ops.Reshape(x, tensor.Shape{4, 2}))
	fmt.Println(x.Shape(), "to", rows.Shape())
	// Output: (2, 2, 2) to (4, 2)
}

// The last step of a sequence (T, B, H).
func ExampleTimeSlice() {
	g := G.NewGraph()
	x := numbers(g, "x", []float64{1, 2, 3, 4, 5, 6}, 3, 1, 2)
	last := G.Must(ops.TimeSlice(x, 2))
	var values G.Value
	G.Read(last, &values)
	run(g)
	fmt.Println(last.Shape(), values.Data())
	// Output: (1, 2) [5 6]
}

// Word 3 is dropped wherever it stands; the vectors of the others double.
func ExampleWordDropout() {
	g := G.NewGraph()
	x := numbers(g, "x", []float64{1, 2, 3, 4, 1, 2, 5, 6}, 4, 2)
	ids := numbers(g, "ids", []int{3, 1, 3, 2}, 4)
	key := numbers(g, "key", []int{1, 5}, 2) // seed and step
	var y G.Value
	G.Read(G.Must(ops.WordDropout(x, ids, key, ops.WordDropoutConfig{P: 0.5, Stream: "words"})), &y)
	run(g)
	fmt.Println(y.Data())
	// Output: [0 0 6 8 0 0 10 12]
}
