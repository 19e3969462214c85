package kernel

import "gonum.org/v1/gonum/blas/gonum"

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
