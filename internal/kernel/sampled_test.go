package kernel

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

func TestSampledFollowsItsDefinitionForAnyFractionOfLivePlaces(t *testing.T) {
	t.Run("float64", sampledFollowsForAnyFraction[float64])
	eachPath(t, func(t *testing.T, _ instructions[float32]) { sampledFollowsForAnyFraction[float32](t) })
}

// Weights that have served many products have all their copies.
func sampledFollowsForAnyFraction[F Float](t *testing.T) {
	for _, s := range []struct{ M, K, N int }{{3, 40, 50}, {40, 130, 70}, {40, 33, 270}} {
		for _, fraction := range []float64{0.02, 0.1, 0.3, denseLiveVector - 0.03, denseLiveVector + 0.03, 1} {
			o := newOperands[F](9, s.M, s.K, s.N, 1, 2, fraction)
			many := NewWeights(o.w)
			many.panelsFor(arrangedUses * s.K)
			for _, p := range products[F]() {
				if !strings.HasPrefix(p.name, "Sampled") {
					continue
				}
				if err := p.check(o, 1, 5); err != nil {
					t.Errorf("%s %+v live=%v: %v", p.name, s, fraction, err)
				}
				if p.name != "Sampled" {
					continue
				}
				p.run = func(out Mat[F], o operands[F]) int64 { return Sampled(out, o.live, o.d, many) }
				if err := p.check(o, 1, 5); err != nil {
					t.Errorf("%s with copies %+v live=%v: %v", p.name, s, fraction, err)
				}
			}
		}
	}
}

func TestSampledMakesAllProductsOnlyWhereManyPlacesAreLive(t *testing.T) {
	const M, K, N = 60, 100, 20
	o := newOperands[float32](9, M, K, N, 0, 0, 0)
	out := NewMat(make([]float32, M*K), M, K)
	eachPath(t, func(t *testing.T, p instructions[float32]) {
		for _, n := range []int{1, M * K * denseLiveVector * 0.95, M * K * denseLiveVector * 1.05, M * K} {
			w := NewWeights(o.w)
			live := make([]bool, M*K)
			for i := range n {
				live[i] = true
			}
			if macs := Sampled(out, live, o.d, w); macs != int64(n*N) {
				t.Errorf("%d live: %d multiply-accumulates, want %d", n, macs, n*N)
			}
			all := float64(n) >= p.denseLive*M*K
			if got := w.acrossPanels.made.Load() != nil; got != all {
				t.Errorf("%d live of %d: all products: %v, want %v", n, M*K, got, all)
			}
		}
	})
}

// Many rows meet all of W on one goroutine, few a part of it: neither shows.
func TestSampledRowsDoNotDependOnTheOthers(t *testing.T) {
	const M, K, N, part = 2*manyLive + 100, 2*bitmapRows + 70, 4*panelWidth + 14, 100
	o := newOperands[float32](9, M, K, N, 1, 2, 0.008)
	larger := NewMat(slices.Repeat([]float32{float32(math.NaN())}, (K+3)*(N+40)), K+3, N+40)
	for k := range K {
		copy(larger.Row(k), o.w.Row(k))
	}
	for i := range M { // a NaN beside each row shows in what reads it
		o.d.Data[i*o.d.Stride+N] = float32(math.NaN())
	}
	eachPath(t, func(t *testing.T, _ instructions[float32]) {
		want := fill(rand.New(rand.NewPCG(1, 1)), NewMat(make([]float32, M*K), M, K), 1)
		start := at(want, 0)
		for lo := 0; lo < M; lo += part {
			hi := min(lo+part, M)
			Sampled(want.RowRange(lo, hi), o.live[lo*K:hi*K], o.d.RowRange(lo, hi), NewWeights(larger))
		}
		if slices.ContainsFunc(want.Data, func(x float32) bool { return x != x }) {
			t.Fatal("numbers beside the rows of d were multiplied")
		}
		many := NewWeights(o.w)
		many.panelsFor(arrangedUses * K)
		for name, w := range map[string]*Weights[float32]{"rows as they lie": NewWeights(larger), "copies": many} {
			for _, procs := range []int{1, 2, 5} {
				got := at(start, 0)
				onProcessors(procs, func() { Sampled(got, o.live, o.d, w) })
				if err := sameBits(got, want); err != nil {
					t.Errorf("%s, %d processors: %v", name, procs, err)
				}
				if w != many && w.panels.made.Load() != nil {
					t.Errorf("a copy of all of W for a part of it")
				}
			}
		}
	})
}

func TestTilesHoldAllRows(t *testing.T) {
	for rows := 1; rows < 1000; rows++ {
		if h := tileHeight(rows); h < 1 || h > bitmapRows || h > rows {
			t.Errorf("tiles of %d rows for %d", h, rows)
		}
	}
}

// What is asked for is what is met next.
func TestBlocksOfWeightsAreAskedForBeforeTheyAreMet(t *testing.T) {
	const K, N, width = 300, 3*panelWidth - 20, 70
	w := NewMat(make([]float32, K*N), K, N)
	s := liveProduct[float32]{d: NewMat(make([]float32, N), 1, N), panels: panelsOf(w, false), live: newLivePlaces(nil, 1, K, 1, width)}
	for _, part := range [][2]int{{0, s.live.blocks()}, {1, 3}, {2, 3}} {
		var asked []float32
		for c := 0; c < N; c += panelWidth {
			for b := part[0]; b < part[1]; b++ {
				met := s.block(c, b, nil)
				if rows := min(width, K-b*width); len(met) != rows*panelWidth {
					t.Fatalf("block %d has %d numbers, want those of %d rows", b, len(met), rows)
				}
				if asked != nil && (&asked[0] != &met[0] || len(asked) != len(met)) {
					t.Fatalf("block %d of column %d in %v is not what was asked for", b, c, part)
				}
				asked = s.next(c, b, part[0], part[1])
				if last := c+panelWidth >= N && b == part[1]-1; last != (asked == nil) {
					t.Fatalf("after block %d of column %d in %v %d numbers are asked for", b, c, part, len(asked))
				}
			}
		}
	}
}

func TestPiecesOfWhatIsNeededSoonAreSharedOut(t *testing.T) {
	for pieces := range 40 {
		for n := range 50 {
			share := shareOf(pieces, n)
			if all := share * max(n, 1); all < pieces || all >= pieces+max(n, 1) {
				t.Errorf("%d pieces among %d: %d each", pieces, n, share)
			}
		}
	}
}
