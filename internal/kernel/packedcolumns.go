package kernel

// packedColumns holds columns without their zeros.
type packedColumns[W int8 | float32] struct {
	rows, cols int
	values     []W
	places     []uint8 // of each value
	steps      []uint8 // (strips, windows)
	weights    int64   // values but for those that fill up a step
}

func packColumns[W int8 | float32](rows, cols int, at func(i, j int) W) packedColumns[W] {
	p := packedColumns[W]{rows: rows, cols: cols}
	for first := 0; first < cols; first += stripWidth {
		strip := make([][]int, min(stripWidth, cols-first)) // rows of the weights of each column that are still to come
		for i := range rows {
			for j := range strip {
				if at(i, first+j) != 0 {
					strip[j] = append(strip[j], i)
					p.weights++
				}
			}
		}
		for from := 0; from < rows; from += windowStep {
			n := 0
			for _, column := range strip {
				n = max(n, countBelow(column, from+windowStep))
			}
			p.steps = append(p.steps, uint8(n))
			for range n {
				var values [stripWidth]W
				var places [stripWidth]uint8
				for j, column := range strip {
					if len(column) > 0 && column[0] < from+windowRows {
						values[j], places[j] = at(column[0], first+j), uint8(column[0]-from)
						strip[j] = column[1:]
					}
				}
				p.values, p.places = append(p.values, values[:]...), append(p.places, places[:]...)
			}
		}
	}
	return p
}

// countBelow is how many of ascending numbers are below end.
func countBelow(ascending []int, end int) int {
	for n, x := range ascending {
		if x >= end {
			return n
		}
	}
	return len(ascending)
}

// Shape is K, N.
func (p *packedColumns[W]) Shape() (rows, cols int) { return p.rows, p.cols }

// room is for x, and for dst in whole strips.
func (p *packedColumns[W]) room() (x, dst int) {
	return (p.rows+windowStep-1)/windowStep*windowStep + windowRows - windowStep, (p.cols + stripWidth - 1) / stripWidth * stripWidth
}

// Scratch is room for what the rows are multiplied by, and for the sums.
func (p *packedColumns[W]) Scratch() int {
	x, dst := p.room()
	return x + dst
}

// memory takes x and dst from scratch; x has the events of the list.
func (p *packedColumns[W]) memory(scratch []float32, at []int32, v []float32) (x, dst []float32) {
	nx, ndst := p.room()
	x, dst = scratch[:nx], scratch[nx:][:ndst]
	clear(x)
	for i, k := range at {
		x[k] += v[i]
	}
	return x, dst
}

// cost is that of all weights, whatever is in the list.
func (p *packedColumns[W]) cost(at []int32, bytes int64) (macs, read int64) {
	if len(at) == 0 {
		return 0, 0
	}
	return p.weights, p.bytes(bytes)
}

func (p *packedColumns[W]) bytes(each int64) int64 {
	return int64(len(p.values))*each + int64(len(p.places)) + int64(len(p.steps))
}

// PackedColumns are Rows of float32 that hold no zeros and lie by columns: for units
// that are never silent, such as those of a GRU. Add reads all weights whatever the
// list; with AVX-512 in a third to half of the time that PackedRows take for all of
// them. Of a list in ascending order, no row twice, it makes the sums that DenseRows
// make, to the bit. Events and weights must be finite: events are multiplied by zeros
// too, and weights by the zeros of rows that are not in the list.
type PackedColumns struct{ packedColumns[float32] }

// NewPackedColumns copies what is not zero of m.
func NewPackedColumns(m Mat[float32]) *PackedColumns {
	m.mustHave(m.Rows, m.Cols)
	return &PackedColumns{packColumns(m.Rows, m.Cols, func(i, j int) float32 { return m.Data[i*m.Stride+j] })}
}

// Add is dst += sum over i of v[i] * W[at[i],:].
func (p *PackedColumns) Add(dst []float32, at []int32, v, scratch []float32) {
	if len(at) == 0 {
		return
	}
	x, sums := p.memory(scratch, at, v)
	copy(sums, dst[:p.cols])
	use[float32]().addColumns(sums, x, p.values, p.places, p.steps)
	copy(dst, sums[:p.cols])
}

// Cost is a multiply-accumulate for each weight, if there are events at all.
func (p *PackedColumns) Cost(at []int32) (macs, bytes int64) { return p.cost(at, float32Bytes) }

// Bytes is the memory of the weights.
func (p *PackedColumns) Bytes() int64 { return p.bytes(float32Bytes) }

// PackedInt8Columns are PackedColumns of 8 bits, as PackedInt8Rows are.
type PackedInt8Columns struct {
	packedColumns[int8]
	scale []float32
}

// NewPackedInt8Columns rounds the weights of m to scales, one a column, which it
// keeps, and keeps of them what is not zero.
func NewPackedInt8Columns(m Mat[float32], scale []float32) *PackedInt8Columns {
	m.mustHave(m.Rows, m.Cols)
	return &PackedInt8Columns{packColumns(m.Rows, m.Cols, func(i, j int) int8 { return Quantised(m.Data[i*m.Stride+j], scale[j]) }), scale[:m.Cols]}
}

// Add is dst += scale * sum over i of v[i] * q[at[i],:].
func (p *PackedInt8Columns) Add(dst []float32, at []int32, v, scratch []float32) {
	if len(at) == 0 {
		return
	}
	x, sums := p.memory(scratch, at, v)
	clear(sums)
	use[float32]().addColumns8(sums, x, p.values, p.places, p.steps)
	AddProduct(dst[:p.cols], p.scale, sums[:p.cols])
}

// Cost is a multiply-accumulate for each weight and the scales, if there are events
// at all.
func (p *PackedInt8Columns) Cost(at []int32) (macs, bytes int64) {
	macs, bytes = p.cost(at, 1)
	return macs, bytes + scaleBytes(at, p.scale)
}

// Bytes is the memory of the weights.
func (p *PackedInt8Columns) Bytes() int64 { return p.bytes(1) + float32Bytes*int64(len(p.scale)) }
