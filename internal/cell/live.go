package cell

import "github.com/egru/egru/internal/kernel"

// Live writes 1 where a gradient towards the output can pass on, where o is not
// 0 or s(c - thr) is not 0, and 0 elsewhere. thr is (H), live (T, B, H).
func (c *Cell[F]) Live(thr []F, out *Outputs[F], live []F) {
	p := &pass[F]{Cell: c, in: &Inputs[F]{Thr: thr}, out: out}
	kernel.Parallel(c.rows(), max(1, forwardBlock/c.H), func(lo, hi int) {
		for i := lo; i < hi; i++ {
			row, o := p.row(live, 0, i), p.row(out.Events, 0, i)
			p.crossing(row, 0, i, 0)
			c.Surrogate(row, row)
			for j, s := range row {
				if row[j] = 0; s != 0 || o[j] != 0 {
					row[j] = 1
				}
			}
		}
	})
}
