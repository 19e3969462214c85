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
	dst.mustHave(src.Cols, src.Rows)
	src.mustHave(src.Rows, src.Cols)
	across := (src.Cols + transposeBlock - 1) / transposeBlock
	down := (src.Rows + transposeBlock - 1) / transposeBlock
	Parallel(across*down, 1, func(block, _ int) {
		i0, j0 := block/across*transposeBlock, block%across*transposeBlock
		i1, j1 := min(i0+transposeBlock, src.Rows), min(j0+transposeBlock, src.Cols)
		turnInto(dst.RowRange(j0, j1).ColRange(i0, i1), src.RowRange(i0, i1).ColRange(j0, j1))
	})
}

// turnInto is Transpose on one goroutine.
func turnInto[F Float](dst, src Mat[F]) {
	turnAll(dst, src, use[F]().turn, func(d *F, s F) { *d = s })
}

// addTurnedInto is dst[j,i] += src[i,j], on one goroutine.
func addTurnedInto[F Float](dst, src Mat[F]) {
	turnAll(dst, src, use[F]().turnAdd, func(d *F, s F) { *d += s })
}

// turnAll leaves to one what does not fill a square.
func turnAll[F Float](dst, src Mat[F], squares func(dst, src []F, dstStride, srcStride, rows int), one func(d *F, s F)) {
	rows, cols := src.Rows-src.Rows%turnSide, src.Cols-src.Cols%turnSide // squares reach to there
	for j := 0; j < cols && rows > 0; j += turnSide {
		squares(dst.Data[j*dst.Stride:], src.Data[j:], dst.Stride, src.Stride, rows)
	}
	for j := range src.Cols {
		row, from := dst.Row(j), 0
		if j < cols {
			from = rows
		}
		for i := from; i < src.Rows; i++ {
			one(&row[i], src.Data[i*src.Stride+j])
		}
	}
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

// columnBlock columns are summed by one goroutine. Memory hands over 10 KB of a row
// faster than 4: 2 % of a step of a language model with 10,000 words.
const columnBlock = 2560

// ColumnSums is dst[j] += sum over i, ascending, of m[i,j].
func ColumnSums[F Float](dst []F, m Mat[F]) {
	Parallel(m.Cols, columnBlock, func(lo, hi int) {
		add := use[F]().add
		for i := range m.Rows {
			add(dst[lo:hi], m.Row(i)[lo:hi])
		}
	})
}
