package kernel

import "github.com/egru/egru/internal/pool"

const (
	// panelWidth columns make a panel, and the columns of a tile: eight of the
	// widest registers.
	panelWidth = 128
	// padding columns fill one of them.
	padding = 16
)

// panels hold a matrix, or its transpose, in panels of panelWidth columns: row by row
// within a panel, on cache lines, and filled up with zeros.
type panels[F Float] struct {
	rows int
	data []F
	lent []F // what data lies in
}

// newPanels borrows its memory: panels are fresh for every window.
func newPanels[F Float](rows, cols int) *panels[F] {
	n := rows * panelWidth * ((cols + panelWidth - 1) / panelWidth)
	lent, _ := pool.Take[F](n + lineOf[F]())
	return &panels[F]{rows: rows, data: onBoundary(lent)[:n], lent: lent}
}

func (p *panels[F]) release() { pool.Give(p.lent) }

// panelsOf copies m, or its transpose.
func panelsOf[F Float](m Mat[F], turned bool) *panels[F] {
	rows, cols := m.Rows, m.Cols
	if turned {
		rows, cols = cols, rows
	}
	p, move := newPanels[F](rows, cols), use[F]().move
	if rows == 0 {
		return p
	}
	Parallel(cols, panelWidth, func(lo, hi int) {
		panel := p.panel(lo)
		if turned {
			turnInto(panel, m.RowRange(lo, hi))
		} else {
			move(panel.Data, m.Data[lo:], panelWidth, m.Stride, rows, hi-lo)
		}
		clearColumns(panel, hi-lo)
	})
	return p
}

// panel is the one whose first column is c.
func (p *panels[F]) panel(c int) Mat[F] {
	return NewMat(p.data[c*p.rows:][:p.rows*panelWidth], p.rows, panelWidth)
}

// block is depth rows from first on of the panel whose first column is c, and next the
// height rows behind them, or as many as there are: those of the panel, then of the next.
func (p *panels[F]) block(c, first, depth, height int) (block, next []F) {
	block = p.data[c*p.rows+first*panelWidth:]
	next = block[depth*panelWidth:]
	return block[:depth*panelWidth], next[:min(len(next), height*panelWidth)]
}

// blockOf copies m, of a row at least and up to panelWidth columns: rows of the copy are
// panelWidth apart.
func blockOf[F Float](to *[]F, m Mat[F]) Mat[F] {
	block := Mat[F]{Rows: m.Rows, Cols: m.Cols, Stride: panelWidth, Data: numbers(to, m.Rows*panelWidth)}
	use[F]().move(block.Data, m.Data, panelWidth, m.Stride, m.Rows, m.Cols)
	return block
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
