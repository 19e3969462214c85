package kernel

import (
	"math"
	"testing"
)

// fires are both instructions that send events.
func fires[F Float](p elementwise[F]) map[string]func(o, y, c, thr []F) int {
	return map[string]func(o, y, c, thr []F) int{"fire": p.fire, "fireAndReset": p.fireAndReset}
}

func TestFireCountsEvents(t *testing.T) {
	eachPath(t, func(t *testing.T, p instructions[float32]) { fireCounts(t, p.elementwise) })
	t.Run("float64", func(t *testing.T) { fireCounts(t, path64.elementwise) })
}

func fireCounts[F Float](t *testing.T, p elementwise[F]) {
	for name, fire := range fires(p) {
		for n := range 131 {
			o, y, c, thr := make([]F, n), make([]F, n), make([]F, n), make([]F, n)
			want := 0
			for j := range c {
				c[j], thr[j] = F(j%5)-1, F(j%3)
				if j%7 == 0 {
					thr[j] = -1 // lets an event of 0 through, which is none
				}
				if c[j] > thr[j] && c[j] != 0 {
					want++
				}
			}
			if got := fire(o, y, c, thr); got != want {
				t.Errorf("%s, n=%d: %d events, want %d", name, n, got, want)
			}
		}
	}
}

func TestFireTellsOfNaN(t *testing.T) {
	eachPath(t, func(t *testing.T, p instructions[float32]) { fireTells(t, p.elementwise) })
	t.Run("float64", func(t *testing.T) { fireTells(t, path64.elementwise) })
}

func fireTells[F Float](t *testing.T, p elementwise[F]) {
	nan, inf := F(math.NaN()), F(math.Inf(1))
	for name, fire := range fires(p) {
		for n := 1; n < 70; n++ {
			for j := range n {
				for _, at := range []struct {
					c, thr F
					told   bool
				}{
					{nan, 0.5, true}, {0, nan, true}, {1, nan, true}, {-inf, 0, true}, // -inf * 0
					{inf, 0.5, false}, {1, -inf, false}, {1, 0.5, false},
					{1, inf, name == "fireAndReset"}, // 0 * inf
				} {
					o, y, c, thr := make([]F, n), make([]F, n), make([]F, n), make([]F, n)
					c[j], thr[j] = at.c, at.thr
					if got := fire(o, y, c, thr); (got == -1) != at.told {
						t.Fatalf("%s, n=%d: %d for c = %v, thr = %v at %d, want NaN told: %v", name, n, got, at.c, at.thr, j, at.told)
					}
				}
			}
		}
	}
}

// Where the triangle is zero work is skipped: paths must not differ.
func TestTriangleIsZeroAtTheSamePlacesOnAllPaths(t *testing.T) {
	for _, slope := range []float32{1, 1.5, 3.6, 0.3} {
		var v []float32
		for x, i := 1/slope, 0; i < 40; i++ {
			v = append(v, x, -x)
			x = math.Nextafter32(x, 0)
		}
		for x, i := 1/slope, 0; i < 40; i++ {
			v = append(v, x, -x)
			x = math.Nextafter32(x, 2)
		}
		want := make([]float32, len(v))
		triangle(want, v, 0.7, slope)
		eachPath(t, func(t *testing.T, p instructions[float32]) {
			got := make([]float32, len(v))
			p.triangle(got, v, 0.7, slope)
			for j := range v {
				if got[j] != want[j] {
					t.Errorf("slope %v: %v at %v, in Go %v", slope, got[j], v[j], want[j])
				}
			}
		})
	}
}
