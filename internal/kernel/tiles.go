package kernel

// A tile of an output row should stay in the fastest cache while rows of the
// other matrix are added to it, and a block of those rows in the next while all
// rows of the tile use it: 512 float32 are 2 KB, 128 rows of them 256 KB.
const (
	tileCols  = 512
	tileRows  = 64
	blockRows = 128

	// tilesWanted is enough for a few processors to share evenly.
	tilesWanted = 8
	// inlineWork is the number of multiply-accumulates below which handing
	// out tiles costs more than it gains.
	inlineWork = 1 << 15
)

// tiles cuts an output into tiles of up to width columns and nearly equal size
// and calls f for each, in parallel if the work is worth it. The cut depends on
// the shape alone.
func tiles(rows, cols, width int, work int64, f func(r0, r1, c0, c1 int)) {
	if rows == 0 || cols == 0 {
		return
	}
	across := (cols + width - 1) / width
	width = (cols + across - 1) / across
	down := max((rows+tileRows-1)/tileRows, min(rows, (tilesWanted+across-1)/across))
	height := (rows + down - 1) / down
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
