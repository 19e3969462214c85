package stream

import (
	"github.com/egru/egru/internal/cell"
	"github.com/egru/egru/internal/kernel"
)

// senders are what the rows of a weight matrix are multiplied by.
type senders int

const (
	sparse  senders = iota // units that are silent most of the time
	full                   // numbers that are hardly ever zero
	unknown                // input vectors, which may be either
)

// sendersIn are those that the vectors of words are.
func sendersIn(words kernel.Mat[float32]) senders {
	if density(words) < manyEvents {
		return sparse
	}
	return full
}

// sendersAbove are those that a layer is to what is above it, and to itself.
func sendersAbove(k cell.Kind) senders {
	if k == cell.GRU {
		return full
	}
	return sparse
}

// rows lays out a weight matrix by what sends the events. squares are of what its rows
// are multiplied by; nil where that is not known.
func (c Config) rows(m kernel.Mat[float32], from senders, squares []float64) kernel.Rows {
	if c.Precision == Int8 {
		scale := int8Scales(m, squares)
		return c.layOut(m, from, layouts{
			dense:   func() kernel.Rows { return kernel.NewInt8Rows(m, scale) },
			rows:    func() kernel.Rows { return kernel.NewPackedInt8Rows(m, scale) },
			columns: func() kernel.Rows { return kernel.NewPackedInt8Columns(m, scale) },
		})
	}
	return c.layOut(m, from, layouts{
		dense:   func() kernel.Rows { return kernel.NewDenseRows(m) },
		rows:    func() kernel.Rows { return kernel.NewPackedRows(m) },
		columns: func() kernel.Rows { return kernel.NewPackedColumns(m) },
	})
}

// layouts make the rows of one matrix, with its zeros and without.
type layouts struct{ dense, rows, columns func() kernel.Rows }

func (c Config) layOut(m kernel.Mat[float32], from senders, as layouts) kernel.Rows {
	if c.Storage == Dense {
		return as.dense()
	}
	below, columnsBelow := c.packBelow()
	left := density(m)
	switch {
	case from == full && (c.Storage == Packed || left < columnsBelow):
		return as.columns()
	case from == full:
		return as.dense()
	case from == unknown && (c.Storage == Packed || left < min(below, columnsBelow)):
		return byLength{few: as.rows(), many: as.columns()}
	case c.Storage == Packed || left < below:
		return as.rows()
	}
	return as.dense()
}

// packBelow are the densities below which Auto packs rows, and columns.
func (c Config) packBelow() (rows, columns float64) {
	float32s, int8s := kernel.ColumnsBelow()
	if c.Precision == Int8 {
		return c.PackBelow / 2, int8s
	}
	return c.PackBelow, float32s
}

// byLength are two layouts of the same weights, one for lists of few events and one
// for others.
type byLength struct{ few, many kernel.Rows }

// manyEvents is the share of rows in a list from which packed columns are faster than
// packed rows, or not far from it: they take 0.3 to 0.5 of the time of all rows.
const manyEvents = 0.5

func (b byLength) of(at []int32) kernel.Rows {
	if rows, _ := b.few.Shape(); float64(len(at)) < manyEvents*float64(rows) {
		return b.few
	}
	return b.many
}

func (b byLength) Add(dst []float32, at []int32, v, scratch []float32) {
	b.of(at).Add(dst, at, v, scratch)
}

func (b byLength) Cost(at []int32) (macs, bytes int64) { return b.of(at).Cost(at) }
func (b byLength) Shape() (rows, cols int)             { return b.few.Shape() }
func (b byLength) Scratch() int                        { return max(b.few.Scratch(), b.many.Scratch()) }
func (b byLength) Bytes() int64                        { return b.few.Bytes() + b.many.Bytes() }

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
