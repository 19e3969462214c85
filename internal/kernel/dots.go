package kernel

//go:generate go run -C gen . -pkg kernel -out ../dots_amd64.s -stubs ../dots_amd64.go dots

// dots is the instruction in Go.
func dots[F Float](dst, rows, block []F, columns int, bitmap []uint64, _ []F) {
	e := 0
	for k, w := range bitmap {
		row := rows[k*panelWidth:][:columns]
		for m := range setBits(w) {
			dst[e] += dot(row, block[m*panelWidth:][:columns])
			e++
		}
	}
}

// dot is the sum of x[i] * y[i]. It needs y aligned: gonum's vector code for float32 sums
// the numbers before the first boundary of 16 bytes in y apart, so its rounding depends on
// where y lies.
func dot[F Float](x, y []F) F {
	switch x := any(x).(type) {
	case []float32:
		return F(level1.Sdot(len(x), x, 1, any(y).([]float32), 1))
	case []float64:
		return F(level1.Ddot(len(x), x, 1, any(y).([]float64), 1))
	}
	return 0
}
