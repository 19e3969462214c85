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

var _ G.SDOp = backwardOp[float64]{}

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

// handOut picks the gradient of each input of the forward op out of a node of the
// flat vector, or of the one gradient that there is.
func (o backwardOp[F]) handOut(flat *G.Node) (grads G.Nodes, err error) {
	parts := o.parts()
	grads = make(G.Nodes, len(o.of.in))
	if len(parts) == 1 {
		grads[parts[0].input] = flat
		return grads, nil
	}
	for _, p := range parts {
		if grads[p.input], err = applyOne(pick[F]{off: p.off, of: p.shape, share: true}, []*G.Node{flat}); err != nil {
			return nil, err
		}
	}
	return grads, nil
}

// into cuts the flat vector into the gradients of the inputs, nil for those without.
func (o backwardOp[F]) into(flat []F) [][]F {
	into := make([][]F, len(o.of.in))
	for _, p := range o.parts() {
		into[p.input] = flat[p.off : p.off+p.shape.TotalSize()]
	}
	return into
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
	v, err := o.do(values)
	return v, failed(err)
}

func (o backwardOp[F]) do(values []G.Value) (G.Value, error) {
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
	flat, err := o.gradients(in, out.floats, grad.floats)
	if err != nil {
		return nil, errors.Wrap(err, o.String())
	}
	return valueOf(o.shape(), flat), nil
}

// gradients makes the flat vector.
func (o backwardOp[F]) gradients(in []array[F], out, grad []F) (flat []F, err error) {
	n := o.shape().TotalSize()
	if r, ok := o.of.operation.(replacing[F]); ok {
		flat, _ = pool.Take[F](n)
		return flat, r.replace(in, out, grad, o.into(flat))
	}
	flat = zeros[F](n)
	return flat, o.of.backward(in, out, grad, o.into(flat))
}

// OwnsValue is as for forwardOp: the parts of the flat vector are picked out of it
// in its own memory, by nodes that say that they share it.
func (o backwardOp[F]) OwnsValue() bool { return true }

// DiffWRT says that no second derivative is offered.
func (o backwardOp[F]) DiffWRT(n int) []bool { return make([]bool, n) }

// SymDiff returns ErrSecondDerivative.
func (o backwardOp[F]) SymDiff(G.Nodes, *G.Node, *G.Node) (G.Nodes, error) {
	return nil, errors.Wrap(ErrSecondDerivative, o.String())
}
