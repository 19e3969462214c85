package kernel

import (
	"math"
	"math/rand/v2"
	"runtime"
	"sync"
	"testing"
)

func TestTurnedWeightsGiveTheSameBits(t *testing.T) {
	t.Run("float64", turnedWeightsGiveTheSameBits[float64])
	eachPath(t, func(t *testing.T, _ instructions[float32]) { turnedWeightsGiveTheSameBits[float32](t) })
}

func turnedWeightsGiveTheSameBits[F Float](t *testing.T) {
	for _, s := range []struct{ M, K, N int }{{1, 5, 3}, {40, 70, 300}, {40, 129, 17}, {100, 16, 128}, {manyLive, 70, 130}, {manyRows, 257, 260}, {denseRows, 30, 20}, {denseRows - 1, 40, 50}} {
		for _, activity := range []float64{0.05, 0.3, denseLiveVector - 0.03, denseLiveVector + 0.03, 1} {
			o := newOperands[F](5, s.M, s.K, s.N, 1, 0, activity)
			plain, turned := NewWeights(o.w), NewTurnedWeights(o.turned)
			run := func(rows, cols int, product func(out Mat[F]) int64) Mat[F] {
				out := fill(rand.New(rand.NewPCG(7, 7)), NewMat(make([]F, rows*cols), rows, cols), 1)
				product(out)
				return out
			}
			for n := range arrangedUses + 1 {
				if err := sameBits(
					run(s.M, s.N, func(out Mat[F]) int64 { return Gated(out, o.y, plain) }),
					run(s.M, s.N, func(out Mat[F]) int64 { return Gated(out, o.y, turned) }),
				); err != nil {
					t.Fatalf("Gated %+v activity=%v: %v", s, activity, err)
				}
				if err := sameBits(
					run(s.M, s.K, func(out Mat[F]) int64 { return Sampled(out, o.live, o.d, plain) }),
					run(s.M, s.K, func(out Mat[F]) int64 { return Sampled(out, o.live, o.d, turned) }),
				); err != nil {
					t.Fatalf("Sampled %+v live=%v, use %d: %v", s, activity, n, err)
				}
				if n > 2 && s.M >= arrangedUses {
					break
				}
			}
			all := allPay(s.M, float64(o.alive())/float64(s.M*s.K), use[F]().denseLive)
			if got := turned.acrossPanels.made.Load() != nil; got != all {
				t.Errorf("%+v, %d live: all products: %v, want %v", s, o.alive(), got, all)
			}
		}
	}
}

// Copies are made when they pay, which must not be seen in the numbers: not by
// repeating a product, and not by whoever comes first of many.
func TestBitsDependOnNoEarlierProduct(t *testing.T) {
	eachPath(t, func(t *testing.T, _ instructions[float32]) {
		for _, fraction := range []float64{0.1, 0.7, 1} {
			for M := 1; M < denseRows+3; M++ {
				o := newOperands[float32](5, M, 64, 200, 1, 0, fraction)
				w := NewWeights(o.w)
				run := func() (Mat[float32], Mat[float32]) {
					forward, back := NewMat(make([]float32, M*200), M, 200), NewMat(make([]float32, M*64), M, 64)
					Gated(forward, o.y, w)
					Sampled(back, o.live, o.d, w)
					return forward, back
				}
				wantForward, wantBack := run()
				for n := range 2 * arrangedUses {
					forward, back := run()
					if err := sameBits(wantForward, forward); err != nil {
						t.Fatalf("Gated, M=%d activity=%v, product %d: %v", M, fraction, n, err)
					}
					if err := sameBits(wantBack, back); err != nil {
						t.Fatalf("Sampled, M=%d live=%v, product %d: %v", M, fraction, n, err)
					}
				}
			}
		}
	})
}

// One product of many rows goes through a block once for many rows, which a copy of all
// of W would not pay for.
func TestOneProductOfManyRowsMakesNoCopies(t *testing.T) {
	for _, c := range []struct {
		M, expected    int
		activity       float64
		gated, sampled bool
	}{
		{manyLive, 1, 0.04, false, false},
		{manyLive, 2, 0.04, true, true},
		{manyLive, 1, 0.3, true, false}, // without lists
		{manyLive - 1, 1, 0.04, false, true},
		{100, 1, 0.04, true, true}, // less than arrangedUses, twice
	} {
		const K, N = 70, 130
		o := newOperands[float32](5, c.M, K, N, 1, 0, c.activity)
		gated, sampled := NewWeightsFor(c.expected, o.w), NewWeightsFor(c.expected, o.w)
		for range 2 {
			Gated(NewMat(make([]float32, c.M*N), c.M, N), o.y, gated)
			Sampled(NewMat(make([]float32, c.M*K), c.M, K), o.live, o.d, sampled)
		}
		if g, s := gated.panels.made.Load() != nil, sampled.panels.made.Load() != nil; g != c.gated || s != c.sampled {
			t.Errorf("%+v: panels: gated %v, sampled %v", c, g, s)
		}
	}
}

// A product takes its memory from those before.
func TestProductsAllocateLittle(t *testing.T) {
	o := newOperands[float32](5, 64, 300, 500, 0, 0, 0.2)
	w := NewWeights(o.w)
	forward, back, weights := NewMat(make([]float32, 64*500), 64, 500), NewMat(make([]float32, 64*300), 64, 300), NewMat(make([]float32, 300*500), 300, 500)
	run := func() {
		Gated(forward, o.y, w)
		GatedT(weights, o.y, o.d)
		Sampled(back, o.live, o.d, w)
		Sampled(back, nil, o.d, w)
	}
	run()
	least := math.Inf(1) // of a few: a collection, and the race detector, empty the pools
	for range 100 {
		least = min(least, testing.AllocsPerRun(1, run))
	}
	if least > 40 {
		t.Errorf("%v allocations for four products, want at most 40", least)
	}
}

// A copy is made once, by whoever comes first.
func TestArrangedCopiesAreMadeOnce(t *testing.T) {
	m := NewMat([]float32{1, 2, 3, 4, 5, 6}, 2, 3)
	var a arranged[float32]
	var wait sync.WaitGroup
	got := make([]*panels[float32], 8)
	a.making.Lock() // until all have come
	for g := range got {
		wait.Go(func() { got[g] = a.forUses(arrangedUses*m.Rows, false, m, false) })
	}
	for a.uses.Load() < int64(len(got)*arrangedUses) {
		runtime.Gosched()
	}
	a.making.Unlock()
	wait.Wait()
	for g := range got {
		if got[g] == nil || got[g] != got[0] {
			t.Errorf("caller %d got %p, another %p", g, got[g], got[0])
		}
	}
}

func TestArrangedCopiesAreMadeWhenTheyPayOrMustBe(t *testing.T) {
	m := NewMat([]float32{1, 2, 3, 4, 5, 6}, 2, 3)
	var a arranged[float32]
	for uses := m.Rows; uses < arrangedUses*m.Rows; uses += m.Rows {
		if a.forUses(m.Rows, false, m, false) != nil {
			t.Errorf("a copy after %d uses of %d rows, want %d of each", uses, m.Rows, arrangedUses)
		}
	}
	if a.forUses(m.Rows, false, m, false) == nil {
		t.Errorf("no copy after %d uses of each row", arrangedUses)
	}
	var must arranged[float32]
	if must.forUses(0, true, m, true) == nil {
		t.Error("no copy, though there must be one")
	}
}
