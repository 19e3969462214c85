package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"pgregory.net/rapid"
)

// operands are the inputs of all products at one shape.
type operands[F Float] struct {
	y, d, w Mat[F] // (M, K) with events, (M, N), (K, N)
	turned  Mat[F] // (N, K), the transpose of w
	live    []bool // (M, K)
}

func newOperands[F Float](seed uint64, M, K, N, gap, offset int, activity float64) operands[F] {
	r := rand.New(rand.NewPCG(seed, 1))
	matrix := func(rows, cols int, activity float64) Mat[F] {
		m, _ := guarded[F](rows, cols, gap, offset)
		return fill(r, m, activity)
	}
	o := operands[F]{y: matrix(M, K, activity), d: matrix(M, N, 1), w: matrix(K, N, 1), live: make([]bool, M*K)}
	o.turned = flipped(o.w, offset)
	for i := range o.live {
		o.live[i] = r.Float64() < activity
	}
	return o
}

// moved copies the operands to other addresses.
func (o operands[F]) moved(offset int) operands[F] {
	return operands[F]{y: at(o.y, offset), d: at(o.d, offset+1), w: at(o.w, offset+2), turned: at(o.turned, offset+3), live: o.live}
}

// events is the number of y that are not zero.
func (o operands[F]) events() int64 {
	n := 0
	for i := range o.y.Rows {
		for _, v := range o.y.Row(i) {
			if v != 0 {
				n++
			}
		}
	}
	return int64(n)
}

func (o operands[F]) alive() int64 {
	n := 0
	for _, l := range o.live {
		if l {
			n++
		}
	}
	return int64(n)
}

// product is one of the package with its definition: out[i,j] takes the terms
// x[l*xStep] * y[l*yStep] for 0 <= l < length, unless it is skipped.
type product[F Float] struct {
	name   string
	run    func(out Mat[F], o operands[F]) int64
	shape  func(M, K, N int) (rows, cols, length int)
	terms  func(o operands[F], i, j int) (x, y []F, xStep, yStep int)
	skip   func(o operands[F], i, j int) bool
	events func(o operands[F]) int64 // N multiply-accumulates each
}

func products[F Float]() []product[F] {
	forward := func(M, K, N int) (int, int, int) { return M, N, K }
	weight := func(M, K, N int) (int, int, int) { return K, N, M }
	back := func(M, K, N int) (int, int, int) { return M, K, N }
	yw := func(o operands[F], i, j int) ([]F, []F, int, int) { return o.y.Row(i), o.w.Data[j:], 1, o.w.Stride }
	yd := func(o operands[F], i, j int) ([]F, []F, int, int) {
		return o.y.Data[i:], o.d.Data[j:], o.y.Stride, o.d.Stride
	}
	dw := func(o operands[F], i, j int) ([]F, []F, int, int) { return o.d.Row(i), o.w.Row(j), 1, 1 }
	never := func(operands[F], int, int) bool { return false }
	all := func(o operands[F]) int64 { return int64(o.y.Rows) * int64(o.y.Cols) }
	return []product[F]{
		{"Gated", func(out Mat[F], o operands[F]) int64 { return Gated(out, o.y, NewWeights(o.w)) }, forward, yw, never, operands[F].events},
		{"GatedT", func(out Mat[F], o operands[F]) int64 { return GatedT(out, o.y, o.d) }, weight, yd, never, operands[F].events},
		{"Sampled", func(out Mat[F], o operands[F]) int64 { return Sampled(out, o.live, o.d, NewWeights(o.w)) }, back, dw,
			func(o operands[F], i, j int) bool { return !o.live[i*o.y.Cols+j] }, operands[F].alive},
		{"GatedTurned", func(out Mat[F], o operands[F]) int64 { return Gated(out, o.y, NewTurnedWeights(o.turned)) }, forward, yw, never, operands[F].events},
		{"SampledTurned", func(out Mat[F], o operands[F]) int64 {
			return Sampled(out, o.live, o.d, NewTurnedWeights(o.turned))
		}, back, dw,
			func(o operands[F], i, j int) bool { return !o.live[i*o.y.Cols+j] }, operands[F].alive},
		{"SampledTurnedEverywhere", func(out Mat[F], o operands[F]) int64 {
			return Sampled(out, nil, o.d, NewTurnedWeights(o.turned))
		}, back, dw, never, all},
		{"SampledEverywhere", func(out Mat[F], o operands[F]) int64 { return Sampled(out, nil, o.d, NewWeights(o.w)) }, back, dw, never, all},
	}
}

