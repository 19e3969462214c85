package kernel

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// checkLive holds the lists of live (rows, cols), in blocks of any height that they
// may have, against a plain loop.
func checkLive(t *testing.T, live []bool, rows, cols int) {
	t.Helper()
	for height := dotBlock; height <= listedBlock; height *= 2 {
		if live == nil && height > bitmapRows {
			break
		}
		l := newLiveList(live, rows, cols, height)
		for b := range (cols + height - 1) / height {
			for i := range rows {
				var want []int32
				for k := b * height; k < min((b+1)*height, cols); k++ {
					if live == nil || live[i*cols+k] {
						want = append(want, int32(k-b*height))
					}
				}
				span, got, bitmap := l.in(b, i, i+1)
				if height > bitmapRows {
					got = got[span[0]:span[1]]
				} else {
					got = bitsOf(bitmap[0])
				}
				if !slices.Equal(got, want) {
					t.Fatalf("(%d, %d), row %d, block %d of %d: %v, want %v", rows, cols, i, b, height, got, want)
				}
			}
		}
		l.release()
	}
}

func someLive(seed uint64, n int, fraction float64) []bool {
	r := rand.New(rand.NewPCG(seed, 5))
	live := make([]bool, n)
	for i := range live {
		live[i] = r.Float64() < fraction
	}
	return live
}

func TestLiveListsHoldWhatIsLive(t *testing.T) {
	eachPath(t, func(t *testing.T, _ instructions[float32]) {
		for cols := range 140 {
			for n, fraction := range []float64{0, 0.03, 0.3, 0.9, 1} {
				checkLive(t, someLive(uint64(cols), 3*cols, fraction), 3, cols)
				checkLive(t, nil, n, cols)
			}
		}
	})
}

func TestListLiveKeepsWithinItsSlices(t *testing.T) {
	eachPath(t, func(t *testing.T, p instructions[float32]) {
		for columns := 1; columns < 70; columns++ {
			begin, end := fenced(t, 100)
			first, _ := boolsAt(begin, 3*columns)
			_, last := boolsAt(end, 3*columns)
			for _, live := range [][]bool{first, last} {
				for i := range live {
					live[i] = i%3 != 0
				}
				spans, at := make([]int32, 6), make([]int32, 3*columns+listSlack+1)
				at[len(at)-1] = canary
				p.listLive(spans, at, live, columns, columns)
				if at[len(at)-1] != canary {
					t.Fatalf("%d columns: wrote behind the slack of at", columns)
				}
			}
		}
	})
}

func TestLiveListsAreTheSameAfterOthers(t *testing.T) {
	big := someLive(1, 300*200, 0.5)
	for range 3 {
		checkLive(t, big, 300, 200)
		checkLive(t, []bool{true, false}, 2, 1)
		checkLive(t, nil, 200, 300)
	}
}

func TestLivePlacesAreCounted(t *testing.T) {
	for n := range 140 {
		live := someLive(uint64(n), n+8, 0.4)
		for offset := range 8 {
			want := 0
			for _, l := range live[offset : offset+n] {
				if l {
					want++
				}
			}
			if got := countLive(live[offset : offset+n]); got != want {
				t.Fatalf("%d live places of %d, want %d", got, n, want)
			}
		}
	}
}

// Sums of bytes must not run over, however many places are live.
func TestManyLivePlacesAreCounted(t *testing.T) {
	live := slices.Repeat([]bool{true}, 5000)
	for n := range live {
		if got := countLive(live[:n]); got != n {
			t.Fatalf("%d live places of %d", got, n)
		}
	}
}
