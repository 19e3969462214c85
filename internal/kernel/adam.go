package kernel

import "math"

//go:generate go run -C gen . -pkg kernel -out ../adam_amd64.s -stubs ../adam_amd64.go adam

// AdamStep holds the coefficients of a step of Adam, which package optim makes
// of the settings and of the number of the step.
type AdamStep[F Float] struct {
	Beta1, Rest1 F // decay of the first moment, and 1 less it
	Beta2, Rest2 F // likewise of the second
	L2           F // times the parameter, added to the gradient
	Keep         F // what is left of the parameter, apart from the gradient
	Rate         F // over 1-beta1^t; at 0 every bit of the parameter stays
	Scale        F // 1/sqrt(1-beta2^t)
	Epsilon      F // > 0
}

// Adam makes a step of the parameters p with the gradients g, and sets those to
// zero. For every i
//
//	d = g[i] + L2*p[i]
//	m[i] = Beta1*m[i] + Rest1*d
//	v[i] = Beta2*v[i] + Rest2*d*d
//	p[i] = Keep*p[i] - Rate*m[i] / (sqrt(v[i])*Scale + Epsilon)
//	g[i] = 0
//
// in one pass over the four, which must not overlap. Every operation rounds for
// itself, so that all paths and processors give the same bits.
func Adam[F Float](p, g, m, v []F, s AdamStep[F]) {
	n := len(p)
	use[F]().adam(p, g[:n], m[:n], v[:n], s.Beta1, s.Rest1, s.Beta2, s.Rest2, s.L2, s.Keep, s.Rate, s.Scale, s.Epsilon)
}

// adam is the instruction in Go. The conversions keep the compiler from fusing
// products with sums where the processor could.
func adam[F Float](p, g, m, v []F, beta1, rest1, beta2, rest2, l2, keep, rate, scale, epsilon F) {
	for i, d := range g {
		g[i] = 0
		if l2 != 0 { // else 0*Inf would be NaN
			d += F(l2 * p[i])
		}
		m[i] = F(beta1*m[i]) + F(rest1*d)
		v[i] = F(beta2*v[i]) + F(rest2*d*d)
		if rate != 0 {
			root := F(math.Sqrt(float64(v[i]))) // the root in float64 rounds to the one in float32
			p[i] = F(keep*p[i]) - rate*m[i]/(F(root*scale)+epsilon)
		}
	}
}
