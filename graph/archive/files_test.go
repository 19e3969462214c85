package archive

import (
	"encoding/json"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/pkg/errors"
	"gorgonia.org/tensor"
)

// content is what testdata/make.py says of a tensor.
type content struct {
	Dtype string    `json:"dtype"`
	Shape []int     `json:"shape"`
	Data  []float64 `json:"data"`
}

func contents(t testing.TB) map[string]map[string]content {
	t.Helper()
	raw, err := os.ReadFile("testdata/contents.json")
	if err != nil {
		t.Fatal(err)
	}
	var all map[string]map[string]content
	if err := json.Unmarshal(raw, &all); err != nil {
		t.Fatal(err)
	}
	return all
}

// numbers lists what a tensor holds, row by row.
func numbers(t testing.TB, d *tensor.Dense) []float64 {
	t.Helper()
	rows, err := Numbers(d)
	if err != nil {
		t.Fatal(err)
	}
	switch x := rows.(type) {
	case []float64:
		return x
	case []float32:
		return widen(x)
	case []int64:
		return widen(x)
	case []int32:
		return widen(x)
	case []uint8:
		return widen(x)
	case []bool:
		out := make([]float64, len(x))
		for i, v := range x {
			if v {
				out[i] = 1
			}
		}
		return out
	}
	t.Fatalf("numbers are %T", rows)
	return nil
}

func widen[T float32 | int64 | int32 | uint8](x []T) []float64 {
	out := make([]float64, len(x))
	for i, v := range x {
		out[i] = float64(v)
	}
	return out
}

func wantContents(t *testing.T, a *Archive, want map[string]content) {
	t.Helper()
	if got, names := slices.Sorted(maps.Keys(a.Tensors)), slices.Sorted(maps.Keys(want)); !slices.Equal(got, names) {
		t.Fatalf("tensors are %q, want %q", got, names)
	}
	for name, w := range want {
		d := a.Tensors[name]
		if d.Dtype().String() != w.Dtype || !slices.Equal([]int(d.Shape()), w.Shape) {
			t.Errorf("%s is %v of %v, want %v of %s", name, d.Shape(), d.Dtype(), w.Shape, w.Dtype)
			continue
		}
		if got := numbers(t, d); !slices.Equal(got, w.Data) {
			t.Errorf("%s holds %v, want %v", name, got, w.Data)
		}
	}
}

// Files of PyTorch and NumPy hold what those say.
func TestFilesOfOthersAreRead(t *testing.T) {
	for name, want := range contents(t) {
		t.Run(name, func(t *testing.T) {
			a, err := Read(filepath.Join("testdata", name))
			if err != nil {
				t.Fatal(err)
			}
			if strings.HasPrefix(name, "types") {
				// Their list is JSON, which has no infinities.
				x := a.Tensors["infinite"].Float32s()
				if !math.IsInf(float64(x[0]), 1) || !math.IsInf(float64(x[1]), -1) {
					t.Errorf("infinities are %v", x[:2])
				}
				x[0], x[1] = 1, -1
			}
			wantContents(t, a, want)
		})
	}
}

func TestFilesOfOtherKindsAreRefused(t *testing.T) {
	for name, c := range map[string]struct {
		want error
		says string
	}{
		"module.pt":      {ErrFormat, `wants "torch.nn.modules.container.Sequential", which is never loaded`},
		"complex.pt":     {ErrFormat, `wants "torch.ComplexFloatStorage"`},
		"empty.pt":       {ErrFormat, "shape is [0], want all axes > 0"},
		"script.pt":      {ErrFormat, "is a TorchScript program"},
		"object.npy":     {ErrDtype, "pickled Python objects, which are never loaded"},
		"structured.npy": {ErrFormat, "header has no plain text, such as '<f4'"},
		"make.py":        {ErrFormat, `Writes the fi", want a file of safetensors, npz, npy or PyTorch's torch.save`},
		"none.npz":       {os.ErrNotExist, "no such file"},
		"":               {ErrFormat, "is a folder, want a file of safetensors"},
	} {
		path := filepath.Join("testdata", name)
		_, err := Read(path)
		if err == nil || !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.says) || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: error %v, want %q saying %s", name, err, c.want, c.says)
		}
	}
}

func TestAnEmptyFileIsCalledSo(t *testing.T) {
	path := filepath.Join(t.TempDir(), "weights.pt")
	if err := os.WriteFile(path, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	_, err := Read(path)
	if want := "archive " + path + ": is empty, want a file of safetensors, npz, npy or PyTorch's torch.save: malformed archive"; err == nil || err.Error() != want || !errors.Is(err, ErrFormat) {
		t.Errorf("error %v, want %s", err, want)
	}
}

func TestTheFormatIsToldByContentNotByName(t *testing.T) {
	for _, name := range []string{"checkpoint.pt", "checkpoint-legacy.pt", "arrays.npz", "rows.npy"} {
		raw, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(t.TempDir(), "weights.safetensors")
		if err := os.WriteFile(path, raw, 0o644); err != nil {
			t.Fatal(err)
		}
		a, err := Read(path)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		wantContents(t, a, contents(t)[name])
	}
}

// Tied weights are one tensor, so that they stay tied and cost nothing twice.
func TestTiedWeightsAreOneTensor(t *testing.T) {
	for _, name := range []string{"views.pt", "views-legacy.pt"} {
		a, err := Read(filepath.Join("testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		if a.Tensors["parameter"] != a.Tensors["tied"] {
			t.Errorf("%s: tied weights are two tensors", name)
		}
		if a.Tensors["base"] == a.Tensors["transposed"] {
			t.Errorf("%s: different views are one tensor", name)
		}
	}
}