// check runs p once and compares it with its definition in float64, number by
// number, within the bound of a sum of so many terms in any order: a rounding
// for each product and each sum.
func (p product[F]) check(o operands[F], gap, offset int) error {
	M, K, N := o.y.Rows, o.y.Cols, o.w.Cols
	rows, cols, length := p.shape(M, K, N)
	out, array := guarded[F](rows, cols, gap, offset)
	fill(rand.New(rand.NewPCG(7, 7)), out, 1)
	before := at(out, 0)

	if got, want := p.run(out, o), p.events(o)*int64(N); got != want {
		return fmt.Errorf("%d multiply-accumulates, want %d", got, want)
	}
	if err := intact(out, array); err != nil {
		return err
	}
	for i := range rows {
		for j := range cols {
			got, old := out.Row(i)[j], before.Row(i)[j]
			if p.skip(o, i, j) {
				if bits(got) != bits(old) {
					return fmt.Errorf("[%d,%d] is not live, but was changed from %v to %v", i, j, old, got)
				}
				continue
			}
			want := float64(old)
			size := math.Abs(want)
			if length > 0 {
				x, y, xStep, yStep := p.terms(o, i, j)
				for l := range length {
					term := float64(x[l*xStep]) * float64(y[l*yStep])
					want += term
					size += math.Abs(term)
				}
			}
			if err := math.Abs(float64(got) - want); !(err <= float64(length+2)*roundoff[F]()*size) {
				return fmt.Errorf("[%d,%d] = %v, want %v", i, j, got, want)
			}
		}
	}
	return nil
}

func TestProductsFollowTheirDefinitions(t *testing.T) {
	both(t, productsFollowTheirDefinitions[float32], productsFollowTheirDefinitions[float64])
}

func productsFollowTheirDefinitions[F Float](t *testing.T) {
	for _, p := range products[F]() {
		t.Run(p.name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				dim := rapid.OneOf(rapid.IntRange(0, 3), rapid.IntRange(4, 40))
				M, K, N := dim.Draw(t, "M"), dim.Draw(t, "K"), dim.Draw(t, "N")
				gap, offset := rapid.IntRange(0, 3).Draw(t, "gap"), rapid.IntRange(0, 7).Draw(t, "offset")
				activity := rapid.SampledFrom([]float64{0, 0.02, 0.1, 0.5, 1}).Draw(t, "activity")
				o := newOperands[F](rapid.Uint64().Draw(t, "seed"), M, K, N, gap, offset, activity)
				if err := p.check(o, gap, offset); err != nil {
					t.Fatal(err)
				}
			})
		})
	}
}

// large are shapes with more than one tile, block and list in every direction,
// the last of each incomplete.
var large = []struct{ M, K, N int }{
	{1, 2*bitmapRows + 1, 2*lyingWidth + 1},
	{20, 3*bitmapRows + 7, panelWidth + 1},
	{2*bitmapRows + 3, 35, 2*panelWidth + 30},
	{5, 4*bitmapRows + 5, 77},
	{140, 300, 230}, {300, 140, 230},
	{20, 700, 400}, {tileRows + 20, 20, 400},
	{4*bitmapRows + 5, 200, 40}, {bitmapRows + 1, 30, 70}, {2*bitmapRows + 1, 40, 20}, {manyLive + 3, 30, 150}, {manyLive, listedRows + 3, 20},
}

func TestLargeProductsFollowTheirDefinitions(t *testing.T) {
	both(t, largeProductsFollowTheirDefinitions[float32], largeProductsFollowTheirDefinitions[float64])
}

func largeProductsFollowTheirDefinitions[F Float](t *testing.T) {
	for _, s := range large {
		o := newOperands[F](3, s.M, s.K, s.N, 2, 3, 0.2)
		for _, p := range products[F]() {
			if err := p.check(o, 1, 5); err != nil {
				t.Errorf("%s M=%d K=%d N=%d: %v", p.name, s.M, s.K, s.N, err)
			}
		}
	}
}

func TestBitsDependNeitherOnProcessorsNorOnAddresses(t *testing.T) {
	both(t, bitsDependOnNumbersAlone[float32], bitsDependOnNumbersAlone[float64])
}

func bitsDependOnNumbersAlone[F Float](t *testing.T) {
	for _, s := range large {
		o := newOperands[F](4, s.M, s.K, s.N, 1, 0, 0.3)
		for _, p := range products[F]() {
			rows, cols, _ := p.shape(s.M, s.K, s.N)
			run := func(o operands[F], offset int) (out Mat[F]) {
				out, _ = guarded[F](rows, cols, 1, offset)
				fill(rand.New(rand.NewPCG(7, 7)), out, 1)
				p.run(out, o)
				return out
			}
			var want Mat[F]
			onProcessors(1, func() { want = run(o, 0) })
			for _, n := range []int{2, 3, 8} {
				onProcessors(n, func() {
					if err := sameBits(want, run(o, 0)); err != nil {
						t.Errorf("%s M=%d K=%d N=%d on %d processors: %v", p.name, s.M, s.K, s.N, n, err)
					}
				})
			}
			for offset := 1; offset < 5; offset++ {
				if err := sameBits(want, run(o.moved(offset), offset)); err != nil {
					t.Errorf("%s M=%d K=%d N=%d at offset %d: %v", p.name, s.M, s.K, s.N, offset, err)
				}
			}
		}
	}
}

