package docs_test

import (
	"fmt"
	"hash"
	"hash/fnv"

	"github.com/chewxy/hm"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// custom is an op of one's own as simple as Gorgonia lets it be: of one input,
// with an output of the same shape, and without a derivative.
type custom struct {
	name string // the whole of its hash
	do   func(x *tensor.Dense) (G.Value, error)
}

func (custom) Arity() int    { return 1 }
func (custom) Type() hm.Type { return hm.NewFnType(hm.TypeVariable('a'), hm.TypeVariable('a')) }
func (custom) InferShape(ds ...G.DimSizer) (tensor.Shape, error) {
	shapes, err := G.DimSizersToShapes(ds)
	if err != nil {
		return nil, err
	}
	return shapes[0].Clone(), nil
}
func (o custom) Do(vs ...G.Value) (G.Value, error) { return o.do(vs[0].(*tensor.Dense)) }
func (custom) ReturnsPtr() bool                    { return true }
func (custom) CallsExtern() bool                   { return false }
func (custom) OverwritesInput() int                { return -1 }
func (o custom) WriteHash(h hash.Hash)             { fmt.Fprint(h, o.name) }
func (o custom) String() string                    { return o.name }
func (o custom) Hashcode() uint32 {
	h := fnv.New32a()
	o.WriteHash(h)
	return h.Sum32()
}

// times gives an op that multiplies by k.
func times(k float64) func(*tensor.Dense) (G.Value, error) {
	return func(x *tensor.Dense) (G.Value, error) { return x.MulScalar(k, true) }
}

// taped is a custom op with a derivative for the TapeMachine: back of the
// gradient of its output.
type taped struct {
	custom
	back custom
}

func (taped) DiffWRT(n int) []bool { return []bool{true} }

func (o taped) SymDiff(in G.Nodes, _, grad *G.Node) (G.Nodes, error) {
	n, err := G.ApplyOp(o.back, grad)
	return G.Nodes{n}, err
}

// lisped is a custom op with a derivative for the LispMachine.
type lisped struct {
	custom
	diff func() error
}

func (o lisped) DoDiff(G.ExecutionContext, G.Nodes, *G.Node) error { return o.diff() }
