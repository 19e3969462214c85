package kernel

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// checkLive holds the live places of (rows, cols), in tiles and blocks of some sizes,
// against a plain loop.
func checkLive(t *testing.T, live []bool, rows, cols int) {
	t.Helper()
	for _, height := range []int{1, 7, 8, 33, bitmapRows} {
		for _, width := range []int{1, 40, max(1, cols)} {
			l := newLivePlaces(live, rows, cols, height, width)
			n := 0
			for tile := range l.tiles() {
				from, to := l.tile(tile)
				for b := range l.blocks() {
					bitmap, before := l.in(tile, b)
					if before != n {
						t.Fatalf("(%d, %d): %d places before block %d of tile %d, want %d", rows, cols, before, b, tile, n)
					}
					for i, word := range bitmap {
						var want []int32
						for m := from; m < to; m++ {
							if live == nil || live[m*cols+b*width+i] {
								want = append(want, int32(m-from))
							}
						}
						if got := bitsOf(word); !slices.Equal(got, want) {
							t.Fatalf("(%d, %d), tile %d of %d, column %d of block %d of %d: %v, want %v", rows, cols, tile, height, i, b, width, got, want)
						}
						n += len(want)
					}
				}
			}
			l.release()
		}
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

func TestLivePlacesAreThoseOfLive(t *testing.T) {
	for cols := range 140 {
		for n, fraction := range []float64{0, 0.03, 0.3, 0.9, 1} {
			for _, rows := range []int{0, 1, 3, 8, 9} {
				checkLive(t, someLive(uint64(cols), rows*cols, fraction), rows, cols)
			}
			checkLive(t, nil, n, cols)
		}
	}
	for rows := range 2*bitmapRows + 3 {
		checkLive(t, someLive(uint64(rows), rows*19, 0.3), rows, 19)
		checkLive(t, nil, rows, 19)
	}
}

func TestLivePlacesAreTheSameAfterOthers(t *testing.T) {
	big := someLive(1, 300*200, 0.5)
	for range 3 {
		checkLive(t, big, 300, 200)
		checkLive(t, []bool{true, false}, 2, 1)
		checkLive(t, nil, 200, 300)
	}
}

func FuzzLivePlaces(f *testing.F) {
	f.Add([]byte{1, 0, 1, 1, 0, 0, 0, 1, 1}, uint8(3))
	f.Add([]byte{}, uint8(0))
	f.Fuzz(func(t *testing.T, bytes []byte, cols uint8) {
		n := 1 + int(cols)
		rows := min(len(bytes)/n, 3*bitmapRows)
		live := make([]bool, rows*n)
		for i := range live {
			live[i] = bytes[i]&1 == 1
		}
		checkLive(t, live, rows, n)
	})
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
