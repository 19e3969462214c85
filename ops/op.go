package ops

import (
	"fmt"
	"hash"
	"hash/fnv"

	"github.com/chewxy/hm"
	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/egru/egru/internal/kernel"
)

var (
	_ G.SDOp = forwardOp[float32]{}
	_ G.ADOp = forwardOp[float32]{}
	_ G.SDOp = backwardOp[float64]{}
)

// operation is everything an op of this package says about itself. forwardOp
// and backwardOp turn it into what Gorgonia's two machines want, so that the
// rules of gorgonia.Op are followed in one place.
//
// An operation is a value: it never changes after construction and keeps
// nothing between runs. That is what lets one op serve clones of a graph,
// several machines and common-subexpression elimination.
type operation[F kernel.Float] interface {
	// String names the operation together with every field that changes its
	// result. It is the label of the node and the whole of its hash.
	fmt.Stringer

	// operands lists the inputs in order. Its length is the arity.
	operands() []operand

	// shape checks the shapes of the inputs, which have the ranks that
	// operands demands and no empty axis, and gives the shape of the output.
	shape(in []tensor.Shape) (tensor.Shape, error)

	// forward writes the output, which arrives zeroed.
	forward(in []array[F], out []F) error

	// backward ADDS the gradient of input i to into[i]. into[i] is nil where
	// the gradient has no taker: integer inputs and fixed ones.
	backward(in []array[F], out, grad []F, into [][]F) error
}

// operand is what an operation demands of one of its inputs.
type operand struct {
	name  string
	rank  int  // number of axes; anyRank for no demand
	index bool // holds integers (tensor.Int), not floats; never has a gradient
	fixed bool // floats without a gradient
}

const anyRank = -1

func (o operand) differentiable() bool { return !o.index && !o.fixed }

// apply makes the node of an operation, in the precision of its first float
// input.
func apply(o32 operation[float32], o64 operation[float64], in ...*G.Node) (*G.Node, error) {
	of, err := inputDtype(o32, in...)
	if err != nil {
		return nil, err
	}
	if of == tensor.Float32 {
		return applyOne(o32, in)
	}
	return applyOne(o64, in)
}

// inputDtype checks the inputs of an operation, all but their shapes, and gives
// the dtype that its float inputs share, none if all are integers.
func inputDtype[F kernel.Float](o operation[F], in ...*G.Node) (of tensor.Dtype, err error) {
	ops := o.operands()
	name := o.String()
	if len(in) != len(ops) {
		return of, errors.Wrapf(ErrNode, "%s: got %d inputs, want %d", name, len(in), len(ops))
	}
	for i, n := range in {
		if n == nil {
			return of, errors.Wrapf(ErrNode, "%s: %s is nil", name, ops[i].name)
		}
		if g := in[0].Graph(); n.Graph() != g {
			return of, errors.Wrapf(ErrNode, "%s: %s belongs to another graph than %s", name, ops[i].name, ops[0].name)
		}
		dt, err := nodeDtype(n)
		switch {
		case err != nil:
			return of, errors.Wrapf(err, "%s: %s", name, ops[i].name)
		case ops[i].index && dt != tensor.Int:
			return of, errors.Wrapf(ErrDtype, "%s: %s has dtype %v, want %v", name, ops[i].name, dt, tensor.Int)
		case ops[i].index:
		case dt != tensor.Float32 && dt != tensor.Float64:
			return of, errors.Wrapf(ErrDtype, "%s: %s has dtype %v, want float32 or float64", name, ops[i].name, dt)
		case of != (tensor.Dtype{}) && dt != of:
			return of, errors.Wrapf(ErrDtype, "%s: %s has dtype %v, want %v as the inputs before it", name, ops[i].name, dt, of)
		default:
			of = dt
		}
	}
	return of, nil
}

func applyOne[F kernel.Float](o operation[F], in []*G.Node) (*G.Node, error) {
	shapes := make([]tensor.Shape, len(in))
	for i, n := range in {
		shapes[i] = n.Shape().Clone()
	}
	out, err := outShape(o, shapes)
	if err != nil {
		return nil, err
	}
	n, err := G.ApplyOp(forwardOp[F]{o, shapes, out}, in...)
	return n, errors.Wrap(err, o.String())
}

// outShape checks the inputs' shapes against an operation and infers its
// output's.
func outShape[F kernel.Float](o operation[F], in []tensor.Shape) (tensor.Shape, error) {
	ops := o.operands()
	if len(in) != len(ops) {
		return nil, errors.Wrapf(ErrShape, "%s: got %d inputs, want %d", o, len(in), len(ops))
	}
	for i, s := range in {
		if ops[i].rank != anyRank && len(s) != ops[i].rank {
			return nil, errors.Wrapf(ErrShape, "%s: %s has shape %v of %d axes, want %d", o, ops[i].name, s, len(s), ops[i].rank)
		}
		for _, n := range s {
			if n <= 0 {
				return nil, errors.Wrapf(ErrShape, "%s: %s has shape %v with an empty axis", o, ops[i].name, s)
			}
		}
	}
	out, err := o.shape(in)
	return out, errors.Wrap(err, o.String())
}

