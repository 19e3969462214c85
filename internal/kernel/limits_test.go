package kernel

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

// What the products are made of, where no memory beyond the L1 cache has a part
// in it, and how fast rows of a matrix come from each cache: between these numbers
// and those of whole products lie lists, tiles and waiting for memory.
func BenchmarkLimits(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 2))
	const rows, depth = 48, bitmapRows
	panel := sparse[float32](r, depth, panelWidth, 1)
	copied := append(aligned[float32](len(panel.Data)), panel.Data...)
	tile := aligned[float32](rows * panelWidth)[:rows*panelWidth]
	a := sparse[float32](r, rows, depth, 1)
	gflops := func(b *testing.B, macs int) {
		b.ReportMetric(2e-9*float64(macs)*float64(b.N)/b.Elapsed().Seconds(), "GFLOP/s")
	}
	for _, events := range []int{depth, 32, 16, 8, 4, 2} {
		var spans []int32
		var v []float32
		bitmap := make([]uint64, rows)
		for i := range rows {
			from := int32(len(v))
			for _, k := range r.Perm(depth)[:events] {
				bitmap[i], v = bitmap[i]|1<<k, append(v, a.Row(i)[k])
			}
			spans = append(spans, from, int32(len(v)))
		}
		name := fmt.Sprintf("marked/events=%d", events)
		b.Run(name, func(b *testing.B) {
			benchPaths(b, func(b *testing.B) {
				for b.Loop() {
					use[float32]().block(tile, panelWidth, tile, panelWidth, copied, panelWidth, depth, spans, bitmap, v, a.Data, depth, 1, 0, nil, 0)
				}
				gflops(b, len(v)*panelWidth)
			})
		})
	}
	for _, kb := range []int{32, 512} { // of rows that are added, from L1 or L2
		high := sparse[float32](r, kb<<10/4/panelWidth, panelWidth, 1)
		copied := append(aligned[float32](len(high.Data)), high.Data...)
		var spans, at []int32
		var v []float32
		for range rows {
			from := int32(len(v))
			for _, k := range r.Perm(high.Rows)[:20] {
				at, v = append(at, int32(k)), append(v, 1)
			}
			spans = append(spans, from, int32(len(v)))
		}
		at = append(at, at[:gatherAhead]...)
		b.Run(fmt.Sprintf("listed/KB=%d", kb), func(b *testing.B) {
			benchPaths(b, func(b *testing.B) {
				for b.Loop() {
					use[float32]().gather(tile, panelWidth, panelWidth, tile, panelWidth, copied, panelWidth, spans, at, v, nil)
				}
				gflops(b, len(v)*panelWidth)
			})
		})
	}
	full := make([]int32, 2*rows)
	for i := range full {
		full[i] = -1
	}
	b.Run("full", func(b *testing.B) {
		benchPaths(b, func(b *testing.B) {
			for b.Loop() {
				use[float32]().block(tile, panelWidth, tile, panelWidth, copied, panelWidth, depth, full, nil, nil, a.Data, depth, 1, 0, nil, 0)
			}
			gflops(b, rows*depth*panelWidth)
		})
	})
	for _, live := range []int{bitmapRows, 32, 16, 8, 4, 2, 1} {
		m := newMeeting(1, panelWidth, bitmapRows, slices.Repeat([]int{live}, 48))
		b.Run(fmt.Sprintf("met/live=%d", live), func(b *testing.B) {
			benchPaths(b, func(b *testing.B) {
				for b.Loop() {
					m.run(*use[float32]())
				}
				gflops(b, len(m.dst)*panelWidth)
			})
		})
	}
	for _, kb := range []int{16, 512, 16 << 10, 256 << 10} {
		from, at := make([]float32, kb<<10/4), 0
		for i := range from {
			from[i] = 1 // else all pages are one in memory
		}
		b.Run(fmt.Sprintf("read/KB=%d", kb), func(b *testing.B) {
			benchPaths(b, func(b *testing.B) {
				for b.Loop() {
					use[float32]().move(tile, from[at:], panelWidth, panelWidth, 16, panelWidth)
					if at += 16 * panelWidth; at == len(from) {
						at = 0
					}
				}
				b.SetBytes(16 * panelWidth * 4)
			})
		})
	}
}
