package archive

import (
	"testing"

	"gorgonia.org/tensor"
)

// newArchive makes vectors of slices, and keeps tensors.
func newArchive(t testing.TB, of map[string]any) *Archive {
	t.Helper()
	a := &Archive{Tensors: map[string]*tensor.Dense{}}
	for name, x := range of {
		if d, ok := x.(*tensor.Dense); ok {
			a.Tensors[name] = d
		} else {
			a.Tensors[name] = tensor.New(tensor.WithBacking(x))
		}
	}
	return a
}
