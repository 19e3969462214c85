package kernel

// instructions are what the loops of the products are made of, on rows of a
// matrix with the given stride, all of len(dst) or len(d) numbers. Vector code
// does not check that they are there.
type instructions[F Float] struct {
	name string

	// gather is dst[j] += sum over i of v[i] * rows[(at[i]-first)*stride + j].
	// next will be needed soon.
	gather func(dst, rows []F, stride, first int, at []int32, v, next []F)

	// dots is dst[at[i]] += <d, rows[at[i]*stride:]> for every i. d is aligned
	// to alignment bytes. next will be needed soon.
	dots func(dst, d, rows []F, stride int, at []int32, next []F)

	// count is how many numbers of row are not zero. list writes them to v, and
	// first plus their places in row to at.
	count func(row []F) int
	list  func(at []int32, v, row []F, first int) int

	// exp, sigmoid and tanh write the len(dst) numbers of dst, which may be src.
	exp, sigmoid, tanh func(dst, src []F)

	// top is the largest number of x, -Inf if there is none. NaN is no number.
	top func(x []F) F

	// expSum is sum over i of e^(x[i]-top).
	expSum func(x []F, top F) float64

	// softmax is dst[i] = factor * e^(src[i]-lse). dst may be src.
	softmax func(dst, src []F, lse, factor F)

	// adam is a step of Adam on len(p) numbers.
	adam func(p, g, m, v []F, beta1, rest1, beta2, rest2, l2, keep, rate, scale, epsilon F)

	// squareSum is sum over i of x[i]*x[i].
	squareSum func(x []F) float64

	// scale is dst[i] = by * src[i]. dst may be src.
	scale func(dst, src []F, by F)

	// turn is dst[j*dstStride+i] = src[i*srcStride+j] for i < rows, a multiple of
	// turnSide, and j < turnSide; turnAdd adds.
	turn, turnAdd func(dst, src []F, dstStride, srcStride, rows int)

	elementwise[F]
}
