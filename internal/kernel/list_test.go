package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// checkList holds count and list of a path against a plain loop. Further behind
// the lists than listSlack nothing must be touched.
func checkList(p instructions[float32], rows Mat[float32], tellFull bool) error {
	var spans, places []int32
	var numbers []float32
	room := 0 // that lists take for a while, before a full row is dropped
	for i := range rows.Rows {
		row, from := rows.Row(i), len(places)
		for k, x := range row {
			if x != 0 {
				places, numbers = append(places, int32(k)), append(numbers, x)
			}
		}
		found := len(places) - from
		if got := p.count(row); got != found {
			return fmt.Errorf("count of row %d is %d, want %d", i, got, found)
		}
		room = max(room, len(places))
		if tellFull && found == len(row) {
			places, numbers = places[:from], numbers[:from]
			spans = append(spans, -1, int32(from))
		} else {
			spans = append(spans, int32(from), int32(len(places)))
		}
	}

	const behind = 20
	gotSpans := slices.Repeat([]int32{canary}, len(spans)+behind)
	at := slices.Repeat([]int32{canary}, room+listSlack+behind)
	v := slices.Repeat([]float32{canary}, room+listSlack+behind)
	tell := 0
	if tellFull {
		tell = 1
	}
	p.list(gotSpans[:len(spans)], at[:room+listSlack], v[:room+listSlack], rows.Data, rows.Stride, rows.Cols, tell)
	if got := gotSpans[:len(spans)]; !slices.Equal(got, spans) {
		return fmt.Errorf("spans are %v, want %v", got, spans)
	}
	n := len(places)
	same := func(a, b float32) bool { return bits(a) == bits(b) }
	if !slices.Equal(at[:n], places) || !slices.EqualFunc(v[:n], numbers, same) {
		return fmt.Errorf("lists are %v, %v, want %v, %v", at[:n], v[:n], places, numbers)
	}
	for i := range behind {
		if s, a, x := gotSpans[len(spans)+i], at[room+listSlack+i], v[room+listSlack+i]; s != canary || a != canary || x != canary {
			return fmt.Errorf("%d events: wrote %d, %d, %v far behind them", n, s, a, x)
		}
	}
	return nil
}

func TestListsHoldWhatIsNotZero(t *testing.T) {
	eachPath(t, func(t *testing.T, p instructions[float32]) {
		r := rand.New(rand.NewPCG(1, 4))
		for _, columns := range borders() {
			for offset := range 8 {
				rows, _ := guarded[float32](offset%4+1, columns, offset%3, offset) // canaries would be events
				for i := range rows.Rows {
					row := rows.RowRange(i, i+1)
					if activity := []float64{0, 0.1, 0.5, 1, 1}[r.IntN(5)]; activity == 0.5 && columns > 0 {
						fill(r, row, activity)
						row.Row(0)[r.IntN(columns)] = telling[r.IntN(len(telling))]
					} else {
						fill(r, row, activity)
					}
				}
				for _, tellFull := range []bool{false, true} {
					if err := checkList(p, rows, tellFull); err != nil {
						t.Fatalf("columns=%d offset=%d tellFull=%v: %v", columns, offset, tellFull, err)
					}
				}
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
					if err := checkList(p, NewMat(row, 1, n), true); err != nil {
						t.Fatalf("%v at %d of %d: %v", x, i, n, err)
					}
				}
			}
		}
	})
}

// A row is full only if no number in it is zero, be it the last.
func TestRowsWithoutZerosAreMarkedFull(t *testing.T) {
	eachPath(t, func(t *testing.T, p instructions[float32]) {
		for n := 1; n < 70; n++ {
			rows := fill(rand.New(rand.NewPCG(1, 4)), NewMat(make([]float32, 5*n), 5, n), 1)
			for zero := range 5 * n {
				old := rows.Data[zero]
				rows.Data[zero] = float32(math.Copysign(0, -1))
				spans, at, v := make([]int32, 10), make([]int32, 5*n+listSlack), make([]float32, 5*n+listSlack)
				p.list(spans, at, v, rows.Data, n, n, 1)
				for i := range 5 {
					if full := i != zero/n; full != (spans[2*i] < 0) {
						t.Fatalf("%d columns, a zero at %d: spans %v", n, zero, spans)
					}
				}
				if from, to := spans[2*(zero/n)], spans[2*(zero/n)+1]; from != 0 || int(to) != n-1 {
					t.Fatalf("%d columns, a zero at %d: events %d to %d, want 0 to %d", n, zero, from, to, n-1)
				}
				rows.Data[zero] = old
			}
		}
	})
}

func TestListsKeepWithinTheirSlices(t *testing.T) {
	eachPath(t, func(t *testing.T, p instructions[float32]) {
		for n := 1; n < 131; n++ {
			const rows = 3
			stride := n + n%5
			first, last := fenced(t, (rows-1)*stride+n)
			firstSpans, lastSpans := fencedPlaces(t, 2*rows)
			firstAt, lastAt := fencedPlaces(t, rows*n+listSlack)
			firstV, lastV := fenced(t, rows*n+listSlack)
			for _, every := range []int{1, 2} { // all numbers are events, or every other
				list := func(x []float32, spans, at []int32, v []float32) {
					for i := range x {
						x[i] = float32((i + 1) % every * 2)
						if every == 1 {
							x[i] = 1
						}
					}
					p.list(spans, at, v, x, stride, n, 0)
					p.list(spans, at, v, x, stride, n, 1)
					p.count(x)
				}
				list(first, firstSpans, firstAt, firstV)
				list(last, lastSpans, lastAt, lastV)
			}
		}
	})
}

func FuzzList(f *testing.F) {
	f.Add([]byte{0, 0, 0, 0, 1, 0, 0x80, 0}, uint8(1), uint8(0), true)
	f.Add([]byte{1, 2, 3, 4, 1, 0, 2, 0, 0, 0, 1, 1}, uint8(2), uint8(1), true)
	f.Add(make([]byte, 100), uint8(7), uint8(2), false)
	f.Fuzz(func(t *testing.T, halves []byte, columns, gap uint8, tellFull bool) {
		numbers := make([]float32, len(halves)/2)
		for i := range numbers {
			numbers[i] = math.Float32frombits(uint32(halves[2*i])<<24 | uint32(halves[2*i+1]))
		}
		m := Mat[float32]{Cols: int(columns), Stride: int(columns) + int(gap), Data: numbers}
		if m.Stride > 0 {
			m.Rows = len(numbers) / m.Stride
		}
		for _, p := range paths32() {
			if err := checkList(p, m, tellFull); err != nil {
				t.Fatalf("path=%s: %v", p.name, err)
			}
		}
	})
}
