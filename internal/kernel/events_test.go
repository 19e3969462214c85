package kernel

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// checkList holds count and list of a path against a plain loop. What stands
// behind the events in at and v must not be touched.
func checkList(t *testing.T, p instructions[float32], row []float32, first int) {
	t.Helper()
	var places []int32
	var numbers []float32
	for i, x := range row {
		if x != 0 {
			places, numbers = append(places, int32(first+i)), append(numbers, x)
		}
	}
	n := len(places)
	if got := p.count(row); got != n {
		t.Fatalf("%d numbers: count = %d, want %d", len(row), got, n)
	}
	at, v := make([]int32, n+20), make([]float32, n+20)
	for i := range at {
		at[i], v[i] = canary, canary
	}
	if got := p.list(at[:n], v[:n], row, first); got != n {
		t.Fatalf("%d numbers: list = %d, want %d", len(row), got, n)
	}
	same := func(a, b float32) bool { return bits(a) == bits(b) }
	if !slices.Equal(at[:n], places) || !slices.EqualFunc(v[:n], numbers, same) {
		t.Fatalf("list of %v is %v, %v", row, at[:n], v[:n])
	}
	for i := n; i < len(at); i++ {
		if at[i] != canary || v[i] != canary {
			t.Fatalf("%d numbers, %d events: wrote %d, %v behind them", len(row), n, at[i], v[i])
		}
	}
}

func TestListsHoldWhatIsNotZero(t *testing.T) {
	eachPath(t, func(t *testing.T, p instructions[float32]) {
		r := rand.New(rand.NewPCG(1, 4))
		for _, n := range borders() {
			for offset := range 8 {
				row, _ := guarded[float32](1, n, 0, offset) // canaries would be events
				fill(r, row, []float64{0, 0.1, 0.5, 1}[offset%4])
				for i := range row.Row(0) {
					if r.IntN(9) == 0 {
						row.Row(0)[i] = telling[r.IntN(len(telling))]
					}
				}
				checkList(t, p, row.Row(0), 7*offset)
			}
		}
	})
}

func TestListsFindAnEventAnywhere(t *testing.T) {
	eachPath(t, func(t *testing.T, p instructions[float32]) {
		for n := 1; n < 70; n++ {
			for i := range n {
				for _, x := range []float32{1, -1, 0x1p-149, -0x1p-149, float32(math.NaN()), float32(math.Inf(-1))} {
					row := make([]float32, n)
					row[(i+1)%n] = float32(math.Copysign(0, -1))
					row[i] = x
					checkList(t, p, row, 3)
				}
			}
		}
	})
}

func TestListsKeepWithinTheirSlices(t *testing.T) {
	eachPath(t, func(t *testing.T, p instructions[float32]) {
		for n := range 131 {
			first, last := fenced(t, n)
			for _, row := range [][]float32{first, last} {
				for i := range row {
					row[i] = float32(i % 2)
				}
				v, _ := fenced(t, p.count(row))
				_, w := fenced(t, p.count(row))
				at := make([]int32, n)
				p.list(at, v, row, 0)
				p.list(at, w, row, 0)
			}
		}
	})
}

func FuzzList(f *testing.F) {
	f.Add([]byte{0, 0, 0, 0, 1, 0, 0x80, 0}, uint16(3))
	f.Add(make([]byte, 100), uint16(0))
	f.Fuzz(func(t *testing.T, halves []byte, first uint16) {
		row := make([]float32, len(halves)/2)
		for i := range row {
			row[i] = math.Float32frombits(uint32(halves[2*i])<<24 | uint32(halves[2*i+1]))
		}
		for _, p := range paths32() {
			checkList(t, p, row, int(first))
		}
	})
}

func TestLiveListsHoldWhatIsLive(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 5))
	for cols := range 140 {
		live := make([]bool, 3*cols)
		for i := range live {
			live[i] = r.IntN(3) == 0
		}
		for _, live := range [][]bool{live, nil} {
			e := listLive[float32](live, 3, cols)
			for i := range 3 {
				for b := range e.blocks {
					var want []int32
					for k := b * eventBlock; k < min((b+1)*eventBlock, cols); k++ {
						if live == nil || live[i*cols+k] {
							want = append(want, int32(k))
						}
					}
					if got, _ := e.in(i, b, b+1); !slices.Equal(got, want) {
						t.Fatalf("(3, %d), row %d, block %d: %v, want %v", cols, i, b, got, want)
					}
				}
			}
			e.release()
		}
	}
}
