package kernel

import (
	"math/rand/v2"
	"strings"
	"testing"
)

// BenchmarkElementwise runs each instruction on rows that lie in the nearest
// caches. Bytes are those of all slices. The numbers are 0 and 1: repeated in
// place, others would fade to denormals, which are slow.
func BenchmarkElementwise(b *testing.B) {
	const n = 1350
	r := rand.New(rand.NewPCG(1, 2))
	for _, c := range elementwiseCases[float32]() {
		b.Run(c.name, func(b *testing.B) {
			s := make([][]float32, len(strings.Fields(c.slices)))
			for i := range s {
				s[i] = make([]float32, n)
				for j := range s[i] {
					s[i][j] = float32(r.IntN(2))
				}
			}
			benchPaths(b, func(b *testing.B) {
				b.SetBytes(int64(4 * n * len(s)))
				for b.Loop() {
					c.run(path32.elementwise, s)
				}
			})
		})
	}
	b.Run("eitherNotZero", func(b *testing.B) {
		dst, x := make([]bool, n), make([]float32, n)
		benchPaths(b, func(b *testing.B) {
			b.SetBytes(9 * n)
			for b.Loop() {
				path32.eitherNotZero(dst, x, x)
			}
		})
	})
}
