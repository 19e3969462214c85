package kernel

import "testing"

func TestBlockGivesTheSameBitsWhetherRowsAreFullOrMarked(t *testing.T) {
	eachPath(t, func(t *testing.T, p instructions[float32]) {
		for _, width := range widths() {
			for n, kinds := range mixtures {
				for _, turned := range []bool{false, true} {
					c := newAdding(uint64(n), kinds, width, min(5+7*n, bitmapRows), n%3, n, turned)
					marked := c.marked()
					c.run(p)
					marked.run(p)
					if err := sameBits(c.tile, marked.tile); err != nil {
						t.Fatalf("width=%d rows=%s turned=%v: %v", width, kinds, turned, err)
					}
				}
			}
		}
	})
}

// The bits of a number depend neither on the rows nor on the columns besides.
func TestBlockTreatsRowsAndColumnsAlike(t *testing.T) {
	eachPath(t, func(t *testing.T, p instructions[float32]) {
		for n, kinds := range mixtures {
			for _, turned := range []bool{false, true} {
				c := newAdding(uint64(n), kinds, panelWidth, 20, n%3, n, turned)
				whole := c.again()
				whole.run(p)
				for i := range c.tile.Rows {
					for hi := i + 1; hi <= min(i+4, c.tile.Rows); hi++ {
						part := c.rows(i, hi)
						part.run(p)
						if err := sameBits(part.tile, whole.tile.RowRange(i, hi)); err != nil {
							t.Fatalf("rows %d to %d of %s: %v", i, hi, kinds, err)
						}
					}
				}
				for column := 0; column < panelWidth; column += padding {
					for width := padding; column+width <= panelWidth; width += padding {
						part := c.again()
						tile := part.tile
						part.tile = part.tile.ColRange(column, column+width)
						part.panel = part.panel.ColRange(column, column+width)
						if len(kinds) == 0 {
							continue
						}
						if part.base.Data != nil {
							part.base.Data, part.base.Cols = part.base.Data[column:], width
						}
						part.run(p)
						if err := sameBits(tile.ColRange(column, column+width), whole.tile.ColRange(column, column+width)); err != nil {
							t.Fatalf("columns %d to %d of %s: %v", column, column+width, kinds, err)
						}
					}
				}
			}
		}
	})
}

func TestBlockGivesTheSameBitsOnPathsWithVectorCode(t *testing.T) {
	eachPair(t, func(t *testing.T, p, q instructions[float32]) {
		for _, width := range widths() {
			for n, kinds := range mixtures {
				for _, depth := range []int{1, 2, 31, 33, 63, bitmapRows} {
					c := newAdding(uint64(n), kinds, width, depth, n%3, n, n%2 == 1)
					other := c.again()
					c.run(p)
					other.run(q)
					if err := sameBits(c.tile, other.tile); err != nil {
						t.Fatalf("width=%d depth=%d rows=%s: %v", width, depth, kinds, err)
					}
				}
			}
		}
	})
}
