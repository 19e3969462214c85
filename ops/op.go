package ops

import (
	"fmt"
	"hash"
	"hash/fnv"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/egru/egru/internal/kernel"
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

	// forward writes the output, which arrives zeroed, but see filling.
	forward(in []array[F], out []F) error

	// backward ADDS the gradient of input i to into[i]. into[i] is nil where
	// the gradient has no taker: integer inputs and fixed ones.
	backward(in []array[F], out, grad []F, into [][]F) error
}

// filling is an operation whose forward writes every number of the output, whatever
// it holds. Zeros would cost a pass through memory.
type filling interface {
	// fills says that this one does.
	fills() bool
}

func fills[F kernel.Float](o operation[F]) bool {
	f, ok := o.(filling)
	return ok && f.fills()
}

// replacing is an operation that can make the gradients of its inputs in memory that
// holds anything. Zeros to add to would cost two passes through it.
type replacing[F kernel.Float] interface {
	// replace is backward, but each gradient takes the place of what stands in into.
	replace(in []array[F], out, grad []F, into [][]F) error
}

// sharing is an operation whose output may be memory of an input, which saves a
// copy. That is right only where no other node reads that part of the input, or
// none writes to either: Gorgonia overwrites values in place.
type sharing[F kernel.Float] interface {
	// shares says that this one does.
	shares() bool

	// shared is that memory.
	shared(in []array[F]) []F
}

// sharingOf is o as one that shares, or nil.
func sharingOf[F kernel.Float](o operation[F]) sharing[F] {
	if s, ok := o.(sharing[F]); ok && s.shares() {
		return s
	}
	return nil
}

// overwriting is an operation that computes its output in the memory of its first
// input where a machine says that nothing reads that input later, and in memory of
// its own elsewhere.
type overwriting[F kernel.Float] interface {
	// overwrites says that this one does.
	overwrites() bool

	// onto is forward for an output that holds the first input.
	onto(in []array[F], out []F) error
}

// overwritingOf is o as one that overwrites, or nil.
func overwritingOf[F kernel.Float](o operation[F]) overwriting[F] {
	if w, ok := o.(overwriting[F]); ok && w.overwrites() {
		return w
	}
	return nil
}

// routed is an operation that makes the nodes of its gradients itself.
// Gorgonia's LispMachine still calls backward.
type routed[F kernel.Float] interface {
	operation[F]

	// routes says which inputs have a gradient.
	routes() []bool

	// route makes the gradients of the inputs from d, that of the output: nil
	// where routes says that there is none.
	route(in G.Nodes, out, d *G.Node) (G.Nodes, error)
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
		if n.Dims() > 0 && n.Shape().Dims() == 0 {
			return of, errors.Wrapf(ErrShape, "%s: %s has %d axes and no shape", name, ops[i].name, n.Dims())
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

// usable reports inputs that apply would refuse. An anchor is made after that: it
// would stay in the graph with nothing that uses it.
func usable[F kernel.Float](o operation[F], in ...*G.Node) error {
	if _, err := inputDtype(o, in...); err != nil {
		return err
	}
	_, err := outShape(o, shapesOf(in))
	return err
}

func shapesOf(in []*G.Node) []tensor.Shape {
	shapes := make([]tensor.Shape, len(in))
	for i, n := range in {
		shapes[i] = n.Shape().Clone()
	}
	return shapes
}

func applyOne[F kernel.Float](o operation[F], in []*G.Node) (*G.Node, error) {
	shapes := shapesOf(in)
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

func hashcode(write func(hash.Hash)) uint32 {
	h := fnv.New32a()
	write(h)
	return h.Sum32()
}
