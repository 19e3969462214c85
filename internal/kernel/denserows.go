package kernel

const (
	float32Bytes = 4
	lineNumbers  = alignment / float32Bytes
)

// DenseRows are rows of float32 with all their zeros. Add rounds as Gated does:
// the same terms in the same order give the same bits.
type DenseRows struct{ m Mat[float32] }

// NewDenseRows copies m to where each row begins at a cache line.
func NewDenseRows(m Mat[float32]) *DenseRows {
	m.mustHave(m.Rows, m.Cols)
	stride := lineNumbers * oddLines(m.Cols, lineNumbers)
	d := &DenseRows{Mat[float32]{Rows: m.Rows, Cols: m.Cols, Stride: stride, Data: aligned[float32](m.Rows * stride)[:m.Rows*stride]}}
	for i := range m.Rows {
		copy(d.m.Row(i), m.Row(i))
	}
	return d
}

// Shape is K, N.
func (d *DenseRows) Shape() (rows, cols int) { return d.m.Rows, d.m.Cols }

// Add is dst += sum over i of v[i] * W[at[i],:].
func (d *DenseRows) Add(dst []float32, at []int32, v, _ []float32) {
	use[float32]().addRows(dst[:d.m.Cols], d.m.Data, d.m.Stride, at, v[:len(at)])
}

// Scratch is not needed.
func (d *DenseRows) Scratch() int { return 0 }

// Cost is N multiply-accumulates for each event.
func (d *DenseRows) Cost(at []int32) (macs, bytes int64) {
	macs = int64(len(at)) * int64(d.m.Cols)
	return macs, macs * float32Bytes
}

// Bytes is the memory of the weights.
func (d *DenseRows) Bytes() int64 { return int64(len(d.m.Data)) * float32Bytes }

// oddLines is how many cache lines, an odd number, hold n numbers: rows an even
// number of lines apart would meet in few sets of a cache.
func oddLines(n, perLine int) int { return (n+perLine-1)/perLine | 1 }
