package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

func exp(v vector) {
	v.function("exp", "(dst, src []float32)", "is dst[i] = e^src[i].")
	e := v.newExponential()
	v.each(func(x Register) { e.of(x) })
}

// sigmoid takes e^-|x|, which does not overflow:
//
//	1 / (1 + e^-x) = 1 / (1 + e^-|x|)        for x >= 0
//	               = e^-|x| / (1 + e^-|x|)   for x < 0
func sigmoid(v vector) {
	v.function("sigmoid", "(dst, src []float32)", "is dst[i] = 1 / (1 + e^-src[i]).")
	e := v.newExponential()
	sign := v.constant("sign", U32(1<<31))
	v.each(func(x Register) {
		p := v.register()
		VORPS(sign, x, p)                    // p = -|x|
		e.of(p)                              // p = e^p
		v.choose(v.negative(x), p, e.one, x) // x = x < 0 ? p : 1
		VADDPS(e.one, p, p)                  // p += 1
		VDIVPS(p, x, x)                      // x /= p
	})
}

// tanh takes m = e^-2|x| - 1, all digits of which are right for small x too:
//
//	tanh |x| = -m / (m + 2)
//	m = 2^n e^r - 1 = 2^n (e^r - 1) + (2^n - 1)
func tanh(v vector) {
	v.function("tanh", "(dst, src []float32)", "is dst[i] = tanh(src[i]).")
	e := v.newExponential()
	sign := v.constant("sign", U32(1<<31))
	two := v.constant("two", F32(2))
	least := v.kept("least", F32(-20)) // below, m is -1 to float32
	v.each(func(x Register) {
		r, power, p, m := v.register(), v.register(), v.register(), v.register()
		VORPS(sign, x, r)        // r = -|x|
		VADDPS(r, r, r)          // r += r
		VMAXPS(r, least, r)      // r = max(r, least), or NaN
		e.reduce(r, power)       // r -= power ln 2
		e.power(power)           // power = 2^power
		e.slope(r, p)            // p = (e^r - 1) / r
		VMULPS(r, p, p)          // p *= r
		VSUBPS(e.one, power, m)  // m = power - 1
		VFMADD231PS(p, power, m) // m += p * power
		VADDPS(two, m, p)        // p = m + 2
		VDIVPS(p, m, m)          // m /= p
		VORPS(sign, m, m)        // m = -|m|
		VANDNPS(sign, x, x)      // x = the sign bit, if x has none
		VXORPS(m, x, x)          // x = |m| with the sign that x had
	})
}

// each is dst[i] = f(src[i]). f makes the code that turns a register into its
// result.
func (v vector) each(f func(x Register)) {
	v.elementwise("dst src", func(n numbersOf) {
		x := n.of("src")
		f(x)
		n.put(x, "dst")
	})
}
