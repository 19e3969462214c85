package kernel

import (
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
	for _, s := range []struct{ M, K, N int }{{1, 5, 3}, {40, 70, 300}, {30, 129, 17}, {100, 16, 128}, {25, 257, 260}} {
		for _, activity := range []float64{0.05, 0.3, 0.52, 0.58, 1} {
			o := newOperands[F](5, s.M, s.K, s.N, 1, 0, activity)
			plain, turned := NewWeights(o.w), NewTurnedWeights(o.turned)
			run := func(rows, cols int, product func(out Mat[F]) int64) Mat[F] {
				out := fill(rand.New(rand.NewPCG(7, 7)), NewMat(make([]F, rows*cols), rows, cols), 1)
				product(out)
				return out
			}
			for use := range arrangedUses + 1 {
				if err := sameBits(
					run(s.M, s.N, func(out Mat[F]) int64 { return Gated(out, o.y, plain) }),
					run(s.M, s.N, func(out Mat[F]) int64 { return Gated(out, o.y, turned) }),
				); err != nil {
					t.Fatalf("Gated %+v activity=%v: %v", s, activity, err)
				}
				// Both must take the same loop: that of many live places only if its
				// copy is there.
				a := run(s.M, s.K, func(out Mat[F]) int64 { return Sampled(out, o.live, o.d, plain) })
				b := run(s.M, s.K, func(out Mat[F]) int64 { return Sampled(out, o.live, o.d, turned) })
				if (plain.across.made.Load() == nil) != (turned.across.made.Load() == nil) {
					continue
				}
				if err := sameBits(a, b); err != nil {
					t.Fatalf("Sampled %+v live=%v, use %d: %v", s, activity, use, err)
				}
				if use > 2 && s.M >= arrangedUses {
					break
				}
			}
			if s.M >= arrangedUses && (turned.across.made.Load() == nil) != (float64(o.alive()) < use[F]().denseLive*float64(s.M*s.K)) {
				t.Errorf("%+v, %d live: copies for many live places: %v", s, o.alive(), turned.across.made.Load() != nil)
			}
		}
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
		wait.Go(func() { got[g] = a.forUses(arrangedUses*m.Rows, false, m, false, panelWidth) })
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
		if a.forUses(m.Rows, false, m, false, panelWidth) != nil {
			t.Errorf("a copy after %d uses of %d rows, want %d of each", uses, m.Rows, arrangedUses)
		}
	}
	if a.forUses(m.Rows, false, m, false, panelWidth) == nil {
		t.Errorf("no copy after %d uses of each row", arrangedUses)
	}
	var must arranged[float32]
	if must.forUses(0, true, m, true, panelWidth) == nil {
		t.Error("no copy, though there must be one")
	}
}
