package archive

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/pkg/errors"
	"gorgonia.org/tensor"
	"pgregory.net/rapid"
)

// npyOf makes a file of a header and data.
func npyOf(major byte, header string, data int) []byte {
	b := []byte(npyMagic + string(major) + "\x00")
	if major == 1 {
		b = binary.LittleEndian.AppendUint16(b, uint16(len(header)))
	} else {
		b = binary.LittleEndian.AppendUint32(b, uint32(len(header)))
	}
	return append(append(b, header...), make([]byte, data)...)
}

func TestHeadersOfOthersAreRead(t *testing.T) {
	for name, c := range map[string]struct {
		header string
		data   int
		shape  []int
	}{
		"other order":       {`{"shape": (2,), "fortran_order": False, "descr": "<f4"}`, 8, []int{2}},
		"no blanks":         {`{'descr':'<f4','fortran_order':False,'shape':(2,1)}`, 8, []int{2, 1}},
		"Python 2":          {"{'descr': '<f4', 'fortran_order': False, 'shape': (2L, 3L), }    \n", 24, []int{2, 3}},
		"native order":      {"{'descr': '=f4', 'fortran_order': False, 'shape': (1,), }\n", 4, []int{1}},
		"no order":          {"{'descr': 'f4', 'fortran_order': False, 'shape': (1,), }\n", 4, []int{1}},
		"scalar by columns": {"{'descr': '<f4', 'fortran_order': True, 'shape': (), }\n", 4, []int{}},
		"row by columns":    {"{'descr': '<f4', 'fortran_order': True, 'shape': (1, 2), }\n", 8, []int{1, 2}},
	} {
		for _, major := range []byte{1, 2, 3} {
			raw := npyOf(major, c.header, c.data)
			d, err := DecodeNPY(bytes.NewReader(raw), int64(len(raw)))
			if err != nil {
				t.Errorf("%s: %v", name, err)
			} else if !slices.Equal([]int(d.Shape()), c.shape) {
				t.Errorf("%s: shape %v, want %v", name, d.Shape(), c.shape)
			}
		}
	}
}

func TestHostileHeadersAreRefused(t *testing.T) {
	shape := func(s string) string { return "{'descr': '<f4', 'fortran_order': False, 'shape': " + s + ", }" }
	descr := func(s string) string { return "{'descr': " + s + ", 'fortran_order': False, 'shape': (2,), }" }
	for _, c := range []struct {
		header string
		want   error
		says   string
	}{
		{shape("(3,)"), ErrFormat, "shape [3], at 4 bytes an element, does not fit into 8 bytes"},
		{shape("(1,)"), ErrFormat, "8 bytes follow the header, want 4 for float32 of shape [1]"},
		{shape("()"), ErrFormat, "8 bytes follow the header, want 4"},
		{shape("(0,)"), ErrFormat, "shape is [0], want all axes > 0"},
		{shape("(999999999999999999,)"), ErrFormat, "does not fit into 8 bytes"},
		{shape("(4294967296, 4294967296, 2)"), ErrFormat, "does not fit into 8 bytes"},
		{shape("(9999999999999999999,)"), ErrFormat, "no whole number of up to 18 digits"},
		{shape("(-1,)"), ErrFormat, "no whole number"},
		{shape("(2 2)"), ErrFormat, "no comma between axes"},
		{shape("(2,"), ErrFormat, "no whole number"},
		{shape("5"), ErrFormat, "header has no ("},
		{shape("(" + strings.Repeat("1,", 65) + ")"), ErrFormat, "more than 64 axes"},
		{descr("'<f16'"), ErrDtype, `type is "<f16"`},
		{descr("'<u4'"), ErrDtype, `type is "<u4"`},
		{descr("'<c8'"), ErrDtype, `type is "<c8"`},
		{descr("'<U5'"), ErrDtype, `type is "<U5"`},
		{descr("''"), ErrDtype, `type is ""`},
		{descr("'>'"), ErrDtype, `type is ">"`},
		{descr("'|O'"), ErrDtype, "pickled Python objects, which are never loaded"},
		{descr("[('x', '<f4')]"), ErrFormat, "no plain text"},
		{descr(`'<f4\x00'`), ErrFormat, "no plain text"},
		{descr("'<f4"), ErrFormat, "no comma after a value"},
		{"{'descr': '<f4', 'fortran_order': maybe, 'shape': (2,)}", ErrFormat, "neither True nor False"},
		{"{'descr': '<f4', 'fortran_order': False}", ErrFormat, "not all of descr"},
		{"{'descr': '<f4', 'fortran_order': False, 'shape': (2,), 'more': 1}", ErrFormat, "a key other than"},
		{"{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (2,)}", ErrFormat, "a key twice"},
		{"{'descr': '<f4', 'fortran_order': False, 'shape': (2,)} + 1", ErrFormat, "something after the dictionary"},
		{"{'descr': '<f4' 'fortran_order': False, 'shape': (2,)}", ErrFormat, "no comma after a value"},
		{"__import__('os').system('true')", ErrFormat, "header has no {"},
		{"", ErrFormat, "header has no {"},
	} {
		refuse(t, c.header, decodeNPY, npyOf(1, c.header, 8), c.want, c.says)
		refuse(t, c.header, decodeNPY, npyOf(2, c.header, 8), c.want, c.says)
	}
	for name, c := range map[string]struct{ raw, says string }{
		"another file": {"hello, reader of arrays", `starts with "hello,", want`},
		"version":      {string(npyOf(9, shape("(2,)"), 8)), "is of format 9.0, want 1.0 to 3.0"},
		"length":       {npyMagic + "\x02\x00\xFF\xFF\xFF\xFF{}", "header of 4294967295 bytes"},
		"past the end": {npyMagic + "\x01\x00\xFF\x00{}", "header of 255 bytes, want at most 65536 and no more than the file has"},
	} {
		refuse(t, name, decodeNPY, []byte(c.raw), ErrFormat, c.says)
	}
}

