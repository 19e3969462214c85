package cell

import "github.com/egru/egru/internal/kernel"

// weights computes the gradients of kernels and biases over all steps at once.
func (g *gradients[F]) weights(mem *scratch[F]) (macs int64) {
	H := g.H
	gates := g.pre.ColRange(0, 2*H)
	if g.to.W != nil {
		w := kernel.NewMat(g.to.W, g.I, 3*H)
		macs += kernel.GatedT(w.ColRange(0, 2*H), g.x, gates)
		macs += kernel.GatedT(w.ColRange(2*H, 3*H), g.x, g.candidate)
	}
	if g.to.R != nil {
		macs += g.recurrentWeights(mem)
	}
	if g.to.Bx != nil {
		kernel.ColumnSums(g.to.Bx[:2*H], gates)
		kernel.ColumnSums(g.to.Bx[2*H:], g.candidate)
	}
	if g.to.Br != nil {
		kernel.ColumnSums(g.to.Br, g.pre)
	}
	return macs
}

func (g *gradients[F]) recurrentWeights(mem *scratch[F]) (macs int64) {
	H := g.H
	r := kernel.NewMat(g.to.R, H, 3*H)
	if g.in.DropConnect != nil {
		r = kernel.NewMat(mem.floats(len(g.to.R)), H, 3*H)
	}
	first := g.B // rows of the first step
	y0 := kernel.NewMat(g.y0, g.B, H)
	y := kernel.NewMat(g.out.Y, g.rows(), H).RowRange(0, g.rows()-g.B)
	if g.in.Lengths != nil { // the last output of a row that ends is fed to no step
		y0 = kernel.NewMat(mem.floats(g.Shape.state()), g.B, H)
		y = kernel.NewMat(mem.floats(g.units()), g.rows(), H).RowRange(0, g.rows()-g.B)
		for b, n := range g.in.Lengths {
			if n > 0 {
				copy(y0.Row(b), g.y0[b*H:(b+1)*H])
			}
			for t := range n - 1 {
				copy(y.Row(t*g.B+b), g.row(g.out.Y, t, b))
			}
		}
	}
	pre0, pre := g.pre.RowRange(0, first), g.pre.RowRange(first, g.rows())
	if g.Kind == Paper {
		gates, cand := r.ColRange(0, 2*H), r.ColRange(2*H, 3*H)
		ry := kernel.NewMat(mem.floats(g.units()), g.rows(), H)
		for t := range g.T {
			for b := range g.B {
				if t >= g.in.length(b, g.T) {
					continue
				}
				at := t*g.B + b
				row, reset := ry.Row(at), g.gates.Row(at)[H:2*H]
				for j, v := range g.yBefore(t)[b*H : (b+1)*H] {
					row[j] = v * reset[j]
				}
			}
		}
		macs += kernel.GatedT(gates, y0, pre0.ColRange(0, 2*H))
		macs += kernel.GatedT(gates, y, pre.ColRange(0, 2*H))
		macs += kernel.GatedT(cand, ry, g.candidate)
	} else {
		macs += kernel.GatedT(r, y0, pre0)
		macs += kernel.GatedT(r, y, pre)
	}
	for i, m := range g.in.DropConnect {
		g.to.R[i] += m * r.Data[i]
	}
	return macs
}

// inputs computes the gradient of X, only where it is wanted.
func (g *gradients[F]) inputs() (macs int64) {
	if g.to.X == nil {
		return 0
	}
	var live []bool
	if g.in.LiveX != nil || g.in.Lengths != nil {
		live = make([]bool, len(g.to.X))
		kernel.Parallel(g.rows(), max(1, forwardBlock/g.I), func(lo, hi int) {
			for i := lo; i < hi; i++ {
				if i/g.B >= g.in.length(i%g.B, g.T) {
					continue
				}
				row := live[i*g.I : (i+1)*g.I]
				for j := range row {
					row[j] = g.in.LiveX == nil || g.in.LiveX[i*g.I+j] != 0
				}
			}
		})
	}
	x := kernel.NewMat(g.to.X, g.rows(), g.I)
	H := g.H
	macs += kernel.Sampled(x, live, g.pre.ColRange(0, 2*H), kernel.NewWeights(g.w.ColRange(0, 2*H)))
	macs += kernel.Sampled(x, live, g.candidate, kernel.NewWeights(g.w.ColRange(2*H, 3*H)))
	return macs
}
