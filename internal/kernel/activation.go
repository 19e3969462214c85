package kernel

import "math"

//go:generate go run -C gen . -pkg kernel -out ../activation_amd64.s -stubs ../activation_amd64.go activation

// Exp is dst[i] = e^src[i]. dst may be src.
func Exp[F Float](dst, src []F) { use[F]().exp(dst, src[:len(dst)]) }

// Sigmoid is dst[i] = 1 / (1 + e^-src[i]). dst may be src.
func Sigmoid[F Float](dst, src []F) { use[F]().sigmoid(dst, src[:len(dst)]) }

// Tanh is dst[i] = tanh(src[i]). dst may be src.
func Tanh[F Float](dst, src []F) { use[F]().tanh(dst, src[:len(dst)]) }

// The float32 functions compute in float64, whose scalar operations cost the
// same, with a table and a short polynomial: below 1e-9 of error before the last
// rounding.
const (
	tableBits = 7
	tableSize = 1 << tableBits
	// Adding and taking off 1.5 * 2^52 rounds to a whole number, which also
	// stands in the low bits of the sum.
	rounder = 3 << 51
	// expBound is beyond where e^x is 0 or +Inf to float32, and sigmoid and
	// tanh are 0, 1 or -1.
	expBound = 128
)

// powers holds the bits of 2^(i/tableSize), less i where n = tableSize*k + i
// added to them leaves k in the exponent.
var powers = func() (p [tableSize]uint64) {
	for i := range p {
		p[i] = math.Float64bits(math.Exp2(float64(i)/tableSize)) - uint64(i)<<(52-tableBits)
	}
	return p
}()

// exp is e^x = scale * (1 + q) for |x| <= 2*expBound, and NaN for NaN:
//
//	x = (n + r) ln(2)/tableSize, |r| <= 1/2;  scale = 2^(n/tableSize)
//
// It leaves the sum to the caller, who may want e^x - 1. q is a Taylor series
// whose next term is below 1e-9 of it.
func exp(x float64) (scale, q float64) {
	const c = math.Ln2 / tableSize
	z := x * (1 / c)
	n := z + rounder
	r := z - (n - rounder)
	bits := math.Float64bits(n)
	scale = math.Float64frombits(powers[bits%tableSize] + bits<<(52-tableBits))
	return scale, r * (c + r*(c*c/2+r*(c*c*c/6)))
}

// bounded is x within expBound of 0, or NaN.
func bounded(x float32) float64 {
	if x > expBound {
		return expBound
	}
	if x < -expBound {
		return -expBound
	}
	return float64(x)
}

func exp32(dst, src []float32) {
	for i, v := range src[:len(dst)] {
		scale, q := exp(bounded(v))
		dst[i] = float32(scale + scale*q)
	}
}

func sigmoid32(dst, src []float32) {
	for i, v := range src[:len(dst)] {
		scale, q := exp(-bounded(v))
		dst[i] = float32(1 / (1 + scale + scale*q))
	}
}

// tanh x = (e^2x - 1) / (e^2x + 1). The numerator loses no digits near 0, where
// scale is 1.
func tanh32(dst, src []float32) {
	for i, v := range src[:len(dst)] {
		scale, q := exp(2 * bounded(v))
		e := (scale - 1) + scale*q
		dst[i] = float32(math.Copysign(e/(e+2), float64(v))) // for -0
	}
}

// expEarly is where math.Exp may overflow on amd64, though e^x does so only from
// 709.78 on.
const expEarly = 709

func exp64(dst, src []float64) {
	for i, x := range src[:len(dst)] {
		if x > expEarly {
			half := math.Exp(x / 2)
			dst[i] = half * half
			continue
		}
		dst[i] = math.Exp(x)
	}
}

func sigmoid64(dst, src []float64) {
	for i, x := range src[:len(dst)] {
		if x < 0 { // e^-x may overflow where the sigmoid is not 0
			e := math.Exp(x)
			dst[i] = e / (1 + e)
			continue
		}
		dst[i] = 1 / (1 + math.Exp(-x))
	}
}

func tanh64(dst, src []float64) {
	for i, x := range src[:len(dst)] {
		dst[i] = math.Tanh(x)
	}
}
