package kernel

import "gonum.org/v1/gonum/blas/gonum"

//go:generate go run -C gen . -pkg kernel -out ../gather_amd64.s -stubs ../gather_amd64.go gather

// gather is the instruction in Go.
func gather[F Float](dst, rows []F, stride int, at []int32, v []F) {
	for i, k := range at {
		Axpy(v[i], rows[int(k)*stride:][:len(dst)], dst)
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
