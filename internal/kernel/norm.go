package kernel

//go:generate go run -C gen . -pkg kernel -out ../norm_amd64.s -stubs ../norm_amd64.go norm

// SquareSum is the sum over i of x[i]*x[i], multiplied and added up in float64.
func SquareSum[F Float](x []F) float64 { return use[F]().squareSum(x) }

// squareSum is the instruction in Go. It keeps four sums, which do not have to
// wait for each other.
func squareSum[F Float](x []F) float64 {
	var s0, s1, s2, s3 float64
	for ; len(x) >= 4; x = x[4:] {
		s0 += float64(x[0]) * float64(x[0])
		s1 += float64(x[1]) * float64(x[1])
		s2 += float64(x[2]) * float64(x[2])
		s3 += float64(x[3]) * float64(x[3])
	}
	for _, v := range x {
		s0 += float64(v) * float64(v)
	}
	return (s0 + s1) + (s2 + s3)
}

// Scale is dst[i] = by * src[i]. dst may be src.
func Scale[F Float](dst, src []F, by F) { use[F]().scale(dst, src[:len(dst)], by) }

// scale is the instruction in Go.
func scale[F Float](dst, src []F, by F) {
	for i, v := range src {
		dst[i] = by * v
	}
}
