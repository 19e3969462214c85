package kernel

// transposeBlock by transposeBlock numbers are moved at a time, so that both
// sides stay in cache.
const transposeBlock = 32

// Transpose is dst[j,i] = src[i,j] for src (M, N), dst (N, M).
func Transpose[F Float](dst, src Mat[F]) {
	Parallel(src.Cols, transposeBlock, func(j0, j1 int) {
		for i0 := 0; i0 < src.Rows; i0 += transposeBlock {
			i1 := min(i0+transposeBlock, src.Rows)
			for j := j0; j < j1; j++ {
				row := dst.Row(j)
				for i := i0; i < i1; i++ {
					row[i] = src.Data[i*src.Stride+j]
				}
			}
		}
	})
}

// columnBlock columns are summed by one goroutine.
const columnBlock = 256

// ColumnSums is dst[j] += sum over i, ascending, of m[i,j].
func ColumnSums[F Float](dst []F, m Mat[F]) {
	Parallel(m.Cols, columnBlock, func(lo, hi int) {
		for i := range m.Rows {
			Axpy(1, m.Row(i)[lo:hi], dst[lo:hi])
		}
	})
}
