package kernel

// Float is the element type of all kernels.
type Float interface{ float32 | float64 }

// Mat is a row-major view of a matrix: element (i, j) is Data[i*Stride+j].
type Mat[F Float] struct {
	Rows, Cols, Stride int
	Data               []F
}

// NewMat views data as a matrix without gaps.
func NewMat[F Float](data []F, rows, cols int) Mat[F] {
	return Mat[F]{Rows: rows, Cols: cols, Stride: cols, Data: data}
}

// Row is row i, of length Cols.
func (m Mat[F]) Row(i int) []F { return m.Data[i*m.Stride:][:m.Cols:m.Cols] }

// RowRange views rows lo <= i < hi.
func (m Mat[F]) RowRange(lo, hi int) Mat[F] {
	if lo == hi {
		return Mat[F]{Cols: m.Cols, Stride: m.Stride}
	}
	return Mat[F]{Rows: hi - lo, Cols: m.Cols, Stride: m.Stride, Data: m.Data[lo*m.Stride:]}
}

// ColRange views columns lo <= j < hi.
func (m Mat[F]) ColRange(lo, hi int) Mat[F] {
	if m.Rows == 0 || lo == hi {
		return Mat[F]{Rows: m.Rows, Cols: hi - lo}
	}
	return Mat[F]{Rows: m.Rows, Cols: hi - lo, Stride: m.Stride, Data: m.Data[lo:]}
}

// mustHave panics with an index out of range unless m has rows rows of cols
// numbers: vector code does not check.
func (m Mat[F]) mustHave(rows, cols int) {
	if rows > 0 && cols > 0 {
		_ = m.Data[(rows-1)*m.Stride+cols-1]
	}
}
