package archive

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"strings"

	"github.com/pkg/errors"
	"gorgonia.org/tensor"
)

const npyMagic = "\x93NUMPY"

// npyElements are the types of numbers by what follows the order of bytes in a
// header.
var npyElements = map[string]element{
	"f8": float64s, "f4": float32s, "f2": float16s,
	"i8": int64s, "i4": int32s, "i2": int16s, "i1": int8s,
	"u1": uint8s, "b1": bools,
}

// npyTypes are how tensors are written.
var npyTypes = map[tensor.Dtype]string{
	tensor.Float64: "<f8", tensor.Float32: "<f4", tensor.Int64: "<i8", tensor.Int32: "<i4", tensor.Uint8: "|u1", tensor.Bool: "|b1",
}

// DecodeNPY reads the array of a .npy file of a size in bytes, of format 1.0 to
// 3.0: float16, float32, float64, int8 to int64, uint8 or bool of either order
// of bytes, by rows or by columns. float16 becomes float32, int8 and int16
// become int32. A scalar has the shape ().
//
// Any other type gives ErrDtype, pickled Python objects among them. A file that
// is longer or shorter than its header says gives ErrFormat, as does an array
// without elements, which Gorgonia's tensors cannot hold.
//
// Source: NEP 1 and the module numpy.lib.format.
func DecodeNPY(r io.ReaderAt, size int64) (*tensor.Dense, error) {
	t, err := readNPY(io.NewSectionReader(r, 0, size), size)
	return t, errors.Wrap(err, "npy")
}

// readNPY reads an array that takes all of the size bytes of r.
func readNPY(r io.Reader, size int64) (*tensor.Dense, error) {
	h, length, err := readNPYHeader(r, size)
	if err != nil {
		return nil, err
	}
	shape, err := checkShape(h.shape, h.size, size-length)
	if err != nil {
		return nil, err
	}
	n := shape.TotalSize()
	if want := int64(n) * int64(h.size); want != size-length {
		return nil, errors.Wrapf(ErrFormat, "%d bytes follow the header, want %d for %s of shape %v", size-length, want, h.name, h.shape)
	}
	if h.byColumns {
		if r, err = turned(r, shape, h.size); err != nil {
			return nil, err
		}
	}
	backing, err := h.read(r, n, h.order)
	if err != nil {
		return nil, failed(err)
	}
	return tensor.New(tensor.WithShape(shape...), tensor.WithBacking(backing)), nil
}

// turned reads an array stored by columns, and gives it by rows.
func turned(r io.Reader, shape tensor.Shape, size int) (io.Reader, error) {
	raw := make([]byte, shape.TotalSize()*size)
	if _, err := io.ReadFull(r, raw); err != nil {
		return nil, failed(err)
	}
	return bytes.NewReader(byRows(raw, size, 0, shape, shape.CalcStridesColMajor())), nil
}

// failed says that a file ended before its time, or could not be read.
func failed(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errors.Wrap(ErrFormat, "truncated")
	}
	return err
}

// EncodeNPY writes a tensor as a .npy file of format 1.0, in rows and with the
// low byte first. Views and transposed tensors are put in order first. A type
// of elements other than an Archive's gives ErrDtype.
func EncodeNPY(w io.Writer, t *tensor.Dense) error {
	return errors.Wrap(writeNPY(w, t), "npy")
}

func writeNPY(w io.Writer, t *tensor.Dense) error {
	data, err := Numbers(t)
	if err != nil {
		return err
	}
	var shape strings.Builder
	for _, n := range t.Shape() {
		fmt.Fprintf(&shape, "%d, ", n)
	}
	axes := shape.String()
	if t.Dims() > 1 {
		axes = strings.TrimSuffix(axes, ", ")
	} else {
		axes = strings.TrimSuffix(axes, " ")
	}
	header := fmt.Sprintf("{'descr': '%s', 'fortran_order': False, 'shape': (%s), }", npyTypes[t.Dtype()], axes)
	const before, align = len(npyMagic) + 4, 64
	padding := align - (before+len(header)+1)%align
	header += strings.Repeat(" ", padding) + "\n"
	start := binary.LittleEndian.AppendUint16([]byte(npyMagic+"\x01\x00"), uint16(len(header)))
	if _, err := w.Write(append(start, header...)); err != nil {
		return err
	}
	return writeNumbers(w, data)
}
