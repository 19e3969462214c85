package cell

import (
	"fmt"
	"math"
	"runtime"
	"testing"

	"github.com/egru/egru/internal/pool"
)

// spoilScratch makes the next passes find NaN and true wherever they do not
// write. Slices of earlier passes would be shorter, and taken before: two collections
// free them. Those given are long enough for all of their number of bits.
func spoilScratch() {
	runtime.GC()
	runtime.GC()
	for bits := range 12 {
		for range 20 {
			floats, bools := make([]float64, 1<<bits-1), make([]bool, 1<<bits-1)
			for i := range floats {
				floats[i], bools[i] = math.NaN(), true
			}
			pool.Give(floats)
			pool.Give(bools)
		}
	}
}

// What a pass leaves in memory must not be seen by the next: every number of
// dirty scratch is written before it is read.
func TestScratchMayHoldAnything(t *testing.T) {
	for _, kind := range kinds {
		for _, o := range []options{{}, {zoneout: true, dropConnect: true, lengths: true, state: true}, {lengths: true}} {
			m := newModel[float64](kind, Shape{T: 4, B: 3, I: 5, H: 6}, 9, o)
			m.in.LiveX = make([]float64, len(m.in.X))
			for i := range m.in.LiveX {
				m.in.LiveX[i] = float64(i % 2)
			}
			want, counts := m.gradients(t)
			spoilScratch()
			out := m.run(t)
			spoilScratch()
			got := m.taker()
			n, err := m.Backward(&m.in, out, &m.outer, got)
			if err != nil {
				t.Fatal(err)
			}
			if n != counts {
				t.Errorf("%v %+v: %+v, want %+v", kind, o, n, counts)
			}
			for _, p := range [][2][]float64{{got.X, want.X}, {got.W, want.W}, {got.R, want.R}, {got.Bx, want.Bx}, {got.Br, want.Br}, {got.Thr, want.Thr}, {got.State, want.State}, {got.Y, want.Y}} {
				near(t, fmt.Sprintf("%v %+v", kind, o), p[0], p[1], 0)
			}
		}
	}
}

// Products may multiply by the zeros of padding, and must find numbers there.
func TestPaddingHasGradientsOfZero(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	for _, kind := range kinds {
		m := newModel[float64](kind, Shape{T: 4, B: 3, I: 5, H: 6}, 9, options{})
		m.in.Lengths = []int{2, 0, 4}
		out := m.run(t)
		spoilScratch()
		var mem scratch[float64]
		g := m.newGradients(m.newPass(&m.in, out, &mem), &m.outer, m.taker(), &mem)
		g.throughTime()
		for row := range g.rows() {
			if row/m.B < m.in.Lengths[row%m.B] {
				continue
			}
			for _, r := range [][]float64{g.pre.Row(row), g.candidate.Row(row), g.x.Row(row)} {
				for j, v := range r {
					if v != 0 {
						t.Fatalf("%v: row %d of step %d has %v at %d", kind, row%m.B, row/m.B, v, j)
					}
				}
			}
		}
		mem.release()
	}
}

// Passes after the first use its memory again.
func TestPassesDoNotAllocateScratch(t *testing.T) {
	if racing {
		t.Skip("the race detector makes pools forget")
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	for _, kind := range kinds {
		m := newModel[float32](kind, Shape{T: 100, B: 64, I: 60, H: 64}, 1, options{zoneout: true, dropConnect: true, lengths: true})
		m.in.LiveX = m.in.X
		out, to := m.outputs(), m.taker()
		bytes := func(f func() (Counts, error)) uint64 {
			var before, after runtime.MemStats
			least := ^uint64(0) // of a few: a collection empties the pools
			for range 6 {
				runtime.ReadMemStats(&before)
				if _, err := f(); err != nil {
					t.Fatal(err)
				}
				runtime.ReadMemStats(&after)
				least = min(least, after.TotalAlloc-before.TotalAlloc)
			}
			return least
		}
		// Ordered weights are not scratch, nor is what it takes to share out a step.
		limit := uint64(4*(m.I+m.H)*3*m.H + 2048*m.T)
		if n := bytes(func() (Counts, error) { return m.Forward(&m.in, out) }); n > limit {
			t.Errorf("%v: Forward allocates %d bytes, want at most %d", kind, n, limit)
		}
		if n := bytes(func() (Counts, error) { return m.Backward(&m.in, out, &m.outer, to) }); n > limit {
			t.Errorf("%v: Backward allocates %d bytes, want at most %d", kind, n, limit)
		}
	}
}
