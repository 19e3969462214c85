package ops

import (
	"github.com/chewxy/hm"
	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/egru/egru/internal/kernel"
	"github.com/egru/egru/internal/pool"
	"github.com/egru/egru/internal/rowmajor"
)

// array is the value of an operand: its shape and its numbers, row-major and
// contiguous.
type array[F kernel.Float] struct {
	shape  tensor.Shape
	floats []F   // of a float operand; shares the tensor's memory, read only
	index  []int // of an integer operand; likewise
}

// arrayOf reads a Gorgonia value that must have the given shape. A view, or a
// tensor transposed or stored column by column, is copied into row-major order.
func arrayOf[F kernel.Float](v G.Value, want tensor.Shape, index bool) (array[F], error) {
	a := array[F]{shape: want}
	var data any
	var strides []int
	switch t := v.(type) {
	case nil:
		return a, errors.Wrap(ErrShape, "has no value; bind one with gorgonia.Let")
	case *tensor.Dense:
		if !sameShape(t.Shape(), want) {
			return a, errors.Wrapf(ErrShape, "has shape %v, want %v", t.Shape(), want)
		}
		data, strides = t.Data(), t.Strides()
	case *G.F32:
		data = float32(*t)
	case *G.F64:
		data = float64(*t)
	case *G.I:
		data = int(*t)
	default:
		return a, errors.Wrapf(ErrDtype, "has a value of type %T, want a dense tensor or a scalar", v)
	}
	switch d := data.(type) {
	case []F:
		a.floats = inRows(d, want, strides)
	case F:
		a.floats = []F{d}
	case []int:
		a.index = inRows(d, want, strides)
	case int:
		a.index = []int{d}
	}
	if n := want.TotalSize(); index && len(a.index) != n || !index && len(a.floats) != n {
		return a, errors.Wrapf(ErrDtype, "has a value of %v, want %d of %v", v.Dtype(), n, wantDtype[F](index))
	}
	return a, nil
}

// inRows lists the numbers of a strided tensor row by row: d itself where that
// is how it is stored.
func inRows[E any](d []E, shape tensor.Shape, strides []int) []E {
	if rowmajor.Is(shape, strides) {
		return d
	}
	rows := make([]E, 0, shape.TotalSize())
	for i := range rowmajor.Offsets(shape, strides) {
		rows = append(rows, d[i])
	}
	return rows
}

// accumulator gives the memory that a gradient is added to. Where that is not
// the gradient's own, because it is a scalar or has taken over the strides of a
// view, flush adds what was gathered.
func accumulator[F kernel.Float](g G.Value, want tensor.Shape) (buf []F, flush func(), err error) {
	a, err := arrayOf[F](g, want, false)
	if err != nil {
		return nil, nil, err
	}
	switch t := g.(type) {
	case *G.F32:
		buf = make([]F, 1)
		return buf, func() { *t += G.F32(buf[0]) }, nil
	case *G.F64:
		buf = make([]F, 1)
		return buf, func() { *t += G.F64(buf[0]) }, nil
	case *tensor.Dense:
		if strides := t.Strides(); t.IsScalar() || !rowmajor.Is(want, strides) {
			buf = make([]F, len(a.floats))
			return buf, func() {
				i := 0
				for o := range rowmajor.Offsets(want, strides) {
					t.Set(o, t.Get(o).(F)+buf[i])
					i++
				}
			}, nil
		}
	}
	return a.floats, nil, nil
}

// zeros are n of them, in memory of the pools.
func zeros[F kernel.Float](n int) []F {
	s, used := pool.Take[F](n)
	if used {
		clearInBlocks(s)
	}
	return s
}

// clearInBlocks is clear in parallel.
func clearInBlocks[F kernel.Float](s []F) {
	kernel.Parallel(len(s), elementBlock, func(lo, hi int) { clear(s[lo:hi]) })
}

// valueOf makes the Gorgonia value of a slice, which it keeps.
func valueOf[F kernel.Float](shape tensor.Shape, data []F) G.Value {
	if shape.IsScalar() {
		switch v := any(data[0]).(type) {
		case float32:
			return G.NewF32(v)
		case float64:
			return G.NewF64(v)
		}
	}
	return tensor.New(tensor.WithShape(shape.Clone()...), tensor.WithBacking(data))
}

// nodeDtype is Node.Dtype without its panic.
func nodeDtype(n *G.Node) (tensor.Dtype, error) {
	t := n.Type()
	if tt, ok := t.(G.TensorType); ok {
		t = tt.Of
	}
	if dt, ok := t.(tensor.Dtype); ok {
		return dt, nil
	}
	return tensor.Dtype{}, errors.Wrapf(ErrDtype, "has type %v, want a tensor or a scalar", t)
}

func dtypeOf[F kernel.Float]() tensor.Dtype {
	if _, ok := any(F(0)).(float32); ok {
		return tensor.Float32
	}
	return tensor.Float64
}

func wantDtype[F kernel.Float](index bool) tensor.Dtype {
	if index {
		return tensor.Int
	}
	return dtypeOf[F]()
}

// typeOf is the Hindley-Milner type of a value.
func typeOf(of tensor.Dtype, shape tensor.Shape) hm.Type {
	if shape.IsScalar() {
		return of
	}
	return G.TensorType{Dims: len(shape), Of: of}
}

// sameShape is stricter than tensor.Shape.Eq, which takes (n), (n,1) and
// (1,n) for one.
func sameShape(a, b tensor.Shape) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}
