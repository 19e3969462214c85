package exchange

import (
	"errors"
	"maps"
	"slices"
	"testing"

	"gorgonia.org/tensor"

	"github.com/egru/egru/graph/archive"
	"github.com/egru/egru/layers"
)

// distorted changes an archive as bytes say: each picks a tensor and takes it away,
// renames it or gives it another shape, type or content.
func distorted(a *archive.Archive, how []byte) *archive.Archive {
	out := under("", a)
	names := slices.Sorted(maps.Keys(a.Tensors))
	for i := 0; i+3 < len(how); i += 4 {
		name := names[int(how[i])%len(names)]
		n := int(how[i+2]%9) + 1
		shape := [][]int{{n}, {n, 3 * n}, {3 * n, n}, {n, n}, {1, n, 1}, {}, {3 * n}, {1, 1}}[how[i+3]%8]
		size := tensor.Shape(shape).TotalSize()
		var backing any
		switch how[i+1] % 10 {
		case 0:
			delete(out.Tensors, name)
			continue
		case 1:
			out.Tensors[names[int(how[i+2])%len(names)]] = a.Tensors[name]
			continue
		case 2:
			out.Tensors[name] = nil
			continue
		case 3:
			out.Tensors[name+string(how[i+2:i+4])] = a.Tensors[name]
			continue
		case 4:
			view := a.Tensors[name].Clone().(*tensor.Dense)
			if view.T() == nil { // its axes turned round, lazily
				out.Tensors[name] = view
			}
			continue
		case 5:
			backing = make([]int64, size)
		case 6:
			backing = make([]bool, size)
		case 7:
			backing = make([]float64, size)
		case 8:
			backing = make([]int, size) // which no archive holds
		default:
			backing = make([]float32, size)
		}
		out.Tensors[name] = tensor.New(tensor.WithShape(shape...), tensor.WithBacking(backing))
	}
	return out
}

// Whatever is in an archive, importers give a model or a named error, and change
// nothing with an error.
func FuzzImport(f *testing.F) {
	var files []struct {
		l      library
		prefix string
		a      *archive.Archive
	}
	for _, name := range slices.Sorted(maps.Keys(libraries)) {
		l := libraries[name]
		files = append(files, struct {
			l      library
			prefix string
			a      *archive.Archive
		}{l, l.prefix, read(f, l.files[0])})
	}
	for i := range files {
		f.Add(uint8(i), []byte{})
		f.Add(uint8(i), []byte{0, 0, 0, 0})
		f.Add(uint8(i), []byte{1, 9, 4, 1, 2, 9, 4, 3})
	}
	f.Fuzz(func(t *testing.T, which uint8, how []byte) {
		file := files[int(which)%len(files)]
		a := distorted(file.a, how[:min(len(how), 64)])
		m, err := file.l.make(a, file.prefix, tensor.Float32)
		check(t, err)
		filled, ferr := file.l.refill(a, file.prefix, tensor.Float32)
		check(t, ferr)
		if ferr != nil && !isFresh(file.l, filled) {
			t.Errorf("error %v left other weights", ferr)
		}
		if err == nil && ferr == nil {
			for i, p := range m.params {
				if !sameNumbers(p.Value().Data(), filled.params[i].Value().Data()) {
					t.Errorf("%s differs between new and filled", p.Name())
				}
			}
		}
	})
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil && !errors.Is(err, ErrArchive) && !errors.Is(err, ErrModel) && !errors.Is(err, layers.ErrConfig) {
		t.Errorf("error %v wraps no sentinel", err)
	}
}
