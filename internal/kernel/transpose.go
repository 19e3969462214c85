package kernel

//go:generate go run -C gen . -pkg kernel -out ../transpose_amd64.s -stubs ../transpose_amd64.go transpose

// transposeBlock by transposeBlock numbers are moved at a time, so that both
// sides stay in cache, and turnSide by turnSide of them at once.
const (
	transposeBlock = 32
	turnSide       = 8
)

// Transpose is dst[j,i] = src[i,j] for src (M, N), dst (N, M).
func Transpose[F Float](dst, src Mat[F]) {
	transpose(dst, src, use[F]().turn, func(d *F, s F) { *d = s })
}

// AddTransposed is dst[j,i] += src[i,j] for src (M, N), dst (N, M).
func AddTransposed[F Float](dst, src Mat[F]) {
	transpose(dst, src, use[F]().turnAdd, func(d *F, s F) { *d += s })
}

// transpose leaves to put what does not fill a square.
func transpose[F Float](dst, src Mat[F], turn func(dst, src []F, dstStride, srcStride, rows int), put func(d *F, s F)) {
	dst.mustHave(src.Cols, src.Rows)
	src.mustHave(src.Rows, src.Cols)
	Parallel(src.Cols, transposeBlock, func(j0, j1 int) {
		squares := j0 + (j1-j0)/turnSide*turnSide
		for i0 := 0; i0 < src.Rows; i0 += transposeBlock {
			i1 := min(i0+transposeBlock, src.Rows)
			rows := (i1 - i0) / turnSide * turnSide
			for j := j0; j < squares && rows > 0; j += turnSide {
				turn(dst.Data[j*dst.Stride+i0:], src.Data[i0*src.Stride+j:], dst.Stride, src.Stride, rows)
			}
			for j := j0; j < j1; j++ {
				row := dst.Row(j)
				from := i0
				if j < squares {
					from += rows
				}
				for i := from; i < i1; i++ {
					put(&row[i], src.Data[i*src.Stride+j])
				}
			}
		}
	})
}

// turn is the instruction in Go.
func turn[F Float](dst, src []F, dstStride, srcStride, rows int) {
	for j := range turnSide {
		row := dst[j*dstStride:][:rows]
		for i := range row {
			row[i] = src[i*srcStride+j]
		}
	}
}

// turnAdd is the instruction in Go.
func turnAdd[F Float](dst, src []F, dstStride, srcStride, rows int) {
	for j := range turnSide {
		row := dst[j*dstStride:][:rows]
		for i := range row {
			row[i] += src[i*srcStride+j]
		}
	}
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
