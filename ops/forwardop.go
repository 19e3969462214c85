package ops

import (
	"fmt"
	"hash"

	"github.com/chewxy/hm"
	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/egru/egru/internal/kernel"
	"github.com/egru/egru/internal/pool"
)

var (
	_ G.SDOp            = forwardOp[float32]{}
	_ G.ADOp            = forwardOp[float32]{}
	_ G.UsePreallocDoer = forwardOp[float32]{}
)

// forwardOp computes an operation.
type forwardOp[F kernel.Float] struct {
	operation[F]
	in  []tensor.Shape
	out tensor.Shape
}

func (o forwardOp[F]) Arity() int        { return len(o.in) }
func (o forwardOp[F]) ReturnsPtr() bool  { return true }
func (o forwardOp[F]) CallsExtern() bool { return false }

func (o forwardOp[F]) OverwritesInput() int {
	if overwritingOf(o.operation) != nil {
		return 0
	}
	return -1
}

// Type is built afresh each time: Gorgonia returns it to a pool.
func (o forwardOp[F]) Type() hm.Type {
	ts := make([]hm.Type, 0, len(o.in)+1)
	for i, s := range o.in {
		if o.operands()[i].index {
			ts = append(ts, typeOf(tensor.Int, s))
		} else {
			ts = append(ts, typeOf(dtypeOf[F](), s))
		}
	}
	return hm.NewFnType(append(ts, typeOf(dtypeOf[F](), o.out))...)
}

func (o forwardOp[F]) InferShape(ds ...G.DimSizer) (tensor.Shape, error) {
	shapes, err := G.DimSizersToShapes(ds)
	if err != nil {
		return nil, errors.Wrap(err, o.String())
	}
	return outShape(o.operation, shapes)
}

// WriteHash writes the name, which holds every field, with the precision and
// the shapes: Gorgonia takes nodes of one hash for one node.
func (o forwardOp[F]) WriteHash(h hash.Hash) {
	fmt.Fprintf(h, "egru %v %v %v", o.operation, dtypeOf[F](), o.in)
}

func (o forwardOp[F]) Hashcode() uint32 { return hashcode(o.WriteHash) }

func (o forwardOp[F]) Do(values ...G.Value) (G.Value, error) {
	v, err := o.do(values)
	return v, failed(err)
}

func (o forwardOp[F]) do(values []G.Value) (G.Value, error) {
	in, err := o.arrays(values)
	if err != nil {
		return nil, err
	}
	if s := sharingOf(o.operation); s != nil {
		return valueOf(o.out, s.shared(in)), nil
	}
	out := o.room()
	if err := o.forward(in, out); err != nil {
		return nil, errors.Wrap(err, o.String())
	}
	return valueOf(o.out, out), nil
}

// room is memory for the output as forward expects it.
func (o forwardOp[F]) room() []F {
	n := o.out.TotalSize()
	if !fills(o.operation) {
		return zeros[F](n)
	}
	s, _ := pool.Take[F](n)
	return s
}

// UsePreallocDo is Do where a machine has the value of the first input to spare,
// and gives it as prealloc.
func (o forwardOp[F]) UsePreallocDo(prealloc G.Value, values ...G.Value) (G.Value, error) {
	w := overwritingOf(o.operation)
	if w == nil || len(values) == 0 || prealloc != values[0] {
		return o.Do(values...)
	}
	in, err := o.arrays(values)
	if err != nil {
		return nil, failed(err)
	}
	out := in[0].floats // of prealloc, or a copy of it in rows
	if err := w.onto(in, out); err != nil {
		return nil, failed(errors.Wrap(err, o.String()))
	}
	return valueOf(o.out, out), nil
}

// OwnsValue says that the memory of the node's value was taken from the pools,
// and that no other node's value lies in it unless Gorgonia put it there.
func (o forwardOp[F]) OwnsValue() bool {
	return sharingOf(o.operation) == nil && overwritingOf(o.operation) == nil
}

// arrays reads the values of the inputs, which a machine or a caller of Do
// hands over.
func (o forwardOp[F]) arrays(values []G.Value) ([]array[F], error) {
	if len(values) != len(o.in) {
		return nil, errors.Wrapf(ErrShape, "%s: got %d values, want %d", o, len(values), len(o.in))
	}
	in := make([]array[F], len(values))
	for i, v := range values {
		a, err := arrayOf[F](v, o.in[i], o.operands()[i].index)
		if err != nil {
			return nil, errors.Wrapf(err, "%s: %s", o, o.operands()[i].name)
		}
		in[i] = a
	}
	return in, nil
}

// DiffWRT has one answer for each of the n inputs.
func (o forwardOp[F]) DiffWRT(n int) []bool {
	wrt := make([]bool, n)
	if r, ok := o.operation.(routed[F]); ok {
		copy(wrt, r.routes())
		return wrt
	}
	for i, op := range o.operands() {
		if i < n {
			wrt[i] = op.differentiable()
		}
	}
	return wrt
}

// SymDiff makes one backward node, which runs once, and picks each input's
// gradient out of it. A lone differentiable input needs no picking.
func (o forwardOp[F]) SymDiff(inputs G.Nodes, output, grad *G.Node) (G.Nodes, error) {
	if r, ok := o.operation.(routed[F]); ok {
		grads, err := r.route(inputs, output, grad)
		return grads, errors.Wrapf(err, "gradient of %s", o)
	}
	back := backwardOp[F]{o}
	if len(back.parts()) == 0 {
		return make(G.Nodes, len(inputs)), nil
	}
	all := append(append(G.Nodes{}, inputs...), output, grad)
	b, err := G.ApplyOp(back, all...)
	if err != nil {
		return nil, errors.Wrapf(err, "gradient of %s", o)
	}
	return back.handOut(b)
}

// DoDiff is the LispMachine's way: gradients are added straight into the
// inputs' own.
func (o forwardOp[F]) DoDiff(_ G.ExecutionContext, inputs G.Nodes, output *G.Node) error {
	values := make([]G.Value, len(inputs))
	into := make([][]F, len(inputs))
	var scalars []func()
	for i, n := range inputs {
		values[i] = n.Value()
		if !o.operands()[i].differentiable() {
			continue
		}
		g, err := n.Grad()
		if err != nil {
			return errors.Wrapf(err, "%s: gradient of %s", o, o.operands()[i].name)
		}
		buf, flush, err := accumulator[F](g, o.in[i])
		if err != nil {
			return errors.Wrapf(err, "%s: gradient of %s", o, o.operands()[i].name)
		}
		into[i] = buf
		if flush != nil {
			scalars = append(scalars, flush)
		}
	}
	in, err := o.arrays(values)
	if err != nil {
		return err
	}
	out, err := arrayOf[F](output.Value(), o.out, false)
	if err != nil {
		return errors.Wrapf(err, "%s: output", o)
	}
	g, err := output.Grad()
	if err != nil {
		return errors.Wrapf(err, "%s: gradient of the output", o)
	}
	grad, err := arrayOf[F](g, o.out, false)
	if err != nil {
		return errors.Wrapf(err, "%s: gradient of the output", o)
	}
	if err := o.backward(in, out.floats, grad.floats, into); err != nil {
		return errors.Wrapf(err, "gradient of %s", o)
	}
	for _, flush := range scalars {
		flush()
	}
	return nil
}
