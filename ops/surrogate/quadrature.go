package surrogate

import (
	"math"

	"gonum.org/v1/gonum/integrate/quad"
)

// integral is that of f from 0 to v, by Gauss's rule on cells that lie fixed and
// double in width, so that what happens around 0 is seen at every scale. A v
// farther than 1e30 counts as that.
func integral(f func(float64) float64, v float64) float64 {
	const (
		first  = 0x1p-20 // end of the first cell
		points = 16      // in a cell
	)
	side := math.Copysign(1, v)
	end := min(math.Abs(v), most)
	sum := 0.0
	for from, to := 0.0, first; from < end; from, to = to, 2*to {
		sum += quad.Fixed(func(x float64) float64 { return f(side * x) }, from, min(to, end), points, quad.Legendre{}, 0)
	}
	return side * sum
}
