package kernel

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"
)

func TestTransposeSwapsRowsAndColumns(t *testing.T) {
	single := func(t *testing.T) {
		eachPath(t, func(t *testing.T, _ instructions[float32]) { transposeSwaps[float32](t) })
	}
	both(t, single, transposeSwaps[float64])
}

func transposeSwaps[F Float](t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		dim := rapid.OneOf(rapid.IntRange(0, 40), rapid.IntRange(transposeBlock-9, 2*transposeBlock+9))
		rows, cols := dim.Draw(t, "rows"), dim.Draw(t, "cols")
		gap, offset := rapid.IntRange(0, 2).Draw(t, "gap"), rapid.IntRange(0, 7).Draw(t, "offset")
		src, _ := guarded[F](rows, cols, gap, 1)
		fill(rand.New(rand.NewPCG(1, 1)), src, 1)
		for _, add := range []bool{false, true} {
			dst, array := guarded[F](cols, rows, gap, offset)
			fill(rand.New(rand.NewPCG(2, 1)), dst, 1)
			before := at(dst, 0)
			if add {
				addTurnedInto(dst, src)
			} else {
				Transpose(dst, src)
			}
			if err := intact(dst, array); err != nil {
				t.Fatal(err)
			}
			for i := range rows {
				for j := range cols {
					want := src.Row(i)[j]
					if add {
						want += before.Row(j)[i]
					}
					if dst.Row(j)[i] != want {
						t.Fatalf("add %v: dst[%d,%d] = %v, want %v", add, j, i, dst.Row(j)[i], want)
					}
				}
			}
		}
	})
}

func TestTransposeKeepsWithinItsMatrices(t *testing.T) {
	eachPath(t, func(t *testing.T, _ instructions[float32]) {
		for _, s := range [][2]int{{1, 1}, {8, 8}, {16, 24}, {33, 47}, {40, 7}} {
			firstDst, lastDst := fenced(t, s[0]*s[1])
			firstSrc, lastSrc := fenced(t, s[0]*s[1])
			for _, f := range []func(dst, src Mat[float32]){Transpose[float32], addTurnedInto[float32]} {
				f(NewMat(firstDst, s[1], s[0]), NewMat(firstSrc, s[0], s[1]))
				f(NewMat(lastDst, s[1], s[0]), NewMat(lastSrc, s[0], s[1]))
			}
		}
	})
}

// Vector code does not check.
func TestTransposeOfMatricesThatDoNotFitPanics(t *testing.T) {
	matrix := func(rows, cols int) Mat[float32] { return NewMat(make([]float32, rows*cols), rows, cols) }
	eachPath(t, func(t *testing.T, _ instructions[float32]) {
		for _, dst := range []Mat[float32]{matrix(15, 16), matrix(16, 15)} {
			func() {
				defer func() {
					if recover() == nil {
						t.Errorf("dst (%d, %d): no panic", dst.Rows, dst.Cols)
					}
				}()
				Transpose(dst, matrix(16, 16))
			}()
		}
	})
}

// BenchmarkTranspose turns the matrices of decoders round.
func BenchmarkTranspose(b *testing.B) {
	const V = 10000
	for _, H := range []int{256, 750} {
		w, turned := sparse[float32](rand.New(rand.NewPCG(1, 2)), V, H, 1), NewMat(make([]float32, V*H), H, V)
		for _, f := range []struct {
			name string
			run  func()
		}{
			{"there", func() { Transpose(turned, w) }},
			{"back", func() { Transpose(w, turned) }},
		} {
			b.Run(fmt.Sprintf("V=%d/H=%d/%s", V, H, f.name), func(b *testing.B) {
				benchPaths(b, func(b *testing.B) {
					for b.Loop() {
						f.run()
					}
					b.ReportMetric(1e-9*float64(V*H)*float64(b.N)/b.Elapsed().Seconds(), "Gnumbers/s")
				})
			})
		}
	}
}

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
