package nb

import (
	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/egru/egru/layers"
	"github.com/egru/egru/ops"
)

// Gorgonia's graphs, nodes, values and machines.
type (
	Graph   = G.ExprGraph
	Node    = G.Node
	Tensor  = tensor.Dense
	Machine = G.VM
)

// NewGraph makes an empty graph.
func NewGraph() *Graph { return G.NewGraph() }

// NewTensor makes a tensor of float32 of a shape from numbers, row-major with the
// rightmost axis fastest.
func NewTensor(numbers []float64, shape ...int) *Tensor {
	narrow := make([]float32, len(numbers))
	for i, x := range numbers {
		narrow[i] = float32(x)
	}
	sized(len(numbers), shape)
	return tensor.New(tensor.WithShape(shape...), tensor.WithBacking(narrow))
}

// NewTensor64 is NewTensor of float64, to check gradients with.
func NewTensor64(numbers []float64, shape ...int) *Tensor {
	sized(len(numbers), shape)
	return tensor.New(tensor.WithShape(shape...), tensor.WithBacking(append([]float64(nil), numbers...)))
}

func sized(n int, shape []int) {
	size := 1
	for _, s := range shape {
		size *= s
	}
	if len(shape) == 0 || size != n || n == 0 {
		panic(errors.Errorf("%d numbers do not fill the shape %v", n, shape))
	}
}

// Input makes a node of a tensor. Every input of a graph has a name of its own.
func Input(g *Graph, name string, value *Tensor) *Node {
	return G.NodeFromAny(g, value, G.WithName(name))
}

// Numbers are the numbers of a tensor, or of a node's value after a run.
func Numbers(of interface{}) []float64 {
	var data interface{}
	switch v := of.(type) {
	case *Tensor:
		data = v.Data()
	case *Reading:
		data = v.value.Data()
	default:
		panic(errors.Errorf("numbers of a %T, want a *Tensor or a *Reading", of))
	}
	switch x := data.(type) {
	case []float64:
		return append([]float64(nil), x...)
	case []float32:
		wide := make([]float64, len(x))
		for i := range x {
			wide[i] = float64(x[i])
		}
		return wide
	case float64:
		return []float64{x}
	case float32:
		return []float64{float64(x)}
	}
	panic(errors.Errorf("numbers of %T, want float32 or float64", data))
}

// Reading holds the value that a node has after each run.
type Reading struct{ value G.Value }

// Read makes runs keep the value of a node: other values do not outlive their
// use.
func Read(n *Node) *Reading {
	r := &Reading{}
	G.Read(n, &r.value)
	return r
}

// Number is the value of a scalar.
func (r *Reading) Number() float64 { return Numbers(r)[0] }

// Tensor is the value of a node that is no scalar. The next run may change it.
func (r *Reading) Tensor() *Tensor {
	t, ok := r.value.(*tensor.Dense)
	if !ok {
		panic(errors.Errorf("the value is a %T, want a tensor", r.value))
	}
	return t
}

// Trained is what has weights: a layer, a stack, a model.
type Trained interface{ Params() []*Param }

// Weights are the nodes of weights in a graph.
type Weights struct{ nodes G.Nodes }

// WeightsOf are the weights of all that is to be trained.
func WeightsOf(g *Graph, all ...Trained) *Weights {
	w := &Weights{}
	for _, t := range all {
		w.nodes = append(w.nodes, must(layers.Nodes(g, t.Params()))...)
	}
	return w
}

// Grad adds the gradients of a loss towards weights to the graph. Call it once.
func Grad(loss *Node, w *Weights) { must(G.Grad(loss, w.nodes...)) }

// NewMachine compiles a graph to run, with weights that are to be trained.
func NewMachine(g *Graph, w *Weights) Machine {
	return G.NewTapeMachine(g, G.BindDualValues(w.nodes...))
}

// Step makes a solver's step, after a run of the machine.
func (w *Weights) Step(s Solver) error { return s.Step(G.NodesToValueGrads(w.nodes)) }

// Add is a + b, of equal shapes.
func Add(a, b *Node) *Node { return must(G.Add(a, b)) }

// Sub is a - b, of equal shapes.
func Sub(a, b *Node) *Node { return must(G.Sub(a, b)) }

// Times is a*b, element by element, of equal shapes.
func Times(a, b *Node) *Node { return must(G.HadamardProd(a, b)) }

// Neg is -a.
func Neg(a *Node) *Node { return must(G.Neg(a)) }

// Square is a*a, element by element.
func Square(a *Node) *Node { return must(G.Square(a)) }

// Sigmoid is 1/(1 + e^-a).
func Sigmoid(a *Node) *Node { return must(G.Sigmoid(a)) }

// Tanh is the hyperbolic tangent.
func Tanh(a *Node) *Node { return must(G.Tanh(a)) }

// Mean is the mean of all elements.
func Mean(a *Node) *Node { return must(G.Mean(a)) }

// Gain multiplies x (..., H) by a vector (H); see ops.Gain.
func Gain(x, by *Node) *Node { return must(ops.Gain(x, by)) }

// AddBias adds a vector (H) to x (..., H); see ops.AddBias.
func AddBias(x, bias *Node) *Node { return must(ops.AddBias(x, bias)) }

// GatedMatMul is y W, in which zeros of y cost nothing; see ops.GatedMatMul.
func GatedMatMul(y, w *Node) *Node { return must(ops.GatedMatMul(y, w)) }

// Event sends c (..., H) where it is above thr (H), and else zero; see ops.Event.
func Event(c, thr *Node, s Surrogate) *Node { return must(ops.Event(c, thr, s)) }

// Heaviside is 1 where x is above 0, and else 0; see ops.Heaviside.
func Heaviside(x *Node, s Surrogate) *Node { return must(ops.Heaviside(x, s)) }
