package archive

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"maps"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"gorgonia.org/tensor"
	"pgregory.net/rapid"
)

func encodedSafetensors(t testing.TB, a *Archive) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := EncodeSafetensors(&b, a); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func decodedSafetensors(b []byte) (*Archive, error) {
	return DecodeSafetensors(bytes.NewReader(b), int64(len(b)))
}

func array[T any](shape []int, numbers ...T) *tensor.Dense {
	return tensor.New(tensor.WithShape(shape...), tensor.WithBacking(numbers))
}

// bitsOf are the elements of a tensor, bit by bit.
func bitsOf(d *tensor.Dense) []uint64 {
	var bits []uint64
	add := func(b uint64) { bits = append(bits, b) }
	switch d.Dtype() {
	case tensor.Float32:
		for _, x := range d.Float32s() {
			add(uint64(math.Float32bits(x)))
		}
	case tensor.Float64:
		for _, x := range d.Float64s() {
			add(math.Float64bits(x))
		}
	case tensor.Int64:
		for _, x := range d.Int64s() {
			add(uint64(x))
		}
	case tensor.Int32:
		for _, x := range d.Int32s() {
			add(uint64(uint32(x)))
		}
	case tensor.Uint8:
		for _, x := range d.Uint8s() {
			add(uint64(x))
		}
	case tensor.Bool:
		for _, x := range d.Bools() {
			add(uint64(map[bool]int{true: 1}[x]))
		}
	}
	return bits
}

// wantArchive wants the same names, shapes, dtypes, bits and metadata.
func wantArchive(t testing.TB, got, want *Archive) {
	t.Helper()
	if got, want := slices.Sorted(maps.Keys(got.Tensors)), slices.Sorted(maps.Keys(want.Tensors)); !slices.Equal(got, want) {
		t.Fatalf("tensors %q, want %q", got, want)
	}
	for name, w := range want.Tensors {
		g := got.Tensors[name]
		if !slices.Equal(g.Shape(), w.Shape()) || g.Dtype() != w.Dtype() || !slices.Equal(bitsOf(g), bitsOf(w)) {
			t.Errorf("%q is %v of %v: %v, want %v of %v: %v", name, g.Shape(), g.Dtype(), g, w.Shape(), w.Dtype(), w)
		}
	}
	if !maps.Equal(got.Metadata, want.Metadata) || (got.Metadata == nil) != (want.Metadata == nil) {
		t.Errorf("metadata %q, want %q", got.Metadata, want.Metadata)
	}
}

// everySafetensor has all dtypes, with the numbers that are lost most easily.
func everySafetensor() *Archive {
	inf := math.Inf(1)
	return &Archive{
		Tensors: map[string]*tensor.Dense{
			"f32": array([]int{2, 3}, math.MaxFloat32, float32(math.Copysign(0, -1)), float32(inf), float32(-inf),
				math.SmallestNonzeroFloat32, math.Float32frombits(0x7fc00001)),
			"f64": array([]int{7}, math.MaxFloat64, math.Copysign(0, -1), inf, -inf, math.SmallestNonzeroFloat64,
				math.Float64frombits(0x7ff8000000000001), 0.1),
			"i64":         array([]int{1, 2, 1}, int64(math.MinInt64), math.MaxInt64),
			"i32":         array([]int{2, 1}, int32(math.MinInt32), math.MaxInt32),
			"u8":          array([]int{3}, uint8(0), 127, 255),
			"bool":        array([]int{1, 3}, true, false, true),
			"one":         array([]int{1}, float32(1)),
			"scalar/f32":  tensor.New(tensor.FromScalar(float32(1.5))),
			"scalar/bool": tensor.New(tensor.FromScalar(true)),
			"größe\n\"<&": array([]int{1}, float32(2)),
		},
		Metadata: map[string]string{"format": "pt", "": "empty key", "größe": "<3 & \u2028 \x00"},
	}
}

