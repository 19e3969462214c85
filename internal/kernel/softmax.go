package kernel

//go:generate go run -C gen . -pkg kernel -out ../softmax_amd64.s -stubs ../softmax_amd64.go softmax

// Softmax is dst[i] = factor * e^(src[i]-lse): with LogSumExp(src) for lse, the
// probabilities of src times factor. dst may be src.
func Softmax[F Float](dst, src []F, lse, factor F) {
	use[F]().softmax(dst, src[:len(dst)], lse, factor)
}

func softmax32(dst, src []float32, lse, factor float32) {
	for i, v := range src {
		scale, q := exp(bounded(v - lse))
		dst[i] = float32(scale+scale*q) * factor
	}
}

func softmax64(dst, src []float64, lse, factor float64) {
	for i, v := range src {
		dst[i] = v - lse
	}
	exp64(dst, dst)
	for i := range dst {
		dst[i] *= factor
	}
}
