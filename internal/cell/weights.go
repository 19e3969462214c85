package cell

import "github.com/egru/egru/internal/kernel"

// weights computes the gradients of W and R over all steps at once. It leaves in pre
// those of what W multiplied.
func (g *gradients[F]) weights(mem *scratch[F]) (macs int64) {
	if g.to.R != nil {
		macs += g.recurrentWeights(mem)
	}
	if g.Kind != Paper && (g.to.W != nil || g.to.X != nil) {
		g.eachRow(g.rows(), g.H, func(_, _, row int) { copy(g.pre.Row(row)[2*g.H:], g.candidate.Row(row)) })
	}
	if g.to.W != nil {
		macs += kernel.GatedT(kernel.NewMat(g.to.W, g.I, 3*g.H), g.x, g.pre)
	}
	return macs
}

func (g *gradients[F]) recurrentWeights(mem *scratch[F]) (macs int64) {
	H := g.H
	r := kernel.NewMat(g.to.R, H, 3*H)
	if g.in.DropConnect != nil {
		r = kernel.NewMat(mem.zeros(len(g.to.R)), H, 3*H)
	}
	first := g.B // rows of the first step
	y0 := kernel.NewMat(g.y0, g.B, H)
	y := kernel.NewMat(g.out.Y, g.rows(), H).RowRange(0, g.rows()-g.B)
	if g.in.Lengths != nil { // the last output of a row that ends is fed to no step
		y0 = kernel.NewMat(mem.zeros(g.Shape.state()), g.B, H)
		for b, n := range g.in.Lengths {
			if n > 0 {
				copy(y0.Row(b), g.y0[b*H:(b+1)*H])
			}
		}
		fed := kernel.NewMat(mem.dirty(y.Rows*H), y.Rows, H)
		g.eachRow(y.Rows, H, func(t, b, row int) {
			if t+1 < g.in.Lengths[b] {
				copy(fed.Row(row), y.Row(row))
			} else {
				clear(fed.Row(row))
			}
		})
		y = fed
	}
	pre0, pre := g.pre.RowRange(0, first), g.pre.RowRange(first, g.rows())
	if g.Kind == Paper {
		gates, cand := r.ColRange(0, 2*H), r.ColRange(2*H, 3*H)
		ry := kernel.NewMat(mem.dirty(g.units()), g.rows(), H)
		g.eachRow(g.rows(), H, func(t, b, row int) {
			if t < g.in.length(b, g.T) {
				kernel.Multiply(ry.Row(row), g.yBefore(t)[b*H:], g.gates.Row(row)[H:])
			} else {
				clear(ry.Row(row))
			}
		})
		macs += kernel.GatedT(gates, y0, pre0.ColRange(0, 2*H))
		macs += kernel.GatedT(gates, y, pre.ColRange(0, 2*H))
		macs += kernel.GatedT(cand, ry, g.candidate)
	} else {
		macs += kernel.GatedT(r, y0, pre0)
		macs += kernel.GatedT(r, y, pre)
	}
	eachPart(len(g.in.DropConnect), func(lo, hi int) {
		kernel.AddProduct(g.to.R[lo:hi], g.in.DropConnect[lo:hi], r.Data[lo:hi])
	})
	return macs
}

// inputs computes the gradient of X, only where it is wanted, from what weights left
// in pre.
func (g *gradients[F]) inputs(mem *scratch[F]) (macs int64) {
	if g.to.X == nil {
		return 0
	}
	var live []bool
	if g.in.LiveX != nil || g.in.Lengths != nil {
		live = mem.bools(len(g.to.X))
		g.eachRow(g.rows(), g.I, func(t, b, row int) {
			wanted := live[row*g.I : (row+1)*g.I]
			switch {
			case t >= g.in.length(b, g.T):
				clear(wanted)
			case g.in.LiveX != nil:
				x := g.in.LiveX[row*g.I:]
				kernel.EitherNotZero(wanted, x, x)
			default:
				for j := range wanted {
					wanted[j] = true
				}
			}
		})
	}
	w := kernel.NewWeights(g.w)
	defer w.Release()
	return kernel.Sampled(kernel.NewMat(g.to.X, g.rows(), g.I), live, g.pre, w)
}
