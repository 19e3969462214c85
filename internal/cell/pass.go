package cell

import (
	"slices"

	"github.com/egru/egru/internal/kernel"
)

// pass holds one run of a cell over a sequence, either way.
type pass[F kernel.Float] struct {
	*Cell[F]
	in  *Inputs[F]
	out *Outputs[F]

	x         kernel.Mat[F] // (T*B, I), zero where rows are past their end
	w         kernel.Mat[F] // (I, 3H)
	r         kernel.Mat[F] // (H, 3H) after DropConnect
	gates     kernel.Mat[F] // (T*B, 3H)
	recurrent kernel.Mat[F] // (T*B, H); empty for Paper

	state0, y0 []F // (B, H)
}

func (c *Cell[F]) newPass(in *Inputs[F], out *Outputs[F], mem *scratch[F]) *pass[F] {
	p := &pass[F]{
		Cell:  c,
		in:    in,
		out:   out,
		x:     kernel.NewMat(in.X, c.rows(), c.I),
		w:     kernel.NewMat(in.W, c.I, 3*c.H),
		r:     kernel.NewMat(in.R, c.H, 3*c.H),
		gates: kernel.NewMat(out.Gates, c.rows(), 3*c.H),
	}
	if c.Kind != Paper {
		p.recurrent = kernel.NewMat(out.Recurrent, c.rows(), c.H)
	}
	if in.Lengths != nil {
		p.x = kernel.NewMat(mem.dirty(c.rows()*c.I), c.rows(), c.I)
		c.eachRow(c.rows(), c.I, func(t, b, row int) {
			if t < in.Lengths[b] {
				copy(p.x.Row(row), in.X[row*c.I:])
			} else {
				clear(p.x.Row(row))
			}
		})
	}
	if in.DropConnect != nil {
		p.r = kernel.NewMat(mem.dirty(len(in.R)), c.H, 3*c.H)
		eachPart(len(in.R), func(lo, hi int) {
			kernel.Multiply(p.r.Data[lo:hi], in.DropConnect[lo:hi], in.R[lo:hi])
		})
	}
	if p.state0 = in.State; p.state0 == nil {
		p.state0 = mem.zeros(c.state())
	}
	switch p.y0 = in.Y; {
	case c.Kind == GRU:
		p.y0 = p.state0
	case p.y0 == nil:
		p.y0 = mem.zeros(c.state())
	}
	return p
}

// step is the part of a (T*B, n) matrix that belongs to step t.
func (p *pass[F]) step(m kernel.Mat[F], t int) kernel.Mat[F] {
	return m.RowRange(t*p.B, (t+1)*p.B)
}

// row gives row (t, b) of a (T, B, H) slice.
func (p *pass[F]) row(s []F, t, b int) []F {
	at := (t*p.B + b) * p.H
	return s[at : at+p.H]
}

// states is the sequence of states; a GRU's outputs are its states.
func (p *pass[F]) states() []F {
	if p.Kind == GRU {
		return p.out.Y
	}
	return p.out.State
}

// stateBefore and yBefore are the (B, H) that step t starts from. Rows past
// their end have no meaning there for GRU, and are never read.
func (p *pass[F]) stateBefore(t int) []F { return before(p.states(), p.state0, t) }
func (p *pass[F]) yBefore(t int) []F     { return before(p.out.Y, p.y0, t) }

func before[F kernel.Float](sequence, initial []F, t int) []F {
	if t == 0 {
		return initial
	}
	n := len(initial)
	return sequence[(t-1)*n : t*n]
}

// runningY is y' with the rows past their end zeroed. A row that ended before
// step t-1 has zeros already; for one that has just ended, y' is copied to buf.
func (p *pass[F]) runningY(t int, buf kernel.Mat[F]) kernel.Mat[F] {
	y := kernel.NewMat(p.yBefore(t), p.B, p.H)
	if !slices.Contains(p.in.Lengths, t) {
		return y
	}
	p.eachBlock(func(_, lo, hi int) {
		for b := lo; b < hi; b++ {
			if t < p.in.Lengths[b] {
				copy(buf.Row(b), y.Row(b))
			} else {
				clear(buf.Row(b))
			}
		}
	})
	return buf
}

// crossing writes the distances c - thr at (t, b), with c found back from the
// state carried on.
func (p *pass[F]) crossing(dst []F, t, b int) {
	state := p.row(p.out.State, t, b)
	if p.Kind == EvNN {
		kernel.Crossing(dst, state, p.row(p.out.Events, t, b), p.in.Thr)
	} else {
		kernel.Subtract(dst, state, p.in.Thr)
	}
}
