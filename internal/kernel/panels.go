package kernel

// panels hold a matrix in panels of panelWidth columns each: row by row within
// a panel, on cache lines.
type panels[F Float] struct {
	rows, width int
	data        []F
}

func newPanels[F Float](m Mat[F]) *panels[F] {
	width := evenly(m.Cols, panelWidth)
	count := (m.Cols + width - 1) / width
	p := &panels[F]{m.Rows, width, aligned[F](m.Rows * width * count)}
	p.data = p.data[:cap(p.data)]
	Parallel(count, 1, func(lo, hi int) {
		for c := lo * width; c < hi*width; c += width {
			panel := p.panel(c)
			for i := range m.Rows {
				copy(panel.Row(i), m.Row(i)[c:min(c+width, m.Cols)])
			}
		}
	})
	return p
}

// panel is the one whose first column is c.
func (p *panels[F]) panel(c int) Mat[F] {
	return NewMat(p.data[c*p.rows:], p.rows, p.width)
}

// copied is a copy of m with all rows on cache lines, side by side.
func (m Mat[F]) copied(to *alignedRow[F]) Mat[F] {
	width := evenly(m.Cols, m.Cols)
	c := Mat[F]{Rows: m.Rows, Cols: m.Cols, Stride: width, Data: to.room(m.Rows * width)}
	for i := range m.Rows {
		copy(c.Row(i), m.Row(i))
	}
	return c
}