// Whatever stood in out, and however the product is made.
func TestGatedFromStartsFromARow(t *testing.T) {
	t.Run("float64", gatedFromStarts[float64])
	eachPath(t, func(t *testing.T, _ instructions[float32]) { gatedFromStarts[float32](t) })
}

func gatedFromStarts[F Float](t *testing.T) {
	for _, s := range large {
		for _, activity := range []float64{0, 0.02, 0.3, 1} {
			o := newOperands[F](4, s.M, s.K, s.N, 1, 0, activity)
			start := fill(rand.New(rand.NewPCG(8, 8)), NewMat(make([]F, s.N), 1, s.N), 1).Row(0)
			want, got := NewMat(make([]F, s.M*s.N), s.M, s.N), fill(rand.New(rand.NewPCG(7, 7)), NewMat(make([]F, s.M*s.N), s.M, s.N), 1)
			for i := range s.M {
				copy(want.Row(i), start)
			}
			w := NewWeights(o.w)
			macs := Gated(want, o.y, w)
			if n := GatedFrom(start, got, o.y, w); n != macs {
				t.Errorf("M=%d K=%d N=%d activity=%v: %d multiply-accumulates, want %d", s.M, s.K, s.N, activity, n, macs)
			}
			if err := sameBits(want, got); err != nil {
				t.Errorf("M=%d K=%d N=%d activity=%v: %v", s.M, s.K, s.N, activity, err)
			}
		}
	}
}

// Columns that fill no register must not be read as if they did.
func TestProductsKeepWithinTheirSlices(t *testing.T) {
	const M, K = 120, 70
	eachPath(t, func(t *testing.T, _ instructions[float32]) {
		for _, N := range []int{1, 15, 16, 40, 128, 130} {
			for _, activity := range []float64{0.01, 0.05, 0.3, 0.8} { // as they lie, by lists, by bitmaps, all
				o := newOperands[float32](5, M, K, N, 0, 0, activity)
				for side := range 2 {
					matrix := func(rows, cols int) Mat[float32] {
						return NewMat(fencedAt(t, side, rows*cols), rows, cols)
					}
					y, d, w, start := matrix(M, K), matrix(M, N), matrix(K, N), fencedAt(t, side, N)
					copy(y.Data, o.y.Data)
					copy(d.Data, o.d.Data)
					copy(w.Data, o.w.Data)
					forward, back, weights := matrix(M, N), matrix(M, K), matrix(K, N)
					for _, expected := range []int{1, 100} {
						prepared := NewWeightsFor(expected, w)
						Gated(forward, y, prepared)
						GatedFrom(start, forward, y, prepared)
						Sampled(back, o.live, d, prepared)
					}
					GatedT(weights, y, d)
					GatedTTurned(Turned[float32]{Out: matrix(N, K)}, y, d)
					GatedTTurned(Turned[float32]{Out: matrix(N, K-1), Last: fencedAt(t, side, N), Replace: true}, y, d)
				}
			}
		}
	})
}

func TestProductsOfNothingAreTheRowTheyStartFrom(t *testing.T) {
	start := []float32{1, 2, 3, 4}
	for name, product := range map[string]func(out Mat[float32]) int64{
		"GatedFrom, no columns": func(out Mat[float32]) int64 {
			return GatedFrom(start, out, NewMat[float32](nil, 5, 0), NewWeights(NewMat[float32](nil, 0, 4)))
		},
		"GatedFrom, no events": func(out Mat[float32]) int64 {
			return GatedFrom(start, out, NewMat(make([]float32, 5*3), 5, 3), NewWeights(NewMat(make([]float32, 3*4), 3, 4)))
		},
	} {
		out := fill(rand.New(rand.NewPCG(7, 7)), NewMat(make([]float32, 5*4), 5, 4), 1)
		if n := product(out); n != 0 {
			t.Errorf("%s: %d multiply-accumulates of nothing", name, n)
		}
		for i := range out.Rows {
			if !slices.Equal(out.Row(i), start) {
				t.Errorf("%s: row %d is %v, want %v", name, i, out.Row(i), start)
			}
		}
	}
}