func TestSafetensorsComeBackToTheBit(t *testing.T) {
	for name, a := range map[string]*Archive{
		"all dtypes":     everySafetensor(),
		"nothing":        {},
		"empty metadata": {Metadata: map[string]string{}},
		"larger than a chunk": {Tensors: map[string]*tensor.Dense{
			"a": array([]int{safetensorsChunk/4 + 1}, slices.Repeat([]float32{1, 2, 3}, safetensorsChunk/12+1)[:safetensorsChunk/4+1]...),
			"b": array([]int{safetensorsChunk + 3}, slices.Repeat([]bool{true, false, true}, safetensorsChunk/3+2)[:safetensorsChunk+3]...),
		}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := decodedSafetensors(encodedSafetensors(t, a))
			if err != nil {
				t.Fatal(err)
			}
			wantArchive(t, got, a)
		})
	}
}

func TestSafetensorsOfTorchAreRead(t *testing.T) {
	file, err := os.ReadFile("testdata/torch.safetensors")
	if err != nil {
		t.Fatal(err)
	}
	got, err := decodedSafetensors(file)
	if err != nil {
		t.Fatal(err)
	}
	inf, minus := float32(math.Inf(1)), float32(math.Copysign(0, -1))
	wantArchive(t, got, &Archive{
		Tensors: map[string]*tensor.Dense{
			"bf16": array([]int{6}, 1, -2.5, 3.00405527047391e+38, 9.183549615799121e-41, inf, minus),
			"f16":  array([]int{6}, 1, -2.5, 65504, 5.960464477539063e-08, -inf, minus),
			"f32":  array([]int{2, 3}, 0, float32(1)/3, float32(2)/3, 1, float32(4)/3, float32(5)/3),
			"f64":  tensor.New(tensor.FromScalar(0.1)),
			"i32":  array([]int{2}, int32(math.MinInt32), math.MaxInt32),
			"i64":  array([]int{2, 1, 1}, int64(math.MinInt64), math.MaxInt64),
			"u8":   array([]int{3}, uint8(0), 127, 255),
			"bool": array([]int{1, 3}, true, false, true),
		},
		Metadata: map[string]string{"format": "pt", "größe": "<3 & \u2028"},
	})
}

// The layout by hand: the header by name, wide elements first in the data.
func TestSafetensorsAreWrittenInOneWay(t *testing.T) {
	a := &Archive{
		Tensors: map[string]*tensor.Dense{
			"c": array([]int{2}, float32(1), 2),
			"a": array([]int{3}, uint8(1), 2, 3),
			"b": tensor.New(tensor.FromScalar(int32(-1))),
		},
		Metadata: map[string]string{"y": "2", "x": "1"},
	}
	header := `{"__metadata__":{"x":"1","y":"2"},` +
		`"a":{"dtype":"U8","shape":[3],"data_offsets":[12,15]},` +
		`"b":{"dtype":"I32","shape":[],"data_offsets":[0,4]},` +
		`"c":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}`
	header += strings.Repeat(" ", 7-(len(header)+7)%8)
	want := safetensorsFile(header, 0xff, 0xff, 0xff, 0xff, 0, 0, 0x80, 0x3f, 0, 0, 0, 0x40, 1, 2, 3)
	for range 10 { // maps have another order each time
		if got := encodedSafetensors(t, a); !bytes.Equal(got, want) {
			t.Fatalf("wrote\n%q, want\n%q", got, want)
		}
	}
}

func TestSafetensorsHaveAlignedData(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := drawSafetensors(t)
		var b bytes.Buffer
		if err := EncodeSafetensors(&b, a); err != nil {
			t.Fatal(err)
		}
		n := int(binary.LittleEndian.Uint64(b.Bytes()))
		h, err := parseSafetensorsHeader(b.Bytes()[8 : 8+n])
		if err != nil {
			t.Fatal(err)
		}
		if n%8 != 0 {
			t.Errorf("the header has %d bytes", n)
		}
		for _, s := range h.tensors {
			if s.from%s.element.size != 0 {
				t.Errorf("%s of %s stands at %d", s.name, s.element.name, s.from)
			}
		}
		got, err := decodedSafetensors(b.Bytes())
		if err != nil {
			t.Fatal(err)
		}
		gotTensors := slices.Sorted(maps.Keys(got.Tensors))
		for _, name := range gotTensors {
			if !slices.Equal(bitsOf(got.Tensors[name]), bitsOf(a.Tensors[name])) {
				t.Errorf("%q has changed", name)
			}
		}
		if len(gotTensors) != len(a.Tensors) {
			t.Errorf("%d tensors, want %d", len(gotTensors), len(a.Tensors))
		}
	})
}

