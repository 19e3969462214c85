package cell

import (
	"fmt"
	"math"
	"runtime"
	"sync"
	"testing"

	"pgregory.net/rapid"
)

func TestBlocksAreOfOneSizeAndEven(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := Shape{B: rapid.IntRange(1, 200).Draw(t, "B"), H: rapid.IntRange(1, 3000).Draw(t, "H")}
		var mu sync.Mutex
		seen := make([]int, s.B)
		rows := map[int]int{}
		s.eachBlock(func(block, lo, hi int) {
			mu.Lock()
			defer mu.Unlock()
			rows[block] = hi - lo
			for b := lo; b < hi; b++ {
				seen[b]++
			}
		})
		for b, n := range seen {
			if n != 1 {
				t.Fatalf("row %d is in %d blocks", b, n)
			}
		}
		if len(rows) != s.blocks() {
			t.Fatalf("%d blocks, want %d", len(rows), s.blocks())
		}
		for block, n := range rows {
			if n > s.blockRows() || block < s.blocks()-1 && n != s.blockRows() {
				t.Fatalf("block %d has %d rows, want %d", block, n, s.blockRows())
			}
			if n > 1 && n*s.H > shareUnits+s.H {
				t.Fatalf("a block has %d rows of %d units", n, s.H)
			}
		}
		if s.state() > 2*shareUnits && s.B > 1 && s.blocks() < 2 {
			t.Fatal("one processor has it all")
		}
	})
	for _, s := range append([]Shape{{B: 20, H: 450}}, benchShapes...) {
		half := make([]int, 2)
		s.eachBlock(func(block, lo, hi int) { half[block%2] += hi - lo })
		if d := math.Abs(float64(half[0] - half[1])); d > 0.1*float64(s.B) {
			t.Errorf("B=%d H=%d: two processors take %v rows", s.B, s.H, half)
		}
	}
}

// What rows share gets the sum of their gradients, however they are cut into
// blocks.
func TestGradientsAreSumsOverRows(t *testing.T) {
	for _, kind := range kinds {
		for _, lengths := range []bool{false, true} {
			m := newModel[float64](kind, Shape{T: 3, B: 5, I: 2, H: 1000}, 3, options{state: true, zoneout: true, lengths: lengths})
			if m.blocks() < 2 {
				t.Fatal("only one block")
			}
			all, counts := m.gradients(t)
			sum, n := m.taker(), Counts{}
			for b := range m.B {
				one := *m
				one.B = 1
				one.in.X = rowOf(m.in.X, m.B, m.I, b)
				one.in.State, one.in.Y = rowOf(m.in.State, m.B, m.H, b), rowOf(m.in.Y, m.B, m.H, b)
				one.in.Zoneout = rowOf(m.in.Zoneout, m.B, m.H, b)
				if lengths {
					one.in.Lengths = m.in.Lengths[b : b+1]
				}
				one.outer = OutputGrads[float64]{
					Y: rowOf(m.outer.Y, m.B, m.H, b), State: rowOf(m.outer.State, m.B, m.H, b), Events: rowOf(m.outer.Events, m.B, m.H, b),
					FinalState: rowOf(m.outer.FinalState, m.B, m.H, b), FinalY: rowOf(m.outer.FinalY, m.B, m.H, b),
				}
				part, c := one.gradients(t)
				for _, p := range [][2][]float64{{sum.W, part.W}, {sum.R, part.R}, {sum.Bx, part.Bx}, {sum.Br, part.Br}, {sum.Thr, part.Thr}} {
					for i, v := range p[1] {
						p[0][i] += v
					}
				}
				n.Live += c.Live
				n.BackwardUnits += c.BackwardUnits
				n.BackwardMACs += c.BackwardMACs
			}
			name := fmt.Sprintf("%v lengths=%v ", kind, lengths)
			near(t, name+"dW", all.W, sum.W, 1e-12)
			near(t, name+"dR", all.R, sum.R, 1e-12)
			near(t, name+"dBx", all.Bx, sum.Bx, 1e-12)
			near(t, name+"dBr", all.Br, sum.Br, 1e-12)
			near(t, name+"dThr", all.Thr, sum.Thr, 1e-12)
			if counts.Live != n.Live || counts.BackwardUnits != n.BackwardUnits || counts.BackwardMACs != n.BackwardMACs {
				t.Errorf("%scounts %+v, the rows have %+v", name, counts, n)
			}
		}
	}
}

// spoilScratch makes the next passes find NaN and true wherever they do not
// write.
func spoilScratch() {
	for bits := range 12 {
		for range 20 {
			floats, marks := make([]float64, 1<<bits), make([]bool, 1<<bits)
			for i := range floats {
				floats[i], marks[i] = math.NaN(), true
			}
			scratch64[bits].Put(&floats)
			scratchMark[bits].Put(&marks)
		}
	}
}

// What a pass leaves in memory must not be seen by the next: every number of
// dirty scratch is written before it is read.
func TestScratchMayHoldAnything(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1)) // pools belong to processors
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
