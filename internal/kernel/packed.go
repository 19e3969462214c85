package kernel

// packed holds rows without their zeros: for every row a bit for each column, and
// the numbers whose bits are set, side by side.
type packed[W int8 | float32] struct {
	rows, cols int
	masks      []uint16 // (rows, maskStep)
	maskStep   int
	values     []W     // with room for a register behind the last
	starts     []int64 // (rows+1) where the numbers of a row begin
}

func pack[W int8 | float32](rows, cols int, at func(i, j int) W) packed[W] {
	p := packed[W]{rows: rows, cols: cols, maskStep: (cols + maskBits - 1) / maskBits, starts: make([]int64, rows+1)}
	p.masks = make([]uint16, rows*p.maskStep)
	n := 0
	for i := range rows {
		for j := range cols {
			if at(i, j) != 0 {
				n++
			}
		}
	}
	p.values = make([]W, 0, n+padding)
	for i := range rows {
		for j := range cols {
			if v := at(i, j); v != 0 {
				p.masks[i*p.maskStep+j/maskBits] |= 1 << (j % maskBits)
				p.values = append(p.values, v)
			}
		}
		p.starts[i+1] = int64(len(p.values))
	}
	p.values = p.values[:n+padding]
	return p
}

// Shape is K, N.
func (p *packed[W]) Shape() (rows, cols int) { return p.rows, p.cols }

func (p *packed[W]) cost(at []int32, bytes int64) (macs, read int64) {
	for _, k := range at {
		macs += p.starts[k+1] - p.starts[k]
	}
	return macs, macs*bytes + 2*int64(len(at)*p.maskStep)
}

func (p *packed[W]) bytes(each int64) int64 {
	return p.starts[p.rows]*each + 2*int64(len(p.masks)) + 8*int64(len(p.starts))
}

// PackedRows are rows of float32 that hold no zeros, as those of a pruned matrix:
// an event costs what its unit has left. Add gives the bits that DenseRows give, but
// for the sign of zeros.
type PackedRows struct{ packed[float32] }

// NewPackedRows copies what is not zero of m.
func NewPackedRows(m Mat[float32]) *PackedRows {
	m.mustHave(m.Rows, m.Cols)
	return &PackedRows{pack(m.Rows, m.Cols, func(i, j int) float32 { return m.Data[i*m.Stride+j] })}
}

// Add is dst += sum over i of v[i] * W[at[i],:].
func (p *PackedRows) Add(dst []float32, at []int32, v, _ []float32) {
	use[float32]().spread(dst[:p.cols], p.masks, p.maskStep, p.values, p.starts, at, v[:len(at)])
}

// Scratch is not needed.
func (p *PackedRows) Scratch() int { return 0 }

// Cost is a multiply-accumulate for each weight in the rows of the list.
func (p *PackedRows) Cost(at []int32) (macs, bytes int64) { return p.cost(at, float32Bytes) }

// Bytes is the memory of the weights.
func (p *PackedRows) Bytes() int64 { return p.bytes(float32Bytes) }
