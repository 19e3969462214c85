package main

import (
	"fmt"
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// exponential makes the code of
//
//	e^x = 2^n e^r  with  x = n ln 2 + r, |r| <= ln(2)/2
//
// and e^r = 1 + r (1 + r/2! + ... + r^6/7!); the next term is below 6e-9.
type exponential struct {
	vector
	low, high       Register // beyond these bounds e^x is 0 and +Inf
	log2e, rounder  Op
	ln2High, ln2Low Op
	coefficients    []Op // 1/7!, 1/6!, ..., 1/2!, 1
	one             Register
}

func (v vector) newExponential() *exponential {
	ln2High := float32(math.Ln2)
	e := &exponential{
		vector:  v,
		low:     v.kept("low", F32(-105)), // e^-105 is less than half the least float32, 2^-149
		high:    v.kept("high", F32(89)),  // e^89 is more than the largest float32, almost 2^128
		log2e:   v.constant("log2e", F32(math.Log2E)),
		rounder: v.constant("rounder", F32(3<<22)), // adding and taking off 1.5 * 2^23 rounds to a whole number
		ln2High: v.constant("ln2high", F32(ln2High)),
		ln2Low:  v.constant("ln2low", F32(math.Ln2-float64(ln2High))),
		one:     v.kept("one", F32(1)),
	}
	for i, factorial := range []float32{5040, 720, 120, 24, 6, 2} {
		e.coefficients = append(e.coefficients, v.constant(fmt.Sprintf("coefficient%d", 7-i), F32(1/factorial)))
	}
	e.coefficients = append(e.coefficients, e.one)
	return e
}

// of turns x into e^x, for any x.
func (e *exponential) of(x Register) {
	p, n := e.register(), e.register()
	VMINPS(x, e.high, x)     // x = min(x, high), or NaN
	VMAXPS(x, e.low, x)      // x = max(x, low), or NaN
	e.reduce(x, n)           // x -= n ln 2
	e.slope(x, p)            // p = (e^x - 1) / x
	VFMADD213PS(e.one, p, x) // x = p*x + 1
	e.scale(x, n)            // x *= 2^n
}

// reduce takes n ln 2 off x, and leaves |x| <= ln(2)/2.
func (e *exponential) reduce(x, n Register) {
	VMOVAPS(e.rounder, n)
	VFMADD231PS(e.log2e, x, n)    // n = rounder + x*log2e
	VSUBPS(e.rounder, n, n)       // n -= rounder: whole
	VFNMADD231PS(e.ln2High, n, x) // x -= n*ln2High: exact
	VFNMADD231PS(e.ln2Low, n, x)  // x -= n*ln2Low
}

// slope is p = (e^r - 1) / r.
func (e *exponential) slope(r, p Register) {
	VMOVAPS(e.coefficients[0], p) // p = 1/7!
	for _, c := range e.coefficients[1:] {
		VFMADD213PS(c, r, p) // p = r*p + 1/k!
	}
}

// power turns whole -126 <= n <= 127 into 2^n: n goes where a float32 has its
// exponent.
func (e *exponential) power(n Register) {
	VCVTPS2DQ(n, n)       // n = int(n)
	VPSLLD(Imm(23), n, n) // n <<= 23
	VPADDD(e.one, n, n)   // n += the bits of 1
}

// scale is p *= 2^n, rounded once where the result has fewer digits than p.
func (e *exponential) scale(p, n Register) {
	if e.opmasks {
		VSCALEFPS(n, p, p) // p *= 2^n
		return
	}
	// 2^n may be no float32, but the powers of its halves are.
	half := e.register()
	VCVTPS2DQ(n, n)             // n = int(n)
	VPSRAD(Imm(1), n, half)     // half = n >> 1
	VPSUBD(half, n, n)          // n -= half
	VPSLLD(Imm(23), half, half) // half <<= 23
	VPSLLD(Imm(23), n, n)       // n <<= 23
	VPADDD(e.one, half, half)   // half += the bits of 1
	VPADDD(e.one, n, n)         // n += the bits of 1
	VMULPS(half, p, p)          // p *= 2^half
	VMULPS(n, p, p)             // p *= 2^n
}
