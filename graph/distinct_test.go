package graph

import (
	"fmt"
	"hash"
	"testing"

	"github.com/chewxy/hm"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// collision is an op that writes the same into the hash of every node made of
// it, as ops do by chance.
type collision struct {
	by float64
	G.Op
}

func (c collision) String() string      { return fmt.Sprintf("times %v", c.by) }
func (collision) Arity() int            { return 1 }
func (collision) ReturnsPtr() bool      { return true }
func (collision) CallsExtern() bool     { return false }
func (collision) OverwritesInput() int  { return -1 }
func (collision) WriteHash(h hash.Hash) { fmt.Fprint(h, "collision") }
func (c collision) Hashcode() uint32    { return uint32(c.by) }
func (collision) Type() hm.Type         { a := hm.TypeVariable('a'); return hm.NewFnType(a, a) }
func (collision) DiffWRT(n int) []bool  { return make([]bool, n) }
func (collision) InferShape(in ...G.DimSizer) (tensor.Shape, error) {
	shapes, err := G.DimSizersToShapes(in)
	if err != nil {
		return nil, err
	}
	return shapes[0], nil
}

func (c collision) Do(in ...G.Value) (G.Value, error) {
	out := in[0].(*tensor.Dense).Clone().(*tensor.Dense)
	for i, x := range out.Data().([]float64) {
		out.Set(i, c.by*x)
	}
	return out, nil
}

// Gorgonia's TapeMachine would run one of two nodes of one hash for both.
func TestNodesOfOneHashAreRefused(t *testing.T) {
	build := func(a, b float64) func(w *Window) error {
		return func(w *Window) error {
			x := w.Input("x", tensor.Float64, w.T, w.B, 2)
			sum := must(G.Add(must(G.ApplyOp(collision{by: a}, x)), must(G.ApplyOp(collision{by: b}, x))))
			w.Loss(must(G.Sum(sum)))
			return nil
		}
	}
	evaluate := func(a, b float64) (Result, error) {
		s := must(NewSession(modelOf{build: build(a, b)}, Config{}))
		return s.Evaluate(s.NewStream(1), Feeds{"x": tensor.New(tensor.WithShape(1, 1, 2), tensor.WithBacking([]float64{1, 2}))})
	}
	_, err := evaluate(2, 3)
	wantError(t, "two ops", err, ErrBuild, "by a coincidence of hashes")
	if r, err := evaluate(2, 2); err != nil || r.Loss != 12 {
		t.Errorf("one op twice: loss %v and error %v, want 12", r.Loss, err)
	}
}
