package archive

import (
	"encoding/binary"
	"io"
	"slices"

	"github.com/pkg/errors"
	"gorgonia.org/tensor"

	"github.com/egru/egru/internal/rowmajor"
)

// Numbers lists the elements of a tensor row by row, as a slice of one of an
// Archive's types. It is the tensor's own memory where that is in this order, and
// a copy for views, transposed tensors and those kept by columns. Another type
// gives ErrDtype, nil gives ErrFormat.
func Numbers(t *tensor.Dense) (any, error) {
	if t == nil {
		return nil, errors.Wrap(ErrFormat, "tensor is nil")
	}
	if _, ok := npyTypes[t.Dtype()]; !ok {
		return nil, errors.Wrapf(ErrDtype, "tensor of %v, want float32, float64, int64, int32, uint8 or bool", t.Dtype())
	}
	if t.IsMaterializable() {
		t = t.Materialize().(*tensor.Dense)
	}
	switch x := t.Data().(type) { // a scalar's is no slice
	case float32:
		return []float32{x}, nil
	case float64:
		return []float64{x}, nil
	case int64:
		return []int64{x}, nil
	case int32:
		return []int32{x}, nil
	case uint8:
		return []uint8{x}, nil
	case bool:
		return []bool{x}, nil
	case []float32:
		return ordered(t, x), nil
	case []float64:
		return ordered(t, x), nil
	case []int64:
		return ordered(t, x), nil
	case []int32:
		return ordered(t, x), nil
	case []uint8:
		return ordered(t, x), nil
	case []bool:
		return ordered(t, x), nil
	}
	return nil, errors.Wrapf(ErrDtype, "tensor holds %T", t.Data())
}

// ordered undoes an order by columns.
func ordered[T any](t *tensor.Dense, x []T) []T {
	shape, strides := t.Shape(), t.Strides()
	if rowmajor.Is(shape, strides) {
		return x
	}
	out := make([]T, 0, len(x))
	for at := range rowmajor.Offsets(shape, strides) {
		out = append(out, x[at])
	}
	return out
}

// byRows lists the elements of a strided array row by row. Strides and start
// count elements, and must stay inside raw. An array stored so is not copied.
func byRows(raw []byte, size, start int, shape tensor.Shape, strides []int) []byte {
	n := shape.TotalSize()
	if rowmajor.Is(shape, strides) {
		return raw[start*size:][:n*size]
	}
	out := make([]byte, 0, n*size)
	for at := range rowmajor.Offsets(shape, strides) {
		out = append(out, raw[(start+at)*size:][:size]...)
	}
	return out
}

// writeNumbers writes a slice of numbers with the low byte first.
func writeNumbers(w io.Writer, data any) error {
	switch x := data.(type) {
	case []float32:
		return writeChunks(w, x)
	case []float64:
		return writeChunks(w, x)
	case []int64:
		return writeChunks(w, x)
	case []int32:
		return writeChunks(w, x)
	case []uint8:
		return writeChunks(w, x)
	case []bool:
		return writeChunks(w, x)
	}
	return errors.Wrapf(ErrDtype, "numbers are %T", data)
}

func writeChunks[T any](w io.Writer, x []T) error {
	var buf []byte
	for part := range slices.Chunk(x, chunk) {
		var err error
		if buf, err = binary.Append(buf[:0], binary.LittleEndian, part); err != nil {
			return err
		}
		if _, err = w.Write(buf); err != nil {
			return err
		}
	}
	return nil
}