// Numbers of half precision are exact, from the smallest to the largest.
func TestHalvesAreExact(t *testing.T) {
	for _, c := range []struct {
		e    element
		bits []uint16
		want []float32
	}{
		{float16s, []uint16{0x3C00, 0xC000, 0x3555, 0x0001, 0x83FF, 0x7BFF, 0x8000, 0x7C00},
			[]float32{1, -2, 0.333251953125, 1.0 / (1 << 24), -1023.0 / (1 << 24), 65504, float32(math.Copysign(0, -1)), float32(math.Inf(1))}},
		{bfloat16s, []uint16{0x3F80, 0xC000, 0x4049, 0x0001, 0x7F80},
			[]float32{1, -2, 3.140625, math.Float32frombits(1 << 16), float32(math.Inf(1))}},
	} {
		for _, order := range []binary.AppendByteOrder{binary.LittleEndian, binary.BigEndian} {
			var raw []byte
			for _, x := range c.bits {
				raw = order.AppendUint16(raw, x)
			}
			got, err := c.e.read(bytes.NewReader(raw), len(c.bits), order.(binary.ByteOrder))
			if err != nil || !slices.Equal(got.([]float32), c.want) {
				t.Errorf("%s: %v (%v), want %v", c.e.name, got, err, c.want)
			}
		}
	}
}

func TestEncodedArraysComeBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		shape := rapid.SliceOfN(rapid.IntRange(1, 4), 0, 4).Draw(t, "shape")
		n := tensor.Shape(shape).TotalSize()
		number := rapid.IntRange(-100, 100)
		var backing any
		switch rapid.IntRange(0, 5).Draw(t, "type") {
		case 0:
			backing = drawn(t, n, func(x int) float32 { return float32(x) / 3 }, number)
		case 1:
			backing = drawn(t, n, func(x int) float64 { return float64(x) / 3 }, number)
		case 2:
			backing = drawn(t, n, func(x int) int64 { return int64(x) << 40 }, number)
		case 3:
			backing = drawn(t, n, func(x int) int32 { return int32(x) << 20 }, number)
		case 4:
			backing = drawn(t, n, func(x int) uint8 { return uint8(x) }, number)
		case 5:
			backing = drawn(t, n, func(x int) bool { return x > 0 }, number)
		}
		d := tensor.New(tensor.WithShape(shape...), tensor.WithBacking(backing))
		var b bytes.Buffer
		if err := EncodeNPY(&b, d); err != nil {
			t.Fatal(err)
		}
		if start := bytes.IndexByte(b.Bytes(), '\n') + 1; start%64 != 0 {
			t.Fatalf("numbers start at %d, want a multiple of 64", start)
		}
		back, err := DecodeNPY(bytes.NewReader(b.Bytes()), int64(b.Len()))
		if err != nil {
			t.Fatal(err)
		}
		if back.Dtype() != d.Dtype() || !slices.Equal(back.Shape(), d.Shape()) || fmt.Sprint(back.Data()) != fmt.Sprint(d.Data()) {
			t.Fatalf("%v of %v comes back as %v of %v", d.Data(), d.Shape(), back.Data(), back.Shape())
		}
	})
}

