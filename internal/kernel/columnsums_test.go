package kernel

import (
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"
)

func TestColumnSumsAddRowsInOrder(t *testing.T) {
	both(t, columnSumsAddInOrder[float32], columnSumsAddInOrder[float64])
}

func columnSumsAddInOrder[F Float](t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rows := rapid.IntRange(0, 20).Draw(t, "rows")
		cols := rapid.OneOf(rapid.IntRange(0, 9), rapid.IntRange(columnBlock-1, 3*columnBlock)).Draw(t, "cols")
		m, _ := guarded[F](rows, cols, rapid.IntRange(0, 2).Draw(t, "gap"), 1)
		fill(rand.New(rand.NewPCG(1, 1)), m, 1)
		dst, array := guarded[F](1, cols, 0, 3)
		fill(rand.New(rand.NewPCG(2, 1)), dst, 1)
		want := at(dst, 0)
		for i := range rows {
			for j, v := range m.Row(i) {
				want.Row(0)[j] += v
			}
		}
		onProcessors(rapid.IntRange(1, 3).Draw(t, "processors"), func() { ColumnSums(dst.Row(0), m) })
		if err := sameBits(want, dst); err != nil {
			t.Fatal(err)
		}
		if err := intact(dst, array); err != nil {
			t.Fatal(err)
		}
	})
}
