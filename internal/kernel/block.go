package kernel

//go:generate go run -C gen . -pkg kernel -out ../block_amd64.s -stubs ../block_amd64.go block

// fullRows full rows of a tile are made at once by vector code.
const fullRows = 3

// block is the instruction in Go.
func block[F Float](dst []F, dstStep int, base []F, baseStep int, rows []F, width, depth int, spans []int32, bitmap []uint64, v, a []F, rowStep, columnStep, _ int, _ []F, _ int) {
	for i := range len(spans) / 2 {
		row := dst[i*dstStep:][:width]
		copy(row, base[i*baseStep:])
		e := spans[2*i]
		if e < 0 {
			for k := range depth {
				Axpy(a[i*rowStep+k*columnStep], rows[k*panelWidth:][:width], row)
			}
			continue
		}
		for k := range setBits(bitmap[i]) {
			Axpy(v[e], rows[k*panelWidth:][:width], row)
			e++
		}
	}
}
