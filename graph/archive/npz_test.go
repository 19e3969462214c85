package archive

import (
	"bytes"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/pkg/errors"
	"gorgonia.org/tensor"
)

func someTensors(t testing.TB) *Archive {
	t.Helper()
	return newArchive(t, map[string]any{
		"rnn.0.kernel": tensor.New(tensor.WithShape(2, 3), tensor.WithBacking([]float32{1, 2, 3, 4, 5, 6})),
		"bias":         []float64{1.5},
		"steps":        tensor.New(tensor.FromScalar(int64(7))),
		"a/b.npy":      []bool{true, false},
		"":             []uint8{9},
	})
}

func wantSame(t *testing.T, got, want *Archive) {
	t.Helper()
	if g, w := slices.Sorted(maps.Keys(got.Tensors)), slices.Sorted(maps.Keys(want.Tensors)); !slices.Equal(g, w) {
		t.Fatalf("tensors are %q, want %q", g, w)
	}
	for name, w := range want.Tensors {
		g := got.Tensors[name]
		if g.Dtype() != w.Dtype() || !slices.Equal(g.Shape(), w.Shape()) || !slices.Equal(numbers(t, g), numbers(t, w)) {
			t.Errorf("%q is %v %v, want %v %v", name, g.Shape(), g, w.Shape(), w)
		}
	}
}

func TestEncodedArchivesComeBack(t *testing.T) {
	for name, a := range map[string]*Archive{"some": someTensors(t), "none": {}} {
		var b bytes.Buffer
		if err := EncodeNPZ(&b, a); err != nil {
			t.Fatal(err)
		}
		back, err := DecodeNPZ(bytes.NewReader(b.Bytes()), int64(b.Len()))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		wantSame(t, back, a)
	}
}

func TestEqualTensorsGiveEqualBytes(t *testing.T) {
	var first, again bytes.Buffer
	if err := EncodeNPZ(&first, someTensors(t)); err != nil {
		t.Fatal(err)
	}
	a := someTensors(t)
	a.Metadata = map[string]string{"left": "out"}
	if err := EncodeNPZ(&again, a); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(first.Bytes(), again.Bytes()) {
		t.Error("bytes differ")
	}
}

func TestWriteFileThenReadGivesTheSame(t *testing.T) {
	dir := t.TempDir()
	want := someTensors(t)
	for name, a := range map[string]*Archive{"a.npz": want, "B.NPZ": want, "empty.npz": {}} {
		path := filepath.Join(dir, name)
		for range 2 { // the second replaces the first
			if err := a.WriteFile(path); err != nil {
				t.Fatal(err)
			}
		}
		back, err := Read(path)
		if err != nil {
			t.Fatal(err)
		}
		wantSame(t, back, a)
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 3 {
		t.Errorf("folder holds %v, want the 3 files alone", entries)
	}
}

func TestWriteFileErrorsLeaveTheOldFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a.npz")
	if err := someTensors(t).WriteFile(path); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		path string
		a    *Archive
		want error
		says string
	}{
		{filepath.Join(dir, "a.pt"), someTensors(t), ErrExtension, `a.pt: path has ".pt", want .npz or .safetensors`},
		{filepath.Join(dir, "npz"), someTensors(t), ErrExtension, `path has "", want .npz or .safetensors`},
		{filepath.Join(dir, "none", "a.npz"), someTensors(t), os.ErrNotExist, "a.npz"},
		{path, newArchive(t, map[string]any{"weight": []int{1}}), ErrDtype, `a.npz: npz: array "weight"`},
		{path, nil, ErrFormat, "archive is nil"},
	} {
		if err := c.a.WriteFile(c.path); err == nil || !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: error %v, want %q saying %s", c.path, err, c.want, c.says)
		}
	}
	back, err := Read(path)
	if err != nil {
		t.Fatal(err)
	}
	wantSame(t, back, someTensors(t))
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 1 {
		t.Errorf("folder holds %v, want only what was there", entries)
	}
}
