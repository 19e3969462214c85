package ops_test

import (
	"fmt"
	"math"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/egru/egru/ops"
)

// Three units predict four words. The first row has one event, the second two;
// the third has no target and costs nothing.
func ExampleSoftmaxCrossEntropy() {
	g := G.NewGraph()
	y := G.NewMatrix(g, tensor.Float64, G.WithName("y"), G.WithShape(3, 3), G.WithValue(tensor.New(tensor.WithShape(3, 3),
		tensor.WithBacking([]float64{
			1, 0, 0,
			0, 2, 1,
			9, 9, 9,
		}))))
	w := G.NewMatrix(g, tensor.Float64, G.WithName("w"), G.WithShape(4, 3), G.WithValue(tensor.New(tensor.WithShape(4, 3),
		tensor.WithBacking([]float64{
			2, 0, 0,
			0, 1, 0,
			0, 0, 1,
			0, 0, 0,
		}))))
	targets := G.NewVector(g, tensor.Int, G.WithName("targets"), G.WithShape(3), G.WithValue(tensor.New(tensor.WithShape(3),
		tensor.WithBacking([]int{0, 1, ops.IgnoreTarget}))))

	meter := ops.NewMeter("decoder")
	c, err := ops.SoftmaxCrossEntropy(
		ops.CrossEntropyInputs{Y: y, W: w, Targets: targets},
		ops.SoftmaxCrossEntropyConfig{Meter: meter})
	if err != nil {
		fmt.Println(err)
		return
	}
	loss, nll := G.Must(c.Loss()), G.Must(c.NLL())
	var mean, each G.Value
	G.Read(loss, &mean)
	G.Read(nll, &each)
	if _, err := G.Grad(loss, w); err != nil {
		fmt.Println(err)
		return
	}
	vm := G.NewTapeMachine(g, G.BindDualValues(w))
	defer vm.Close()
	if err := vm.RunAll(); err != nil {
		fmt.Println(err)
		return
	}
	dw, err := w.Grad()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("nll        %.4f\n", each.Data())
	fmt.Printf("loss       %.4f nats a word\n", mean.Data())
	fmt.Printf("perplexity %.4f\n", math.Exp(mean.Data().(float64)))
	fmt.Printf("dW         %.4f\n", dw.Data())
	n := meter.Counts()
	fmt.Printf("MACs       %d forward, %d if dense\n", n.ForwardMACs, n.DenseForwardMACs)
	// Output:
	// nll        [0.3408 0.4938 0.0000]
	// loss       0.4173 nats a word
	// perplexity 1.5178
	// dW         [-0.1444 0.0826 0.0413 0.0481 -0.3897 -0.1949 0.0481 0.2245 0.1123 0.0481 0.0826 0.0413]
	// MACs       12 forward, 24 if dense
}
