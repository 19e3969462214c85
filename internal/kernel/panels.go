package kernel

import (
	word "math/bits"
	"sync"
)

const (
	// panelWidth columns make a panel, and the columns of a tile: eight of the
	// widest registers.
	panelWidth = 128
	// padding columns fill one of them.
	padding = 16
	// dotWidth columns of a matrix are multiplied at a time where rows meet rows.
	dotWidth = 256
)

// panels hold a matrix, or its transpose, in panels of some width each: row by row
// within a panel, on cache lines, and filled up with zeros.
type panels[F Float] struct {
	rows, width int
	data        []F
}

// Memory of panels is used again: it is fresh for every window.
var (
	panels32 [word.UintSize + 1]sync.Pool // by the length's number of bits
	panels64 [word.UintSize + 1]sync.Pool
)

func panelsPool[F Float](n int) *sync.Pool {
	if _, ok := any(F(0)).(float32); ok {
		return &panels32[word.Len(uint(n))]
	}
	return &panels64[word.Len(uint(n))]
}

func newPanels[F Float](rows, cols, width int) *panels[F] {
	n := rows * width * ((cols + width - 1) / width)
	p, ok := panelsPool[F](n).Get().(*panels[F])
	if !ok {
		p = new(panels[F])
	}
	p.rows, p.width, p.data = rows, width, numbers(&p.data, n)
	return p
}

func (p *panels[F]) release() { panelsPool[F](len(p.data)).Put(p) }

// panelsOf copies m, or its transpose.
func panelsOf[F Float](m Mat[F], turned bool, width int) *panels[F] {
	rows, cols := m.Rows, m.Cols
	if turned {
		rows, cols = cols, rows
	}
	p, move := newPanels[F](rows, cols, width), use[F]().move
	if rows == 0 {
		return p
	}
	Parallel(cols, width, func(lo, hi int) {
		panel := p.panel(lo)
		if turned {
			turnInto(panel, m.RowRange(lo, hi))
		} else {
			move(panel.Data, m.Data[lo:], width, m.Stride, rows, hi-lo)
		}
		clearColumns(panel, hi-lo)
	})
	return p
}

// panel is the one whose first column is c.
func (p *panels[F]) panel(c int) Mat[F] {
	return NewMat(p.data[c*p.rows:][:p.rows*p.width], p.rows, p.width)
}

// clearColumns writes zeros from column lo on.
func clearColumns[F Float](m Mat[F], lo int) {
	if lo == m.Cols {
		return
	}
	for i := range m.Rows {
		clear(m.Row(i)[lo:])
	}
}