// forwardOp computes an operation.
type forwardOp[F kernel.Float] struct {
	operation[F]
	in  []tensor.Shape
	out tensor.Shape
}

func (o forwardOp[F]) Arity() int           { return len(o.in) }
func (o forwardOp[F]) ReturnsPtr() bool     { return true }
func (o forwardOp[F]) CallsExtern() bool    { return false }
func (o forwardOp[F]) OverwritesInput() int { return -1 }

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
	in, err := o.arrays(values)
	if err != nil {
		return nil, err
	}
	out := make([]F, o.out.TotalSize())
	if err := o.forward(in, out); err != nil {
		return nil, errors.Wrap(err, o.String())
	}
	return valueOf(o.out, out), nil
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
	back := backwardOp[F]{o}
	all := append(append(G.Nodes{}, inputs...), output, grad)
	b, err := G.ApplyOp(back, all...)
	if err != nil {
		return nil, errors.Wrapf(err, "gradient of %s", o)
	}
	grads := make(G.Nodes, len(inputs))
	parts := back.parts()
	if len(parts) == 1 {
		grads[parts[0].input] = b
		return grads, nil
	}
	for _, p := range parts {
		if grads[p.input], err = applyOne(pick[F]{off: p.off, of: p.shape}, []*G.Node{b}); err != nil {
			return nil, err
		}
	}
	return grads, nil
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

// backwardOp computes the gradients of an operation towards all its
// differentiable inputs at once. Its inputs are those of the forward op, the
// output and the output's gradient; its value is the input's gradient where
// there is one differentiable input, else one flat vector of them all.
type backwardOp[F kernel.Float] struct {
	of forwardOp[F]
}

// part is the place of one input's gradient in the flat vector.
type part struct {
	input int
	off   int
	shape tensor.Shape
}

func (o backwardOp[F]) parts() []part {
	var ps []part
	off := 0
	for i, op := range o.of.operands() {
		if !op.differentiable() {
			continue
		}
		s := o.of.in[i]
		ps = append(ps, part{i, off, s})
		off += s.TotalSize()
	}
	return ps
}

func (o backwardOp[F]) shape() tensor.Shape {
	ps := o.parts()
	if len(ps) == 1 {
		return ps[0].shape
	}
	last := ps[len(ps)-1]
	return tensor.Shape{last.off + last.shape.TotalSize()}
}

func (o backwardOp[F]) Arity() int           { return len(o.of.in) + 2 }
func (o backwardOp[F]) ReturnsPtr() bool     { return true }
func (o backwardOp[F]) CallsExtern() bool    { return false }
func (o backwardOp[F]) OverwritesInput() int { return -1 }
func (o backwardOp[F]) String() string       { return "gradient of " + o.of.String() }

func (o backwardOp[F]) Type() hm.Type {
	ts := make([]hm.Type, 0, o.Arity()+1)
	for i, s := range o.of.in {
		if o.of.operands()[i].index {
			ts = append(ts, typeOf(tensor.Int, s))
		} else {
			ts = append(ts, typeOf(dtypeOf[F](), s))
		}
	}
	d := dtypeOf[F]()
	return hm.NewFnType(append(ts, typeOf(d, o.of.out), typeOf(d, o.of.out), typeOf(d, o.shape()))...)
}

func (o backwardOp[F]) InferShape(...G.DimSizer) (tensor.Shape, error) { return o.shape().Clone(), nil }

func (o backwardOp[F]) WriteHash(h hash.Hash) {
	fmt.Fprint(h, "gradient ")
	o.of.WriteHash(h)
}

func (o backwardOp[F]) Hashcode() uint32 { return hashcode(o.WriteHash) }

func (o backwardOp[F]) Do(values ...G.Value) (G.Value, error) {
	n := len(o.of.in)
	if len(values) != n+2 {
		return nil, errors.Wrapf(ErrShape, "%s: got %d values, want %d", o, len(values), n+2)
	}
	in, err := o.of.arrays(values[:n])
	if err != nil {
		return nil, err
	}
	out, err := arrayOf[F](values[n], o.of.out, false)
	if err != nil {
		return nil, errors.Wrapf(err, "%s: output", o)
	}
	grad, err := arrayOf[F](values[n+1], o.of.out, false)
	if err != nil {
		return nil, errors.Wrapf(err, "%s: gradient of the output", o)
	}
	flat := make([]F, o.shape().TotalSize())
	into := make([][]F, n)
	for _, p := range o.parts() {
		into[p.input] = flat[p.off : p.off+p.shape.TotalSize()]
	}
	if err := o.of.backward(in, out.floats, grad.floats, into); err != nil {
		return nil, errors.Wrap(err, o.String())
	}
	return valueOf(o.shape(), flat), nil
}

// DiffWRT says that no second derivative is offered.
func (o backwardOp[F]) DiffWRT(n int) []bool { return make([]bool, n) }

// SymDiff returns ErrSecondDerivative.
func (o backwardOp[F]) SymDiff(G.Nodes, *G.Node, *G.Node) (G.Nodes, error) {
	return nil, errors.Wrap(ErrSecondDerivative, o.String())
}

func hashcode(write func(hash.Hash)) uint32 {
	h := fnv.New32a()
	write(h)
	return h.Sum32()
}
