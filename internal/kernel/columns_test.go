package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"unsafe"

	"pgregory.net/rapid"
)

// Events in ascending order meet the weights of a column in the order in which they
// meet them in rows.
func TestPackedColumnsGiveTheBitsOfDenseRows(t *testing.T) {
	eachPath(t, func(t *testing.T, _ instructions[float32]) {
		for _, n := range []int{1, 15, 64, 200, 507} {
			c := newRowsCase(uint64(n), 150, n, 120, 0, 0.3)
			slices.Sort(c.at)
			at := slices.Compact(c.at)
			layouts := c.layouts()
			for columns, rows := range map[string]string{"packed columns": "dense", "packed int8 columns": "int8"} {
				add := func(name string) []float32 {
					sums, r := make([]float32, n), layouts[name].rows
					r.Add(sums, at, c.v[:len(at)], make([]float32, r.Scratch()))
					return sums
				}
				got, want := add(columns), add(rows)
				for j := range want {
					if math.Float32bits(got[j]) != math.Float32bits(want[j]) {
						t.Fatalf("n=%d: number %d is %v of %s, %v of %s rows", n, j, got[j], columns, want[j], rows)
					}
				}
			}
		}
	})
}

func TestPackedColumnsMayBeEmpty(t *testing.T) {
	eachPath(t, func(t *testing.T, _ instructions[float32]) {
		for _, shape := range [][2]int{{0, 0}, {0, 5}, {5, 0}} {
			m := NewMat(make([]float32, shape[0]*shape[1]), shape[0], shape[1])
			for name, r := range map[string]Rows{"float32": NewPackedColumns(m), "8 bits": NewPackedInt8Columns(m, Int8Scales(m))} {
				at, v := []int32{0}, []float32{1}
				if shape[0] == 0 {
					at, v = nil, nil
				}
				sums := make([]float32, shape[1])
				r.Add(sums, at, v, make([]float32, r.Scratch()))
				if slices.ContainsFunc(sums, func(x float32) bool { return x != 0 }) {
					t.Errorf("%v, %s: sums of nothing are %v", shape, name, sums)
				}
			}
		}
	})
}

// lopsided is a matrix whose columns have their weights far apart: of some all, of
// some none, of others at the end, the beginning, or here and there.
func lopsided(r *rand.Rand, K, N int) Mat[float32] {
	m := NewMat(make([]float32, K*N), K, N)
	for j := range N {
		from, to, density := r.IntN(K), K, []float64{0, 0.05, 0.5, 1}[r.IntN(4)]
		if r.IntN(2) == 0 {
			from, to = 0, from
		}
		for k := from; k < to; k++ {
			if r.Float64() < density {
				m.Row(k)[j] = float32(r.NormFloat64())
			}
		}
	}
	return m
}

func TestColumnsMayBeLopsided(t *testing.T) {
	eachPath(t, func(t *testing.T, _ instructions[float32]) {
		rapid.Check(t, func(t *rapid.T) {
			r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 8))
			K, N := rapid.IntRange(1, 300).Draw(t, "K"), rapid.IntRange(1, 150).Draw(t, "N")
			c := rowsCase{m: lopsided(r, K, N), n: N}
			for k := range int32(K) {
				c.at, c.v = append(c.at, k), append(c.v, float32(r.NormFloat64()))
			}
			if err := c.check(); err != nil {
				t.Fatal(err)
			}
		})
	})
}

// What fills up the steps is small where weights are spread at random, and never
// more than columns that all have as many weights as the fullest.
func TestPackedColumnsWasteLittle(t *testing.T) {
	for _, c := range []struct{ density, atMost float64 }{{0.5, 1.15}, {0.2, 1.25}, {0.1, 1.5}} {
		r := rand.New(rand.NewPCG(3, 3))
		m := NewMat(make([]float32, 1024*512), 1024, 512)
		fill(r, m, c.density)
		p := NewPackedColumns(m)
		if share := float64(len(p.values)) / float64(p.weights); share > c.atMost {
			t.Errorf("density %v: %v values a weight, want at most %v", c.density, share, c.atMost)
		}
	}
	full := NewMat(make([]float32, 100*64), 100, 64)
	for k := range 100 {
		full.Row(k)[5] = 1
	}
	if n := len(NewPackedColumns(full).values); n != 100*64 {
		t.Errorf("one full column of 100 weights takes %d values, want %d", n, 100*64)
	}
}

func TestColumnInstructionsKeepWithinTheirSlices(t *testing.T) {
	eachPath(t, func(t *testing.T, p instructions[float32]) {
		for _, strips := range []int{0, 1, 2} {
			for _, windows := range []int{0, 1, 3} {
				for steps := range 3 {
					name := fmt.Sprintf("%d strips, %d windows, %d steps", strips, windows, steps)
					n := strips * windows * steps * stripWidth
					for i := range 2 { // against the first fence, and the last
						dst, x, values := fencedAt(t, i, strips*stripWidth), fencedAt(t, i, windowRows+(windows-1)*windowStep), fencedAt(t, i, n)
						places, count := asBytes(fencedBytes(t, n)[i]), asBytes(fencedBytes(t, strips*windows)[i])
						for j := range places {
							places[j] = uint8(j % windowRows)
						}
						for j := range count {
							count[j] = uint8(steps)
						}
						for j := range x {
							x[j] = 1
						}
						for j := range values {
							values[j] = 1
						}
						p.addColumns(dst, x, values, places, count)
						p.addColumns8(dst, x, fencedBytes(t, n)[i], places, count)
						for j, got := range dst {
							if want := float32(windows * steps); got != want {
								t.Fatalf("%s: sum %d is %v, want %v", name, j, got, want)
							}
						}
					}
				}
			}
		}
	})
}

func fencedAt(t *testing.T, side, n int) []float32 {
	first, last := fenced(t, n)
	return [][]float32{first, last}[side]
}

func asBytes(x []int8) []uint8 {
	return unsafe.Slice((*uint8)(unsafe.Pointer(unsafe.SliceData(x))), len(x))
}
