package kernel

//go:generate go run -C gen . -pkg kernel -out ../transpose_amd64.s -stubs ../transpose_amd64.go transpose

// transposeBlock by transposeBlock numbers are moved by one goroutine: few enough
// to stay in the second cache on both sides, and as many in a row as memory hands
// over well. turnSide by turnSide are moved at once.
const (
	transposeBlock = 128
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
	across := (src.Cols + transposeBlock - 1) / transposeBlock
	down := (src.Rows + transposeBlock - 1) / transposeBlock
	Parallel(across*down, 1, func(block, _ int) {
		i0, j0 := block/across*transposeBlock, block%across*transposeBlock
		i1, j1 := min(i0+transposeBlock, src.Rows), min(j0+transposeBlock, src.Cols)
		iSquare, jSquare := i1-(i1-i0)%turnSide, j1-(j1-j0)%turnSide // squares reach to there
		for j := j0; j < jSquare && i0 < iSquare; j += turnSide {
			turn(dst.Data[j*dst.Stride+i0:], src.Data[i0*src.Stride+j:], dst.Stride, src.Stride, iSquare-i0)
		}
		for j := j0; j < j1; j++ {
			row, from := dst.Row(j), i0
			if j < jSquare {
				from = iSquare
			}
			for i := from; i < i1; i++ {
				put(&row[i], src.Data[i*src.Stride+j])
			}
		}
	})
}

// turn is the instruction in Go. It goes along rows of src, of which there may
// be more than the first cache has places for, where strides are powers of 2.
func turn[F Float](dst, src []F, dstStride, srcStride, rows int) {
	for i := range rows {
		for j, x := range src[i*srcStride:][:turnSide] {
			dst[j*dstStride+i] = x
		}
	}
}

// turnAdd is the instruction in Go.
func turnAdd[F Float](dst, src []F, dstStride, srcStride, rows int) {
	for i := range rows {
		for j, x := range src[i*srcStride:][:turnSide] {
			dst[j*dstStride+i] += x
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
