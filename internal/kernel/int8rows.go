package kernel

import "math"

// int8Most is the largest number that weights of 8 bits are: symmetric, so that
// minus a weight is one as well.
const int8Most = 127

// Int8Scales are the scales of the columns of m with which no weight is clipped:
//
//	scale[j] = max over k of |m[k,j]| / 127
func Int8Scales(m Mat[float32]) []float32 {
	scale := make([]float32, m.Cols)
	for i := range m.Rows {
		for j, v := range m.Row(i) {
			scale[j] = max(scale[j], v, -v)
		}
	}
	for j := range scale {
		scale[j] /= int8Most
	}
	return scale
}

// Quantised is the number of 8 bits, from -127 to 127, that times scale is nearest to
// w, the even one of two; 0 for a scale of 0.
func Quantised(w, scale float32) int8 {
	if scale == 0 {
		return 0
	}
	return int8(max(-int8Most, min(int8Most, math.RoundToEven(float64(w)/float64(scale)))))
}

// Int8Rows are rows of 8 bits, with a scale for each column: W[k,j] is
// scale[j]*q[k,j]. Sums are made in float32 and scaled once. Without scales W is q.
type Int8Rows struct {
	rows, cols, stride int
	q                  []int8
	scale              []float32 // nil for ones
}

// NewInt8Rows rounds the weights of m to scales, one a column, which it keeps. With
// nil they are all 1.
func NewInt8Rows(m Mat[float32], scale []float32) *Int8Rows {
	m.mustHave(m.Rows, m.Cols)
	stride := alignment * oddLines(m.Cols, alignment)
	r := &Int8Rows{m.Rows, m.Cols, stride, make([]int8, m.Rows*stride), nil}
	if scale != nil {
		r.scale = scale[:m.Cols]
	}
	for i := range m.Rows {
		for j, w := range m.Row(i) {
			of := float32(1)
			if scale != nil {
				of = scale[j]
			}
			r.q[i*stride+j] = Quantised(w, of)
		}
	}
	return r
}

// Shape is K, N.
func (r *Int8Rows) Shape() (rows, cols int) { return r.rows, r.cols }

// Add is dst += scale * sum over i of v[i] * q[at[i],:].
func (r *Int8Rows) Add(dst []float32, at []int32, v, scratch []float32) {
	if len(at) == 0 {
		return
	}
	if r.scale == nil {
		use[float32]().addRows8(dst[:r.cols], r.q, r.stride, at, v[:len(at)])
		return
	}
	sums := scratch[:r.cols]
	clear(sums)
	use[float32]().addRows8(sums, r.q, r.stride, at, v[:len(at)])
	AddProduct(dst[:r.cols], r.scale, sums)
}

// Scratch is room for the sums, which are not scaled yet.
func (r *Int8Rows) Scratch() int { return len(r.scale) }

// Cost is N multiply-accumulates for each event, and the scales.
func (r *Int8Rows) Cost(at []int32) (macs, bytes int64) {
	macs = int64(len(at)) * int64(r.cols)
	return macs, macs + scaleBytes(at, r.scale)
}

// Bytes is the memory of the weights.
func (r *Int8Rows) Bytes() int64 { return int64(len(r.q)) + float32Bytes*int64(len(r.scale)) }

// scaleBytes are those of scales that a list of events reads.
func scaleBytes(at []int32, scale []float32) int64 {
	if len(at) == 0 {
		return 0
	}
	return float32Bytes * int64(len(scale))
}

// PackedInt8Rows are Int8Rows that hold no zeros.
type PackedInt8Rows struct {
	packed[int8]
	scale []float32
}

// NewPackedInt8Rows rounds the weights of m to scales, one a column, which it keeps,
// and keeps of them what is not zero.
func NewPackedInt8Rows(m Mat[float32], scale []float32) *PackedInt8Rows {
	m.mustHave(m.Rows, m.Cols)
	return &PackedInt8Rows{pack(m.Rows, m.Cols, func(i, j int) int8 { return Quantised(m.Data[i*m.Stride+j], scale[j]) }), scale[:m.Cols]}
}

// Add is dst += scale * sum over i of v[i] * q[at[i],:].
func (p *PackedInt8Rows) Add(dst []float32, at []int32, v, scratch []float32) {
	if len(at) == 0 {
		return
	}
	sums := scratch[:p.cols]
	clear(sums)
	use[float32]().spread8(sums, p.masks, p.maskStep, p.values, p.starts, at, v[:len(at)])
	AddProduct(dst[:p.cols], p.scale, sums)
}

// Scratch is room for the sums, which are not scaled yet.
func (p *PackedInt8Rows) Scratch() int { return p.cols }

// Cost is a multiply-accumulate for each weight in the rows of the list, and the
// scales.
func (p *PackedInt8Rows) Cost(at []int32) (macs, bytes int64) {
	macs, bytes = p.cost(at, 1)
	return macs, bytes + scaleBytes(at, p.scale)
}

// Bytes is the memory of the weights.
func (p *PackedInt8Rows) Bytes() int64 { return p.bytes(1) + float32Bytes*int64(len(p.scale)) }
