package kernel

import "gonum.org/v1/gonum/blas/gonum"

//go:generate go run -C gen . -pkg kernel -out ../gather_amd64.s -stubs ../gather_amd64.go gather

// gatherAhead events later a row is taken that is asked for now: so many are under way
// from memory at once. M=64 K=1350 N=4050 takes 0.32 ms at an activity of 0.02 with 16,
// 0.31 with 24 and 32, 0.43 without; M=4480 takes 16.2, 16.2 and 16.4, 19.1 without.
const gatherAhead = 24

// gather is the instruction in Go.
func gather[F Float](dst []F, dstStep, columns int, rows []F, stride int, spans, at []int32, v []F) {
	for i := range len(spans) / 2 {
		lo, hi := spans[2*i], spans[2*i+1]
		if 0 <= lo && lo < hi {
			addRows(dst[i*dstStep:][:columns], rows, stride, at[lo:hi], v[lo:hi])
		}
	}
}

// level1 has vector code on amd64 and Go loops elsewhere.
var level1 gonum.Implementation

// Axpy is y[i] += alpha * x[i] for the len(x) numbers of both.
func Axpy[F Float](alpha F, x, y []F) {
	switch x := any(x).(type) {
	case []float32:
		level1.Saxpy(len(x), float32(alpha), x, 1, any(y).([]float32), 1)
	case []float64:
		level1.Daxpy(len(x), float64(alpha), x, 1, any(y).([]float64), 1)
	}
}