// drawSafetensors makes an archive of a few small tensors.
func drawSafetensors(t *rapid.T) *Archive {
	a := &Archive{Tensors: map[string]*tensor.Dense{}}
	for _, name := range rapid.SliceOfDistinct(rapid.StringN(1, 5, -1), rapid.ID).Draw(t, "names") {
		shape := rapid.SliceOfN(rapid.IntRange(1, 3), 1, 3).Draw(t, "shape")
		n := tensor.Shape(shape).TotalSize()
		switch rapid.IntRange(0, 5).Draw(t, "dtype") {
		case 0:
			a.Tensors[name] = array(shape, rapid.SliceOfN(rapid.Float32(), n, n).Draw(t, "f32")...)
		case 1:
			a.Tensors[name] = array(shape, rapid.SliceOfN(rapid.Float64(), n, n).Draw(t, "f64")...)
		case 2:
			a.Tensors[name] = array(shape, rapid.SliceOfN(rapid.Int64(), n, n).Draw(t, "i64")...)
		case 3:
			a.Tensors[name] = array(shape, rapid.SliceOfN(rapid.Int32(), n, n).Draw(t, "i32")...)
		case 4:
			a.Tensors[name] = array(shape, rapid.SliceOfN(rapid.Uint8(), n, n).Draw(t, "u8")...)
		case 5:
			a.Tensors[name] = array(shape, rapid.SliceOfN(rapid.Bool(), n, n).Draw(t, "bool")...)
		}
	}
	return a
}

// Every half has the value that its fields say: sign, 5 bits of exponent, 10 of
// mantissa; a brain float is the upper half of a float32.
func TestEveryHalfIsWidenedExactly(t *testing.T) {
	all := make([]byte, 2<<16)
	for i := range 1 << 16 {
		binary.LittleEndian.PutUint16(all[2*i:], uint16(i))
	}
	read := func(dtype string) []float32 {
		a, err := decodedSafetensors(safetensorsFile(`{"a":{"dtype":"`+dtype+`","shape":[65536],"data_offsets":[0,131072]}}`, all...))
		if err != nil {
			t.Fatal(err)
		}
		return a.Tensors["a"].Float32s()
	}
	for i, got := range read("F16") {
		exponent, mantissa := i>>10&31, float64(i&1023)
		var want float64
		switch {
		case exponent == 31 && mantissa == 0:
			want = math.Inf(1)
		case exponent == 31:
			want = math.NaN()
		case exponent == 0:
			want = math.Ldexp(mantissa, -24)
		default:
			want = math.Ldexp(1024+mantissa, exponent-25)
		}
		if i>>15 == 1 {
			want = math.Copysign(want, -1)
		}
		if math.IsNaN(want) != (got != got) || want == want && math.Float64bits(float64(got)) != math.Float64bits(want) {
			t.Fatalf("half %#04x is %v, want %v", i, got, want)
		}
	}
	for i, got := range read("BF16") {
		if math.Float32bits(got) != uint32(i)<<16 {
			t.Fatalf("brain float %#04x is %v", i, got)
		}
	}
}

// A size beyond the file's is a wrong size, and takes no memory.
func TestSizeOfSafetensorsIsHeldAgainstTheFile(t *testing.T) {
	file := safetensorsFile(`{"a":{"dtype":"U8","shape":[1099511627776],"data_offsets":[0,1099511627776]}}`, 1, 2, 3)
	_, err := DecodeSafetensors(bytes.NewReader(file), int64(len(file))-3+1<<40)
	wantSafetensorsError(t, "size", err, ErrFormat, "last byte: the file ends early")
	for _, size := range []int64{-1, 0, 9} {
		_, err := DecodeSafetensors(bytes.NewReader(file), size)
		wantSafetensorsError(t, fmt.Sprint("size ", size), err, ErrFormat, "too few")
	}
}

// Readers may say at the last byte that there are no more.
func TestSafetensorsAreReadFromAFile(t *testing.T) {
	b := encodedSafetensors(t, everySafetensor())
	a, err := DecodeSafetensors(eager{b}, int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	wantArchive(t, a, everySafetensor())
}

type eager struct{ b []byte }

func (e eager) ReadAt(p []byte, at int64) (int, error) {
	n := copy(p, e.b[at:])
	if int(at)+n == len(e.b) {
		return n, io.EOF
	}
	return n, nil
}
