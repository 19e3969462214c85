package archive

import (
	"encoding/binary"
	"io"
	"math"
	"slices"
	"strconv"

	"github.com/pkg/errors"
	"github.com/x448/float16"
	"gorgonia.org/tensor"
)

// element is a type of numbers as files hold them.
type element struct {
	name string // what errors call it
	size int    // bytes of one in a file
	wide int    // and of one in a tensor

	// read makes the backing of a tensor of n numbers, in the order of bytes
	// given.
	read func(r io.Reader, n int, order binary.ByteOrder) (any, error)
}

// The types of numbers that files may hold. What tensors have no type for is
// widened to the next that holds it exactly.
var (
	float64s  = same[float64]("float64")
	float32s  = same[float32]("float32")
	float16s  = widened("float16", func(x uint16) float32 { return float16.Frombits(x).Float32() })
	bfloat16s = widened("bfloat16", bfloat16)
	int64s    = same[int64]("int64")
	int32s    = same[int32]("int32")
	int16s    = widened("int16", func(x int16) int32 { return int32(x) })
	int8s     = widened("int8", func(x int8) int32 { return int32(x) })
	uint8s    = same[uint8]("uint8")
	bools     = same[bool]("bool")
)

// bfloat16 is the upper half of a float32.
func bfloat16(x uint16) float32 { return math.Float32frombits(uint32(x) << 16) }

// chunk is how many numbers are on their way at a time.
const chunk = 1 << 13

func same[T any](name string) element {
	size := binary.Size(*new(T))
	return element{name, size, size, func(r io.Reader, n int, order binary.ByteOrder) (any, error) {
		out := make([]T, n)
		buf := make([]byte, size*min(n, chunk))
		for done := 0; done < n; {
			part := out[done:min(n, done+chunk)]
			if _, err := io.ReadFull(r, buf[:size*len(part)]); err != nil {
				return nil, err
			}
			if _, err := binary.Decode(buf[:size*len(part)], order, part); err != nil {
				return nil, err
			}
			done += len(part)
		}
		return out, nil
	}}
}

func widened[W, T any](name string, wide func(W) T) element {
	size := binary.Size(*new(W))
	return element{name, size, binary.Size(*new(T)), func(r io.Reader, n int, order binary.ByteOrder) (any, error) {
		out := make([]T, n)
		buf, narrow := make([]byte, size*min(n, chunk)), make([]W, min(n, chunk))
		for done := 0; done < n; {
			part := narrow[:min(n-done, chunk)]
			if _, err := io.ReadFull(r, buf[:size*len(part)]); err != nil {
				return nil, err
			}
			if _, err := binary.Decode(buf[:size*len(part)], order, part); err != nil {
				return nil, err
			}
			for i, x := range part {
				out[done+i] = wide(x)
			}
			done += len(part)
		}
		return out, nil
	}}
}

// maxDims is more than NumPy (32) and few enough for a shape to cost nothing.
const maxDims = 64

// checkShape takes the shape that a file states for an array, if its elements
// fit into the bytes there are.
func checkShape(stated []int64, size int, room int64) (tensor.Shape, error) {
	if len(stated) > maxDims {
		return nil, errors.Wrapf(ErrFormat, "shape has %d axes, want at most %d", len(stated), maxDims)
	}
	if slices.ContainsFunc(stated, func(n int64) bool { return n < 1 }) {
		return nil, errors.Wrapf(ErrFormat, "shape is %v, want all axes > 0: Gorgonia has no tensors without elements", stated)
	}
	most := min(room, math.MaxInt) / int64(size)
	n, shape := int64(1), make(tensor.Shape, len(stated))
	for i, axis := range stated {
		if axis > most/n {
			most = 0
			break
		}
		n *= axis
		shape[i] = int(axis)
	}
	if most < 1 {
		return nil, errors.Wrapf(ErrFormat, "shape %v, at %d bytes an element, does not fit into %d bytes", stated, size, room)
	}
	return shape, nil
}

// quoted is a name from a file for an error, cut to what a person reads.
func quoted(name string) string {
	const most = 100
	if len(name) > most {
		return strconv.Quote(name[:most]) + "..."
	}
	return strconv.Quote(name)
}
