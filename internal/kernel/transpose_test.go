package kernel

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"
)

func TestTurningSwapsRowsAndColumns(t *testing.T) {
	single := func(t *testing.T) {
		eachPath(t, func(t *testing.T, _ instructions[float32]) { turningSwaps[float32](t) })
	}
	both(t, single, turningSwaps[float64])
}

func turningSwaps[F Float](t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		dim := rapid.IntRange(0, 40)
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
				turnInto(dst, src)
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

func TestTurningKeepsWithinItsMatrices(t *testing.T) {
	eachPath(t, func(t *testing.T, _ instructions[float32]) {
		for _, s := range [][2]int{{1, 1}, {8, 8}, {16, 24}, {33, 47}, {40, 7}} {
			firstDst, lastDst := fenced(t, s[0]*s[1])
			firstSrc, lastSrc := fenced(t, s[0]*s[1])
			for _, f := range []func(dst, src Mat[float32]){turnInto[float32], addTurnedInto[float32]} {
				f(NewMat(firstDst, s[1], s[0]), NewMat(firstSrc, s[0], s[1]))
				f(NewMat(lastDst, s[1], s[0]), NewMat(lastSrc, s[0], s[1]))
			}
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
			{"there", func() { turnInto(turned, w) }},
			{"back", func() { turnInto(w, turned) }},
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
