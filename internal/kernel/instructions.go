package kernel

// instructions are what the loops of the products are made of. Vector code does
// not check that what it reads and writes is there. Steps count numbers.
type instructions[F Float] struct {
	name      string
	denseLive float64 // see Sampled

	// gather is, for the span from <= e < to of each of len(spans)/2 rows
	//
	//	dst[i*dstStep + j] = base[i*baseStep + j] + sum over e of v[e] * rows[at[e]*stride + j]
	//
	// for j < columns, and without a sum for one that is full. base may be dst, with the
	// same step. With each e, the row that at[e+gatherAhead] names is prefetched: at
	// has room for so many behind the last. So are the next panelWidth numbers of next, as
	// long as there are any.
	gather func(dst []F, dstStep, columns int, base []F, baseStep int, rows []F, stride int, spans, at []int32, v, next []F)

	// block adds rows of a block, of panelWidth numbers, to len(spans)/2 rows. Of both,
	// width numbers count, a multiple of padding. Each starts from a row of base, which
	// may be dst, with the same step,
	//
	//	dst[i*dstStep + j] = base[i*baseStep + j]
	//
	// A row with the span from, to then takes
	//
	//	dst[i*dstStep + j] += v[e] * block[k,j]
	//
	// for each bit k of bitmap[i] and e from there on; or, if from < 0, it is full, and
	// for all k < depth, which is at least 1, takes
	//
	//	dst[i*dstStep + j] += a[i*rowStep + k*columnStep] * block[k,j]
	//
	// Words of full rows are not read.
	//
	// The a of full rows is prefetched ahead numbers ahead, and of next, with every row,
	// share pieces of prefetchWidth numbers. share is at least 1 unless next is empty.
	block func(dst []F, dstStep int, base []F, baseStep int, block []F, width, depth int, spans []int32, bitmap []uint64, v, a []F, rowStep, columnStep, ahead int, next []F, share int)

	// dots makes the products of rows with rows of a block and adds them, those of row k
	// for the bits m of bitmap[k], in that order, to one place of dst after the other:
	//
	//	dst[e] += <rows[k,:], block[m,:]>
	//
	// Of rows and block, which have panelWidth numbers, columns count, a multiple of
	// dotPadding. Those of the block start on cache lines. Of next, whole rows of panelWidth
	// numbers, one is prefetched with every row, and meanwhile a later one of rows.
	dots func(dst, rows, block []F, columns int, bitmap []uint64, next []F)

	// count is how many numbers of row are not zero. list writes those of all
	// len(spans)/2 rows to v, their places in the row to at, and where those of each row
	// are to spans. If tellFull is not 0, a row without zeros is full and not listed:
	// its span is -1. at and v have room for all numbers that are listed, for a row
	// that is not, and for listSlack more.
	count func(row []F) int
	list  func(spans, at []int32, v, rows []F, rowStep, columns, tellFull int)

	// listBitmap is list, with tellFull, for rows of up to bitmapRows columns: the
	// places of row i are the bits of bitmap[i]. v has room as for list.
	listBitmap func(spans []int32, bitmap []uint64, v, rows []F, rowStep, columns int)

	// addLive is dst[i] += src[i] for the len(dst) places where live[i].
	addLive func(dst, src []F, live []bool)

	// move copies rows of so many columns, and prefetches later ones of src.
	move func(dst, src []F, dstStep, srcStep, rows, columns int)

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

	// bernoulli is random.Bernoulli from the first word of a block of four on: for
	// words of Philox4x32-10 below a number, numbers are one, else 0. dst has a multiple
	// of bernoulliDraws numbers, in fewer than 2^32 - block mod 2^32 blocks. There is
	// none in Go.
	bernoulli func(dst []F, block, step uint64, key0, key1, below uint32, one F)

	// turn is dst[j*dstStride+i] = src[i*srcStride+j] for i < rows, a multiple of
	// turnSide, and j < turnSide; turnAdd adds.
	turn, turnAdd func(dst, src []F, dstStride, srcStride, rows int)

	elementwise[F]
	rowInstructions
	columnInstructions
}
