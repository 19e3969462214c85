package cell

import "github.com/egru/egru/internal/kernel"

// Live writes 1 where a gradient towards the output can pass on, where o is not
// 0 or s(c - thr) is not 0, and 0 elsewhere. thr is (H), live (T, B, H).
func (c *Cell[F]) Live(thr []F, out *Outputs[F], live []F) {
	p := &pass[F]{Cell: c, in: &Inputs[F]{Thr: thr}, out: out}
	c.eachRow(c.rows(), c.H, func(t, b, _ int) {
		row := p.row(live, t, b)
		p.crossing(row, t, b)
		c.Surrogate(row, row)
		kernel.Indicate(row, row, p.row(out.Events, t, b))
	})
}
