package archive

import (
	"encoding/binary"
	"io"
	"math"

	"github.com/pkg/errors"
	"github.com/x448/float16"
	"gorgonia.org/tensor"
)

// safetensorElement is one dtype of the format. Buffers hold a whole number of
// elements of any width.
type safetensorElement struct {
	name  string
	size  int64 // bytes
	dtype tensor.Dtype
	read  func(r io.Reader, buffer []byte, shape []int) (*tensor.Dense, error)
	write func(w io.Writer, buffer []byte, d *tensor.Dense) error // nil for those that are only read
}

var safetensorElements = []safetensorElement{
	{"F32", 4, tensor.Float32, readingSafetensor(4, plainSafetensor[float32]), writingSafetensor(4, (*tensor.Dense).Float32s)},
	{"F64", 8, tensor.Float64, readingSafetensor(8, plainSafetensor[float64]), writingSafetensor(8, (*tensor.Dense).Float64s)},
	{"I64", 8, tensor.Int64, readingSafetensor(8, plainSafetensor[int64]), writingSafetensor(8, (*tensor.Dense).Int64s)},
	{"I32", 4, tensor.Int32, readingSafetensor(4, plainSafetensor[int32]), writingSafetensor(4, (*tensor.Dense).Int32s)},
	{"U8", 1, tensor.Uint8, readingSafetensor(1, plainSafetensor[uint8]), writingSafetensor(1, (*tensor.Dense).Uint8s)},
	{"BOOL", 1, tensor.Bool, readingSafetensor(1, boolSafetensor), writingSafetensor(1, (*tensor.Dense).Bools)},
	{"F16", 2, tensor.Float32, readingSafetensor(2, halfSafetensor), nil},
	{"BF16", 2, tensor.Float32, readingSafetensor(2, brainSafetensor), nil},
}

// readingSafetensor reads elements of size bytes by way of convert, which fills
// dst from as many elements of src.
func readingSafetensor[T any](size int, convert func(dst []T, src []byte) error) func(io.Reader, []byte, []int) (*tensor.Dense, error) {
	return func(r io.Reader, buffer []byte, shape []int) (*tensor.Dense, error) {
		n := 1
		for _, a := range shape {
			n *= a
		}
		all := make([]T, n)
		for rest := all; len(rest) > 0; {
			part := rest[:min(len(rest), len(buffer)/size)]
			rest = rest[len(part):]
			src := buffer[:len(part)*size]
			if err := readSafetensorsFull(r, src); err != nil {
				return nil, err
			}
			if err := convert(part, src); err != nil {
				return nil, err
			}
		}
		if len(shape) == 0 {
			return tensor.New(tensor.FromScalar(all[0])), nil
		}
		return tensor.New(tensor.WithShape(shape...), tensor.WithBacking(all)), nil
	}
}

func plainSafetensor[T any](dst []T, src []byte) error {
	_, err := binary.Decode(src, binary.LittleEndian, dst)
	return errors.WithStack(err)
}

func boolSafetensor(dst []bool, src []byte) error {
	for i, b := range src {
		if b > 1 {
			return errors.Wrapf(ErrFormat, "has the byte %d for a BOOL, want 0 or 1", b)
		}
		dst[i] = b == 1
	}
	return nil
}

func halfSafetensor(dst []float32, src []byte) error {
	for i := range dst {
		dst[i] = float16.Frombits(binary.LittleEndian.Uint16(src[2*i:])).Float32()
	}
	return nil
}

// brainSafetensor widens bfloat16, the upper half of a float32.
func brainSafetensor(dst []float32, src []byte) error {
	for i := range dst {
		dst[i] = math.Float32frombits(uint32(binary.LittleEndian.Uint16(src[2*i:])) << 16)
	}
	return nil
}

// writingSafetensor writes elements of size bytes.
func writingSafetensor[T any](size int, data func(*tensor.Dense) []T) func(io.Writer, []byte, *tensor.Dense) error {
	return func(w io.Writer, buffer []byte, d *tensor.Dense) error {
		if rows, ok := d.Materialize().(*tensor.Dense); ok {
			d = rows
		}
		for rest := data(d); len(rest) > 0; {
			part := rest[:min(len(rest), len(buffer)/size)]
			rest = rest[len(part):]
			n, err := binary.Encode(buffer, binary.LittleEndian, part)
			if err != nil {
				return errors.WithStack(err)
			}
			if _, err := w.Write(buffer[:n]); err != nil {
				return errors.WithStack(err)
			}
		}
		return nil
	}
}
