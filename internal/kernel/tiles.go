package kernel

const (
	// tilesWanted is enough for a few processors to share evenly.
	tilesWanted = 8
	// inlineWork is the number of multiply-accumulates below which handing
	// out tiles costs more than it gains.
	inlineWork = 1 << 17
)

// tiles cuts an output into tiles of up to height rows and width columns and
// calls f for each, in parallel if the work is worth it. The cut depends on
// the shape alone; whether goroutines share it, on the work.
func tiles(rows, cols, height, width int, work int64, f func(r0, r1, c0, c1 int)) {
	if rows == 0 || cols == 0 {
		return
	}
	across := (cols + width - 1) / width
	down := max((rows+height-1)/height, min(rows, (tilesWanted+across-1)/across))
	height = (rows + down - 1) / down
	down = (rows + height - 1) / height
	grain := 1
	if work < inlineWork {
		grain = across * down
	}
	Parallel(across*down, grain, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			r, c := i%down*height, i/down*width
			f(r, min(r+height, rows), c, min(c+width, cols))
		}
	})
}
