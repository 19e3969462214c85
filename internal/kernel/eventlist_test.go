package kernel

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// wantList wants a list of places and numbers, to the bit but for those of NaN.
func wantList(t interface {
	Helper()
	Fatalf(string, ...any)
}, what string, l *EventList, at []int32, v []float32) {
	t.Helper()
	same := func(a, b float32) bool { return bits(a) == bits(b) || a != a && b != b }
	if !slices.Equal(l.At, at) || !slices.EqualFunc(l.V, v, same) {
		t.Fatalf("%s: at %v %v, want at %v %v", what, l.At, l.V, at, v)
	}
}

var (
	nan     = float32(math.NaN())
	inf     = float32(math.Inf(1))
	minus0  = float32(math.Copysign(0, -1))
	tiniest = float32(math.SmallestNonzeroFloat32)
)

func TestAnEventListHoldsWhatIsNotZero(t *testing.T) {
	eachPath(t, func(t *testing.T, _ instructions[float32]) {
		for _, c := range []struct {
			name string
			row  []float32
			at   []int32
			v    []float32
		}{
			{"nothing", nil, nil, nil},
			{"zeros of both signs", []float32{0, minus0, 0}, nil, nil},
			{"all", []float32{1, -2, 3}, []int32{0, 1, 2}, []float32{1, -2, 3}},
			{"what is no number", []float32{0, nan, minus0, inf, -inf}, []int32{1, 3, 4}, []float32{nan, inf, -inf}},
			{"the tiniest", []float32{0, 0, -tiniest, tiniest}, []int32{2, 3}, []float32{-tiniest, tiniest}},
		} {
			l := NewEventList(len(c.row))
			wantList(t, "a new list", l, nil, nil)
			l.Of(c.row)
			wantList(t, c.name, l, c.at, c.v)
		}
	})
}

// A list has no memory of rows before, longer or shorter ones.
func TestAnEventListIsThatOfItsLastRow(t *testing.T) {
	eachPath(t, func(t *testing.T, _ instructions[float32]) {
		rapid.Check(t, func(t *rapid.T) {
			room := rapid.IntRange(0, 300).Draw(t, "room")
			number := rapid.SampledFrom([]float32{0, 0, minus0, 1, -2.5, nan, inf, tiniest})
			l, scaled, taken := NewEventList(room), NewEventList(room), NewEventList(room)
			by := rapid.SliceOfN(rapid.SampledFrom([]float32{1, -3, 0, 0.25, nan, inf}), room, room).Draw(t, "by")
			for range 3 {
				row := rapid.SliceOfN(number, 0, room).Draw(t, "row")
				var at, scaledAt []int32
				var v, scaledV []float32
				for k, x := range row {
					if x == 0 {
						continue
					}
					at, v = append(at, int32(k)), append(v, x)
					if y := x * by[k]; y != 0 {
						scaledAt, scaledV = append(scaledAt, int32(k)), append(scaledV, y)
					}
				}
				l.Of(row)
				wantList(t, "of the row", l, at, v)
				scaled.Scaled(l, by)
				wantList(t, "scaled", scaled, scaledAt, scaledV)
				taken.Take(l.At, l.V)
				wantList(t, "taken", taken, at, v)
				wantList(t, "after others were made of it", l, at, v)
			}
			taken.Scaled(taken, by)
			wantList(t, "scaled in place", taken, scaled.At, scaled.V)
		})
	})
}

func TestAnEventListKeepsItsMemory(t *testing.T) {
	rows := [][]float32{make([]float32, 70), make([]float32, 70)}
	for k := range rows[1] {
		rows[1][k] = 1
	}
	l, other, i := NewEventList(70), NewEventList(70), 0
	if n := testing.AllocsPerRun(20, func() {
		l.Of(rows[i%2])
		other.Scaled(l, rows[1])
		l.Take(other.At, other.V)
		i++
	}); n != 0 {
		t.Errorf("%v allocations a row, want none", n)
	}
}

// Vector code does not check what it writes behind a list.
func TestARowThatHasNoRoomInItsListPanics(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("a row of 5 numbers is listed where there is room for 4")
		}
	}()
	NewEventList(4).Of(make([]float32, 5))
}
