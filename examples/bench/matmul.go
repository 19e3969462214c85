package main

import (
	"context"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas32"

	"github.com/egru/egru/internal/kernel"
)

// product is a matrix product with zeros: of Y (M, K), W (K, N) and D (M, N).
type product struct {
	name string
	m    int // rows
	make func(p operands) func() int64
	gemm func(p operands) func()
	live bool // some places of Y are computed, else some are nonzero
}

// operands are the numbers of a product. out has the shape that it gives.
type operands struct {
	y, w, d, out kernel.Mat[float32]
	live         []bool // of y's places, those that are not zero
}

func runMatmul(ctx context.Context, c config, r *reporter) error {
	step, all := c.B, c.T*c.B
	gated := product{name: "gated", m: step,
		make: func(p operands) func() int64 {
			w := kernel.NewWeights(p.w)
			return func() int64 { return kernel.Gated(p.d, p.y, w) }
		},
		gemm: func(p operands) func() { return gemm(blas.NoTrans, blas.NoTrans, p.y, p.w, p.d) },
	}
	gatedT := product{name: "gatedT", m: all,
		make: func(p operands) func() int64 { return func() int64 { return kernel.GatedT(p.w, p.y, p.d) } },
		gemm: func(p operands) func() { return gemm(blas.Trans, blas.NoTrans, p.y, p.d, p.w) },
	}
	sampled := product{name: "sampled", m: step, live: true,
		make: func(p operands) func() int64 {
			w := kernel.NewWeights(p.w)
			return func() int64 { return kernel.Sampled(p.out, p.live, p.d, w) }
		},
		gemm: func(p operands) func() { return gemm(blas.NoTrans, blas.Trans, p.d, p.w, p.out) },
	}
	sampledAll := sampled
	sampledAll.m = all
	r.head()
	for _, p := range []product{gated, gatedT, sampled, sampledAll} {
		for _, activity := range c.activities {
			if err := p.measure(ctx, c, activity, r); err != nil {
				return err
			}
		}
	}
	return nil
}

func (p product) measure(ctx context.Context, c config, activity float64, r *reporter) error {
	of := p.operands(c, activity)
	var macs int64
	multiply := p.make(of)
	ours := whole(func() error { macs = multiply(); return nil })
	var baseline work
	if c.baseline == baselineGonum {
		dense := p.gemm(p.operands(c, activity))
		baseline = whole(func() error { dense(); return nil })
	}
	a, b, err := takeTurns(ctx, c.runs, ours, baseline)
	if err != nil {
		return err
	}
	K, N := of.w.Rows, of.w.Cols
	measured := shareOf(of.y.Data)
	row := result{Product: p.name, M: p.m, K: K, N: N, WantedActivity: activity, Activity: measured}
	if p.live {
		row.BackwardActivity = &measured
	}
	return r.add(row, a[0], phase(b, 0), count{macs, int64(p.m) * int64(K) * int64(N)})
}

// operands draws the numbers of a product, each time the same.
func (p product) operands(c config, activity float64) operands {
	r := c.random(streamInput)
	of := func(rows, cols int, share float64) kernel.Mat[float32] {
		m := kernel.NewMat(make([]float32, rows*cols), rows, cols)
		normal(r, m.Data, share, 1)
		return m
	}
	K, N := c.H, 3*c.H
	o := operands{y: of(p.m, K, activity), w: of(K, N, 1), d: of(p.m, N, 1), out: of(p.m, K, 1)}
	for _, v := range o.y.Data {
		o.live = append(o.live, v != 0)
	}
	return o
}

// gemm is out += a b, or with their transposes, by gonum.
func gemm(ta, tb blas.Transpose, a, b, out kernel.Mat[float32]) func() {
	of := func(m kernel.Mat[float32]) blas32.General {
		return blas32.General{Rows: m.Rows, Cols: m.Cols, Stride: m.Stride, Data: m.Data}
	}
	return func() { blas32.Gemm(ta, tb, 1, of(a), of(b), 1, of(out)) }
}
