package kernel

//go:generate go run -C gen . -pkg kernel -out ../product_amd64.s -stubs ../product_amd64.go product

// AddProduct is dst[i] += a[i] * b[i]. All paths and processors give the same
// bits.
func AddProduct[F Float](dst, a, b []F) {
	use[F]().addProduct(dst, a[:len(dst)], b[:len(dst)])
}

// addProduct is the instruction in Go. The conversion keeps the compiler from
// fusing product and sum where the processor could.
func addProduct[F Float](dst, a, b []F) {
	for i, x := range a {
		dst[i] += F(x * b[i])
	}
}
