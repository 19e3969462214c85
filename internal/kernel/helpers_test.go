package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"testing"
	"unsafe"
)

// canary fills what no kernel may write.
const canary = 12345

// guarded is a matrix of canaries inside an array of more of them: gap numbers
// between its rows and offset numbers before the first, so that every alignment
// occurs.
func guarded[F Float](rows, cols, gap, offset int) (m Mat[F], array []F) {
	const behind = 8
	stride := cols + gap
	array = make([]F, offset+rows*stride+behind)
	for i := range array {
		array[i] = canary
	}
	return Mat[F]{Rows: rows, Cols: cols, Stride: stride, Data: array[offset:]}, array
}

// intact says whether the canaries around m are alive: those of array outside
// the view.
func intact[F Float](m Mat[F], array []F) error {
	offset := len(array) - len(m.Data)
	for i, v := range array {
		p := i - offset
		inside := p >= 0 && m.Stride > 0 && p/m.Stride < m.Rows && p%m.Stride < m.Cols
		if !inside && v != canary {
			return fmt.Errorf("number %d, outside the view, was overwritten with %v", p, v)
		}
	}
	return nil
}

// fill writes normal numbers in a fraction of places, and zeros elsewhere, of
// which some are negative.
func fill[F Float](r *rand.Rand, m Mat[F], activity float64) Mat[F] {
	for i := range m.Rows {
		row := m.Row(i)
		for j := range row {
			row[j] = F(r.NormFloat64())
			if r.Float64() >= activity {
				row[j] = F(math.Copysign(0, float64(row[j])))
			}
		}
	}
	return m
}

// at copies m, with the same gaps, to an offset of its own.
func at[F Float](m Mat[F], offset int) Mat[F] {
	c, _ := guarded[F](m.Rows, m.Cols, m.Stride-m.Cols, offset)
	for i := range m.Rows {
		copy(c.Row(i), m.Row(i))
	}
	return c
}

func bits[F Float](x F) uint64 {
	switch x := any(x).(type) {
	case float32:
		return uint64(math.Float32bits(x))
	case float64:
		return math.Float64bits(x)
	}
	panic("not a float")
}

func sameBits[F Float](a, b Mat[F]) error {
	for i := range a.Rows {
		x, y := a.Row(i), b.Row(i)
		for j := range x {
			if bits(x[j]) != bits(y[j]) {
				return fmt.Errorf("[%d,%d] is %v once and %v once", i, j, x[j], y[j])
			}
		}
	}
	return nil
}

// roundoff is the largest relative error of one rounding.
func roundoff[F Float]() float64 {
	if _, ok := any(F(0)).(float32); ok {
		return 0x1p-24
	}
	return 0x1p-53
}

// onProcessors runs f with GOMAXPROCS n.
func onProcessors(n int, f func()) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(n))
	f()
}

// both runs a test in each precision.
func both(t *testing.T, single, double func(t *testing.T)) {
	t.Run("float32", single)
	t.Run("float64", double)
}

// boolsAt are n bools where x begins, and n where it ends.
func boolsAt(x []float32, n int) (first, last []bool) {
	all := unsafe.Slice((*bool)(unsafe.Pointer(unsafe.SliceData(x))), 4*len(x))
	clear(all)
	return all[:n], all[len(all)-n:]
}

// flipped is the transpose of m, with the same gaps, by a plain loop.
func flipped[F Float](m Mat[F], offset int) Mat[F] {
	c, _ := guarded[F](m.Cols, m.Rows, m.Stride-m.Cols, offset)
	for i := range m.Rows {
		for j, v := range m.Row(i) {
			c.Row(j)[i] = v
		}
	}
	return c
}

// fencedPlaces is fenced for places.
func fencedPlaces(t testing.TB, n int) (first, last []int32) {
	a, b := fenced(t, n)
	places := func(x []float32) []int32 {
		return unsafe.Slice((*int32)(unsafe.Pointer(unsafe.SliceData(x))), len(x))
	}
	return places(a), places(b)
}

// eachPair calls f for every two paths with vector code.
func eachPair(t *testing.T, f func(t *testing.T, a, b instructions[float32])) {
	paths := vectorPaths()
	if len(paths) < 2 {
		t.Skip("fewer than two paths with vector code run here")
	}
	for _, p := range paths[1:] {
		t.Run(paths[0].name+"="+p.name, func(t *testing.T) { f(t, paths[0], p) })
	}
}
