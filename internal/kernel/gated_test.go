package kernel

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

func TestBitsDoNotDependOnTheLoopOfGated(t *testing.T) {
	t.Run("float64", loopsOfGatedGiveTheSameBits[float64])
	eachPath(t, func(t *testing.T, _ instructions[float32]) { loopsOfGatedGiveTheSameBits[float32](t) })
}

// The events of y (M, K), of which some rows are full and some empty, or all nearly
// empty, meet W as it lies, block by block, and in panels, found in every way.
// What y^T has in its lists is found in the transpose of y too.
func loopsOfGatedGiveTheSameBits[F Float](t *testing.T) {
	for _, s := range []struct {
		M, K, N int
		few     bool
	}{{1, 300, 40, false}, {3, 64, 128, false}, {20, 260, 129, false}, {90, 70, 33, false}, {7, 1, 1, false}, {2, 2500, 40, false}, {5, 4200, 30, true}, {tileRows + 1, 20, 40, false}} {
		y := someRowsFull[F](uint64(s.K), s.M, s.K, 1, 3)
		if s.few {
			y = sparse[F](rand.New(rand.NewPCG(5, 5)), s.M, s.K, 0.01)
		}
		o := newOperands[F](6, s.M, s.K, s.N, 2, 1, 1)
		r := rand.New(rand.NewPCG(7, 7))
		before, row := fill(r, NewMat(make([]F, s.M*s.N), s.M, s.N), 1), fill(r, NewMat(make([]F, s.N), 1, s.N), 1)
		// run makes a product that starts from what stands in out, or from a row.
		run := func(name string, start []F, product func(to target[F])) Mat[F] {
			out, array := guarded[F](s.M, s.N, 1, 3)
			for i := range s.M {
				copy(out.Row(i), before.Row(i))
			}
			product(target[F]{out: out, start: start})
			if err := intact(out, array); err != nil {
				t.Errorf("%+v, %s: %v", s, name, err)
			}
			return out
		}
		plain := func(to target[F]) {
			e := listed(y, false, s.K, false)
			defer e.release()
			e.byList(to, o.w, nil, asTheyLie)
		}
		want, wantFrom := run("plain", nil, plain), run("plain", row.Data, plain)
		same := func(name string, product func(to target[F])) {
			if err := sameBits(want, run(name, nil, product)); err != nil {
				t.Errorf("%+v, %s: %v", s, name, err)
			}
			if err := sameBits(wantFrom, run(name, row.Data, product)); err != nil {
				t.Errorf("%+v, %s, from a row: %v", s, name, err)
			}
		}
		paneled := panelsOf(o.w, false)
		for _, turned := range []bool{false, true} {
			left := y
			if turned {
				left = flipped(y, 2)
			}
			for _, w := range ways(left, turned) {
				e, name := w.events, fmt.Sprintf("%s, turned=%v", w.name, turned)
				switch {
				case len(e.bitmap) > 0:
					same(name, func(to target[F]) { e.byBitmap(to, o.w, nil) })
					same(name+", panels", func(to target[F]) { e.byBitmap(to, Mat[F]{}, paneled) })
				case !w.tellFull:
					same(name, func(to target[F]) { e.byList(to, o.w, nil, asTheyLie) })
					fallthrough
				default:
					same(name+", copied", func(to target[F]) { e.byList(to, o.w, nil, copied) })
					same(name+", panels", func(to target[F]) { e.byList(to, Mat[F]{}, paneled, inPanels) })
				}
				e.release()
			}
		}
		same("Gated", func(to target[F]) { gated(to, y, NewWeights(o.w)) })
		same("Gated, turned weights", func(to target[F]) { gated(to, y, NewTurnedWeights(o.turned)) })
		same("GatedT", func(to target[F]) { gatedT(to, flipped(y, 2), o.w) })
		want = NewMat(make([]F, s.M*s.N), s.M, s.N)
		plain(target[F]{out: want})
		for _, last := range []int{0, 1} { // rows of the product that go elsewhere
			if s.M < last {
				continue
			}
			out, array := guarded[F](s.N, s.M-last, 2, 1)
			to := Turned[F]{Out: fill(rand.New(rand.NewPCG(3, 3)), out, 1), Replace: true} // what stands there is old
			if last > 0 {
				to.Last = slices.Repeat([]F{canary}, s.N)
			}
			for n := F(1); n <= 2; n++ {
				GatedTTurned(to, flipped(y, 2), o.w)
				to.Replace = false // from now on it is added to
				for i := range want.Rows {
					for j, x := range want.Row(i) {
						var got F
						if i < out.Cols {
							got = out.Row(j)[i]
						} else {
							got = to.Last[j]
						}
						if got != x*n {
							t.Fatalf("%+v, GatedTTurned with %d rows elsewhere, %v times: [%d,%d] is %v, want %v", s, last, n, j, i, got, x*n)
						}
					}
				}
			}
			if err := intact(out, array); err != nil {
				t.Errorf("%+v, GatedTTurned with %d rows elsewhere: %v", s, last, err)
			}
		}
	}
}

func TestGatedTTurnedOfNothing(t *testing.T) {
	for _, c := range []struct {
		replace bool
		want    float32
	}{{false, 3}, {true, 0}} {
		for _, last := range []int{0, 1} {
			for _, rows := range []int{0, 5} {
				const N, K = 4, 3
				out := slices.Repeat([]float32{3}, N*(K+1))
				to := Turned[float32]{Out: NewMat(out[:N*K], N, K), Replace: c.replace}
				if last > 0 {
					to.Last = out[N*K:]
				}
				y, d := NewMat(make([]float32, rows*(K+last)), rows, K+last), NewMat(slices.Repeat([]float32{7}, rows*N), rows, N)
				if macs := GatedTTurned(to, y, d); macs != 0 {
					t.Errorf("%d multiply-accumulates of nothing", macs)
				}
				for i, x := range out[:N*(K+last)] {
					if x != c.want {
						t.Errorf("replace=%v, %d rows, %d elsewhere: number %d is %v, want %v", c.replace, rows, last, i, x, c.want)
					}
				}
			}
		}
	}
}

func TestListsPayWhereEventsAreFew(t *testing.T) {
	const per64 = 1. / bitmapRows
	for _, c := range []struct {
		activity, uses float64
		want           bool
	}{
		{0, 0, true}, {0.9 * listedEvents * per64, 100, true}, {1.1 * listedEvents * per64, 100, false},
		// of rows that are used alone
		{1.1 * listedEvents * per64, 0.9 * aloneUses, true}, {1.1 * listedEvents * per64, 1.1 * aloneUses, false},
		{0.9 * aloneEvents * per64, 1, true}, {1.1 * aloneEvents * per64, 1, false}, {1, 1, false},
	} {
		if got := listsPay(c.activity, c.uses); got != c.want {
			t.Errorf("lists pay at an activity of %v and %v uses: %v", c.activity, c.uses, got)
		}
	}
}

// A product of many rows, few of which the estimate of the density sees.
func TestGatedTakesRowsOfVeryDifferentActivity(t *testing.T) {
	eachPath(t, func(t *testing.T, _ instructions[float32]) {
		for _, dense := range []int{0, 1} { // rows that the estimate sees, or does not
			o := newOperands[float32](8, 256, 100, 40, 1, 1, 0)
			for i := dense; i < o.y.Rows; i += 4 {
				fill(rand.New(rand.NewPCG(1, 1)), o.y.RowRange(i, i+1), 1)
			}
			for _, p := range products[float32]() {
				if err := p.check(o, 1, 1); err != nil {
					t.Errorf("%s: %v", p.name, err)
				}
			}
		}
	})
}
