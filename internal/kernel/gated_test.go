package kernel

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

func TestBitsDoNotDependOnTheLoopOfGated(t *testing.T) {
	t.Run("float64", loopsOfGatedGiveTheSameBits[float64])
	eachPath(t, func(t *testing.T, _ instructions[float32]) { loopsOfGatedGiveTheSameBits[float32](t) })
}

// The events of y (M, K), of which some rows are full and some empty, or all nearly
// empty, meet W as it lies, block by block, and in panels, in blocks of every height.
// What y^T has in its lists is found in the transpose of y too.
func loopsOfGatedGiveTheSameBits[F Float](t *testing.T) {
	for _, s := range []struct {
		M, K, N int
		few     bool
	}{{1, 300, 40, false}, {3, 64, 128, false}, {20, 260, 129, false}, {90, 70, 33, false}, {7, 1, 1, false}, {2, 2500, 40, false}, {5, 4200, 30, true}} {
		y := someRowsFull[F](uint64(s.K), s.M, s.K, 1, 3)
		if s.few {
			y = sparse[F](rand.New(rand.NewPCG(5, 5)), s.M, s.K, 0.01)
		}
		o := newOperands[F](6, s.M, s.K, s.N, 2, 1, 1)
		start := func() (Mat[F], []F) {
			out, array := guarded[F](s.M, s.N, 1, 3)
			return fill(rand.New(rand.NewPCG(7, 7)), out, 1), array
		}
		want, _ := start()
		inPlace(want, y, o.w)
		same := func(name string, product func(out Mat[F])) {
			out, array := start()
			product(out)
			if err := intact(out, array); err != nil {
				t.Errorf("%+v, %s: %v", s, name, err)
			}
			if err := sameBits(want, out); err != nil {
				t.Errorf("%+v, %s: %v", s, name, err)
			}
		}
		for _, height := range blockHeights {
			for _, turned := range []bool{false, true} {
				left := y
				if turned {
					left = flipped(y, 2)
				}
				e := listed(left, turned, height)
				name := fmt.Sprintf("blocks of %d rows, turned=%v", height, turned)
				same(name, func(out Mat[F]) { accumulate(e, s.N, o.w, nil, everywhere[F]{out}) })
				same(name+", panels", func(out Mat[F]) {
					accumulate(e, s.N, Mat[F]{}, panelsOf(o.w, false, panelWidth), everywhere[F]{out})
				})
				e.release()
			}
		}
		same("Gated", func(out Mat[F]) { Gated(out, y, NewWeights(o.w)) })
		same("Gated, turned weights", func(out Mat[F]) { Gated(out, y, NewTurnedWeights(o.turned)) })
		same("GatedT", func(out Mat[F]) { GatedT(out, flipped(y, 2), o.w) })
	}
}

func TestBlocksAreHighWhereEventsAreFew(t *testing.T) {
	for activity, want := range map[float64]int{
		0: maxBlocks * blockRows, 1: blockRows,
		markedEvents / float64(blockRows):        blockRows,
		0.9 * markedEvents / float64(blockRows):  2 * blockRows,
		0.49 * blockEvents / float64(blockRows):  4 * blockRows,
		0.249 * blockEvents / float64(blockRows): 8 * blockRows,
	} {
		if got := blockHeight(activity); got != want {
			t.Errorf("blocks of %d rows at an activity of %v, want %d", got, activity, want)
		}
	}
	// Where rows are hardly used twice, blocks are higher.
	for activity, want := range map[float64]int{0: aloneBlocks * blockRows, 0.02: 2048, 0.1: 512, 1: blockRows} {
		if got := heightFor(activity, aloneEvents, aloneBlocks); got != want {
			t.Errorf("blocks of %d rows for rows that are used alone, at an activity of %v, want %d", got, activity, want)
		}
	}
}

// A product of many rows, few of which the estimate of the density sees.
func TestGatedTakesRowsOfVeryDifferentActivity(t *testing.T) {
	eachPath(t, func(t *testing.T, _ instructions[float32]) {
		for _, dense := range []int{0, 1} { // rows that the estimate sees, or does not
			o := newOperands[float32](8, 256, 100, 40, 1, 1, 0)
			for i := dense; i < o.y.Rows; i += 4 {
				fill(rand.New(rand.NewPCG(1, 1)), o.y.RowRange(i, i+1), 1)
			}
			for _, p := range products[float32]() {
				if err := p.check(o, 1, 1); err != nil {
					t.Errorf("%s: %v", p.name, err)
				}
			}
		}
	})
}
