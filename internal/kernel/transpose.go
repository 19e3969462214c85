package kernel

//go:generate go run -C gen . -pkg kernel -out ../transpose_amd64.s -stubs ../transpose_amd64.go transpose

// turnSide by turnSide numbers are turned at once.
const turnSide = 8

// turnInto is dst[j,i] = src[i,j] for src (M, N), dst (N, M), on one goroutine.
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
// be more than the L1 cache has places for, where strides are powers of 2.
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
