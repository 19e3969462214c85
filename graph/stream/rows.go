package stream

import "github.com/egru/egru/internal/kernel"

// rows lays out a weight matrix by what sends the events. squares are of what its rows
// are multiplied by; nil where that is not known.
func (c Config) rows(m kernel.Mat[float32], squares []float64) kernel.Rows {
	below := c.PackBelow
	if c.Precision == Int8 {
		below /= 2
	}
	packed := c.Storage == Packed || c.Storage == Auto && density(m) < below
	if c.Precision == Int8 {
		scale := int8Scales(m, squares)
		if packed {
			return kernel.NewPackedInt8Rows(m, scale)
		}
		return kernel.NewInt8Rows(m, scale)
	}
	if packed {
		return kernel.NewPackedRows(m)
	}
	return kernel.NewDenseRows(m)
}

// density is the share of numbers that are not zero.
func density(m kernel.Mat[float32]) float64 {
	n := 0
	for i := range m.Rows {
		for _, v := range m.Row(i) {
			if v != 0 {
				n++
			}
		}
	}
	return float64(n) / float64(max(1, m.Rows*m.Cols))
}

// words lays out an embedding, of which a step reads one row, and gives what each row
// is to be multiplied by; nil for ones. Rows are not packed: of one that is read in
// whole there is little to gain.
func (c Config) words(m kernel.Mat[float32]) (rows kernel.Rows, scale []float32) {
	if c.Precision == Float32 {
		return kernel.NewDenseRows(m), nil
	}
	// The channel of a word vector is its word: rows, not columns, have scales.
	scale = kernel.Int8Scales(transposed(m))
	numbers := kernel.NewMat(make([]float32, m.Rows*m.Cols), m.Rows, m.Cols)
	for i := range m.Rows {
		for j, w := range m.Row(i) {
			numbers.Row(i)[j] = float32(kernel.Quantised(w, scale[i]))
		}
	}
	return kernel.NewInt8Rows(numbers, nil), scale
}