func TestViewsWithoutColumnsOrRowsAreAllowed(t *testing.T) {
	whole := NewMat(make([]float32, 5*4), 5, 4)
	for c := range 5 {
		none := whole.ColRange(c, c) // (5, 0) inside a matrix
		out := NewMat(make([]float32, 5*4), 5, 4)
		for name, macs := range map[string]int64{
			"Gated, no K":   Gated(out, none, NewWeights(whole.RowRange(c, c))),
			"Gated, no N":   Gated(none, NewMat(make([]float32, 25), 5, 5), NewWeights(none)),
			"GatedT, no K":  GatedT(whole.RowRange(c, c), none, whole),
			"GatedT, no M":  GatedT(out.RowRange(0, 4), whole.RowRange(c, c), whole.RowRange(c, c)),
			"Sampled, no N": Sampled(NewMat(make([]float32, 25), 5, 5), nil, none, NewWeights(none)),
			"Sampled, no K": Sampled(none, nil, whole, NewWeights(whole.RowRange(c, c))),
		} {
			if macs != 0 {
				t.Errorf("%s at %d: %d multiply-accumulates of nothing", name, c, macs)
			}
		}
		ColumnSums(nil, none)
	}
}

func TestZeroOfEitherSignIsNoEvent(t *testing.T) {
	negative := math.Copysign(0, -1)
	inf := math.Inf(1)
	y := NewMat([]float64{0, negative, 2}, 1, 3)
	w := NewMat([]float64{inf, math.NaN(), 3}, 3, 1) // would show in the sum
	out := NewMat([]float64{1}, 1, 1)
	if macs := Gated(out, y, NewWeights(w)); macs != 1 || out.Data[0] != 7 {
		t.Errorf("Gated: out = %v after %d multiply-accumulates, want 7 after 1", out.Data[0], macs)
	}
	out.Data[0] = 1
	if macs := GatedT(out, NewMat(y.Data, 3, 1), w); macs != 1 || out.Data[0] != 7 {
		t.Errorf("GatedT: out = %v after %d multiply-accumulates, want 7 after 1", out.Data[0], macs)
	}
}

func TestNaNIsAnEventAndSpreadsOverItsRow(t *testing.T) {
	y := NewMat([]float32{0, float32(math.NaN()), 1, 0}, 2, 2)
	w := NewMat([]float32{1, 2, 3, 4, 5, 6}, 2, 3)
	out := NewMat(make([]float32, 6), 2, 3)
	if macs := Gated(out, y, NewWeights(w)); macs != 6 {
		t.Errorf("%d multiply-accumulates, want 6", macs)
	}
	for j := range 3 {
		if out.Row(0)[j] == out.Row(0)[j] {
			t.Errorf("out[0,%d] = %v, want NaN", j, out.Row(0)[j])
		}
		if out.Row(1)[j] != w.Row(0)[j] {
			t.Errorf("out[1,%d] = %v, want %v", j, out.Row(1)[j], w.Row(0)[j])
		}
	}
}

func TestWeightsServeManyProductsAtOnce(t *testing.T) {
	o := newOperands[float32](5, 40, 100, 700, 0, 0, 0.3)
	w := NewWeights(o.w)
	want := NewMat(make([]float32, 40*700), 40, 700)
	Gated(want, o.y, w)
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() {
			out := NewMat(make([]float32, 40*700), 40, 700)
			Gated(out, o.y, w)
			if err := sameBits(want, out); err != nil {
				t.Error(err)
			}
			Sampled(NewMat(make([]float32, 40*100), 40, 100), o.live, o.d, w)
		})
	}
	wait.Wait()
}

func TestPanelsAreMadeForManyProductsAndDoNotChangeTheirBits(t *testing.T) {
	for _, N := range []int{1, 16, 127, 128, 129, 300, 1000} {
		o := newOperands[float32](5, 20, 70, N, 1, 0, 0.3)
		run := func(w *Weights[float32]) Mat[float32] {
			out, array := guarded[float32](20, N, 1, 3)
			fill(rand.New(rand.NewPCG(7, 7)), out, 1)
			Gated(out, o.y, w)
			if err := intact(out, array); err != nil {
				t.Errorf("N=%d: %v", N, err)
			}
			return out
		}
		w := NewWeights(o.w)
		want := run(w)
		if w.panels.made.Load() != nil {
			t.Errorf("N=%d: panels for one product", N)
		}
		for range arrangedUses {
			if err := sameBits(want, run(w)); err != nil {
				t.Fatalf("N=%d: %v", N, err)
			}
		}
		if w.panels.made.Load() == nil {
			t.Errorf("N=%d: no panels after %d products", N, arrangedUses)
		}
		w = NewWeightsFor(arrangedUses, o.w)
		if err := sameBits(want, run(w)); err != nil {
			t.Fatalf("N=%d: %v", N, err)
		}
		if w.panels.made.Load() == nil {
			t.Errorf("N=%d: no panels in the first of %d products", N, arrangedUses)
		}
	}
}
