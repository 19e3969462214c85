package stream

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/egru/egru/internal/kernel"
)

// Rows of a layer of 1350 units, all of which together do not stay in a cache.
func BenchmarkRows(b *testing.B) {
	const K, N, copies = 1350, 4050, 6
	r := rand.New(rand.NewPCG(1, 1))
	for _, density := range []float64{1, 0.8, 0.6, 0.4, 0.2, 0.1} {
		m := kernel.NewMat(make([]float32, K*N), K, N)
		for i := range m.Data {
			if r.Float64() < density {
				m.Data[i] = float32(r.NormFloat64())
			}
		}
		for _, layout := range []struct {
			name string
			make func() kernel.Rows
		}{
			{"dense", func() kernel.Rows { return kernel.NewDenseRows(m) }},
			{"packed", func() kernel.Rows { return kernel.NewPackedRows(m) }},
			{"packed columns", func() kernel.Rows { return kernel.NewPackedColumns(m) }},
			{"int8", func() kernel.Rows { return kernel.NewInt8Rows(m, kernel.Int8Scales(m)) }},
			{"packed int8", func() kernel.Rows { return kernel.NewPackedInt8Rows(m, kernel.Int8Scales(m)) }},
			{"packed int8 columns", func() kernel.Rows { return kernel.NewPackedInt8Columns(m, kernel.Int8Scales(m)) }},
		} {
			var rows []kernel.Rows
			for range copies {
				rows = append(rows, layout.make())
			}
			for _, activity := range []float64{0.15, 0.3, 1} {
				var at []int32
				var v []float32
				for k := range int32(K) {
					if r.Float64() < activity {
						at, v = append(at, k), append(v, 1)
					}
				}
				dst, scratch := make([]float32, N), make([]float32, rows[0].Scratch())
				b.Run(fmt.Sprintf("density=%v/activity=%v/%s", density, activity, layout.name), func(b *testing.B) {
					for i := range b.N {
						rows[i%copies].Add(dst, at, v, scratch)
					}
					_, bytes := rows[0].Cost(at)
					b.SetBytes(bytes)
				})
			}
		}
	}
}
