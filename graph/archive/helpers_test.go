package archive

import (
	"math"
	"slices"
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

// sameBits compares shapes and numbers, those that are none among them.
func sameBits(t testing.TB, a, b *tensor.Dense) bool {
	t.Helper()
	return slices.Equal(a.Shape(), b.Shape()) && slices.EqualFunc(numbers(t, a), numbers(t, b), func(x, y float64) bool {
		return math.Float64bits(x) == math.Float64bits(y)
	})
}
