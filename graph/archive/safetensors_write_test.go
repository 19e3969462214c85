package archive

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/pkg/errors"
	"gorgonia.org/tensor"
)

func TestSafetensorsOfViewsAreWrittenRowByRow(t *testing.T) {
	numbers := func() *tensor.Dense { return array([]int{2, 3}, int32(1), 2, 3, 4, 5, 6) }
	turned, moved := numbers(), numbers()
	for _, err := range []error{turned.T(), moved.T(), moved.Transpose()} {
		if err != nil {
			t.Fatal(err)
		}
	}
	slice := func(s ...tensor.Slice) *tensor.Dense {
		v, err := numbers().Slice(s...)
		if err != nil {
			t.Fatal(err)
		}
		return v.(*tensor.Dense)
	}
	for name, c := range map[string]struct{ view, want *tensor.Dense }{
		"transposed":           {turned, array([]int{3, 2}, int32(1), 4, 2, 5, 3, 6)},
		"transposed and moved": {moved, array([]int{3, 2}, int32(1), 4, 2, 5, 3, 6)},
		"columns":              {slice(nil, tensor.S(1, 3)), array([]int{2, 2}, int32(2), 3, 5, 6)},
		"a column":             {slice(nil, tensor.S(1)), array([]int{2}, int32(2), 5)},
		"a row":                {slice(tensor.S(1)), array([]int{3}, int32(4), 5, 6)},
		"an element":           {slice(tensor.S(1), tensor.S(2)), tensor.New(tensor.FromScalar(int32(6)))},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := decodedSafetensors(encodedSafetensors(t, &Archive{Tensors: map[string]*tensor.Dense{"a": c.view}}))
			if err != nil {
				t.Fatal(err)
			}
			wantArchive(t, got, &Archive{Tensors: map[string]*tensor.Dense{"a": c.want}})
		})
	}
}

func TestArchivesThatNoSafetensorsFileHolds(t *testing.T) {
	one := array([]int{1}, float32(1))
	masked := array([]int{2}, float32(1), 2)
	masked.SetMask([]bool{true, false})
	of := func(name string, d *tensor.Dense) *Archive {
		return &Archive{Tensors: map[string]*tensor.Dense{"fine": one, name: d}}
	}
	for name, c := range map[string]struct {
		archive *Archive
		kind    error
		says    string
	}{
		"no archive":    {nil, ErrFormat, "the archive is nil"},
		"no tensor":     {of("a", nil), ErrFormat, `tensor "a": is nil`},
		"zero tensor":   {of("a", new(tensor.Dense)), ErrDtype, `tensor "a": is of <nil>, want float32`},
		"int":           {of("a", array([]int{1}, 1)), ErrDtype, `tensor "a": is of int, want float32`},
		"int16":         {of("a", array([]int{1}, int16(1))), ErrDtype, "is of int16"},
		"text":          {of("a", array([]int{1}, "x")), ErrDtype, "is of string"},
		"masked":        {of("a", masked), ErrFormat, `tensor "a": is masked`},
		"column-major":  {of("a", tensor.New(tensor.WithShape(2, 2), tensor.AsFortran([]float32{1, 2, 3, 4}))), ErrFormat, `tensor "a": is not row-major`},
		"many axes":     {of("a", array(slices.Repeat([]int{1}, 65), float32(1))), ErrFormat, "has 65 axes, want at most 64"},
		"empty name":    {of("", one), ErrFormat, `tensor "": the format has no such name`},
		"reserved name": {of("__metadata__", one), ErrFormat, `tensor "__metadata__": the format has no such name`},
		"bytes as name": {of("a\xff", one), ErrFormat, `tensor "a\xff": the name is not UTF-8`},
		"bytes as key":  {&Archive{Metadata: map[string]string{"\xff": ""}}, ErrFormat, `metadata "\xff" is not UTF-8`},
		"bytes as text": {&Archive{Metadata: map[string]string{"a": "\xff"}}, ErrFormat, `metadata "a" is not UTF-8`},
		"long metadata": {&Archive{Metadata: map[string]string{"a": strings.Repeat("x", safetensorsMaxHeader)}}, ErrFormat, "a header of 100000032 bytes, want at most 100000000"},
	} {
		var b bytes.Buffer
		err := EncodeSafetensors(&b, c.archive)
		wantSafetensorsError(t, name, err, c.kind, c.says)
		if b.Len() > 0 {
			t.Errorf("%s: %d bytes were written before the error", name, b.Len())
		}
	}
	if err := EncodeSafetensors(nil, &Archive{}); err == nil || !strings.Contains(err.Error(), "the writer is nil") {
		t.Errorf("no writer: %v", err)
	}
}

func wantSafetensorsError(t testing.TB, name string, err, kind error, says string) {
	t.Helper()
	if !errors.Is(err, kind) || !strings.Contains(fmt.Sprint(err), says) || !strings.HasPrefix(fmt.Sprint(err), "safetensors: ") {
		t.Errorf("%s: got error %v, want one of %q with %q", name, err, kind, says)
	}
}

// fullWriter takes a number of bytes.
type fullWriter struct{ room int }

var errFull = errors.New("full")

func (w *fullWriter) Write(b []byte) (int, error) {
	n := min(len(b), w.room)
	w.room -= n
	if n < len(b) {
		return n, errFull
	}
	return n, nil
}

func TestErrorsOfReaderAndWriterArePassedOn(t *testing.T) {
	a := everySafetensor()
	whole := encodedSafetensors(t, a)
	for room := range whole {
		if err := EncodeSafetensors(&fullWriter{room}, a); !errors.Is(err, errFull) {
			t.Errorf("writing into %d bytes: %v", room, err)
		}
	}
	_, err := DecodeSafetensors(failingReaderAt{}, 100)
	if !errors.Is(err, iotest.ErrTimeout) || errors.Is(err, ErrFormat) {
		t.Errorf("a reader that fails: %v", err)
	}
	if _, err := DecodeSafetensors(nil, 100); err == nil {
		t.Error("no reader is no error")
	}
}

type failingReaderAt struct{}

func (failingReaderAt) ReadAt([]byte, int64) (int, error) { return 0, iotest.ErrTimeout }