func drawn[T any](t *rapid.T, n int, of func(int) T, number *rapid.Generator[int]) []T {
	out := make([]T, n)
	for i := range out {
		out[i] = of(number.Draw(t, "number"))
	}
	return out
}

// However a tensor keeps its numbers, they are written row by row.
func TestTensorsOfAnyOrderAreWrittenInRows(t *testing.T) {
	count := func() []float32 { return []float32{1, 2, 3, 4, 5, 6} }
	want := []float64{1, 2, 3, 4, 5, 6}
	turned := tensor.New(tensor.WithShape(2, 3), tensor.WithBacking(count()))
	if err := turned.T(); err != nil {
		t.Fatal(err)
	}
	columns := tensor.New(tensor.WithShape(2, 3), tensor.AsFortran(count()))
	if columns.Float32s()[1] != 4 {
		t.Fatalf("columns are kept as %v", columns.Float32s())
	}
	matrix := tensor.New(tensor.WithShape(2, 3), tensor.WithBacking(count()))
	column, err := matrix.Slice(nil, tensor.S(1))
	if err != nil {
		t.Fatal(err)
	}
	block, err := matrix.Slice(nil, tensor.S(1, 3))
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		d    *tensor.Dense
		want []float64
	}{
		"rows":       {matrix, want},
		"columns":    {columns, want},
		"transposed": {turned, []float64{1, 4, 2, 5, 3, 6}},
		"a column":   {column.(*tensor.Dense), []float64{2, 5}},
		"a block":    {block.(*tensor.Dense), []float64{2, 3, 5, 6}},
	} {
		var b bytes.Buffer
		if err := EncodeNPY(&b, c.d); err != nil {
			t.Fatal(err)
		}
		back, err := DecodeNPY(bytes.NewReader(b.Bytes()), int64(b.Len()))
		if err != nil {
			t.Fatal(err)
		}
		if got := numbers(t, back); !slices.Equal(got, c.want) || !slices.Equal(back.Shape(), c.d.Shape()) {
			t.Errorf("%s: %v of %v, want %v of %v", name, got, back.Shape(), c.want, c.d.Shape())
		}
	}
}

func TestEncodeErrors(t *testing.T) {
	var b bytes.Buffer
	if err := EncodeNPY(&b, nil); !errors.Is(err, ErrFormat) {
		t.Errorf("nil: error %v", err)
	}
	err := EncodeNPY(&b, tensor.New(tensor.WithBacking([]int{1})))
	if !errors.Is(err, ErrDtype) || !strings.Contains(err.Error(), "tensor of int, want float32") {
		t.Errorf("int: error %v", err)
	}
	if err := EncodeNPZ(&b, nil); !errors.Is(err, ErrFormat) {
		t.Errorf("nil archive: error %v", err)
	}
	err = EncodeNPZ(&b, newArchive(t, map[string]any{"weight": []complex64{1}}))
	if !errors.Is(err, ErrDtype) || !strings.Contains(err.Error(), `npz: array "weight"`) {
		t.Errorf("complex64: error %v", err)
	}
	full := errors.New("disk is full")
	if err := EncodeNPY(failing{full}, tensor.New(tensor.WithBacking([]float32{1}))); !errors.Is(err, full) {
		t.Errorf("a writer's error became %v", err)
	}
	if err := EncodeNPZ(failing{full}, newArchive(t, map[string]any{"weight": make([]float32, 1<<16)})); !errors.Is(err, full) {
		t.Errorf("a writer's error became %v", err)
	}
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }

// A disk's error is not taken for a malformed file.
func TestReadersErrorsStay(t *testing.T) {
	broken := errors.New("disk is broken")
	for name, d := range decoders {
		if _, err := d.decode(failingReader{broken}, 1000); !errors.Is(err, broken) || errors.Is(err, ErrFormat) {
			t.Errorf("%s: a reader's error became %v", name, err)
		}
	}
}

type failingReader struct{ err error }

func (f failingReader) ReadAt([]byte, int64) (int, error) { return 0, f.err }
