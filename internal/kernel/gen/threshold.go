package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

func fire(v vector) {
	v.function("fire", "(o, y, c, thr []float32) int",
		"is o[j] = 1 where c[j] > thr[j], else 0, and y[j] = o[j]*c[j]. It returns how",
		"many y are not 0, or -1 if a y or thr is NaN.")
	v.fires(func(n numbersOf, o, c, thr VecVirtual) {})
}

func fireAndReset(v vector) {
	v.function("fireAndReset", "(o, y, c, thr []float32) int",
		"is o[j] = 1 where c[j] > thr[j], else 0, y[j] = o[j]*c[j] and c[j] -= o[j]*thr[j].",
		"It returns how many y are not 0, or -1 if a y, thr or c is NaN.")
	v.fires(func(n numbersOf, o, c, thr VecVirtual) {
		VFNMADD231PS(o, thr, c) // c -= o*thr
		n.put(c, "c")
	})
}

// fires lets reset change c, after its event, and then looks for NaN.
func (v vector) fires(reset func(n numbersOf, o, c, thr VecVirtual)) {
	one, zero, events, bad := v.kept("one", F32(1)), v.zeros(1)[0], GP64(), v.mask()
	XORQ(events, events)                  // events = 0
	VCMPPS(Imm(unordered), one, one, bad) // bad = nowhere
	v.everywhere("o y c thr", func(n numbersOf) {
		c, thr, o, y := n.of("c"), n.of("thr"), v.register(), v.register()
		above, sent, nan := v.mask(), v.mask(), v.mask()
		VCMPPS(Imm(greater), thr, c, above) // above = c > thr
		VMOVAPS(one, o)                     // o = 1
		v.keep(above, o)                    // o = above ? o : 0
		VMULPS(o, c, y)                     // y = o*c
		n.put(o, "o")
		n.put(y, "y")
		VCMPPS(Imm(notEqual), zero, y, sent) // sent = y != 0
		bits := v.bits(sent)                 // bits = sent
		POPCNTQ(bits, bits)                  // bits = how many
		ADDQ(bits, events)                   // events += bits
		reset(n, o, c, thr)
		VCMPPS(Imm(unordered), y, c, nan) // nan = c or y is NaN
		v.or(nan, bad)                    // bad |= nan
		again := v.mask()
		VCMPPS(Imm(unordered), thr, thr, again) // nan = thr is NaN
		v.or(again, bad)                        // bad |= nan
	})
	bits := v.bits(bad)
	TESTQ(bits, bits)       // if bad anywhere
	JZ(LabelRef("numbers")) // {
	MOVQ(I32(-1), events)   //     events = -1
	Label("numbers")        // }
	MOVQ(events, result())  // return events
	leave()
}

func crossing(v vector) {
	v.function("crossing", "(dst, h, o, thr []float32)", "is dst[j] = h[j] + o[j]*thr[j] - thr[j].")
	v.elementwise("dst h o thr", func(n numbersOf) {
		x, o, thr := n.of("h"), n.of("o"), n.of("thr")
		VFMADD231PS(o, thr, x) // x += o*thr
		VSUBPS(thr, x, x)      // x -= thr
		n.put(x, "dst")
	})
}

// triangle rounds the product, as Go does: the places of its zeros are the same.
func triangle(v vector) {
	v.function("triangle", "(dst, v []float32, height, slope float32)",
		"is dst[j] = height * max(0, 1 - slope*|v[j]|).")
	height, slope := v.register(), v.register()
	VBROADCASTSS(parameter("height"), height) // height = {height, height, ...}
	VBROADCASTSS(parameter("slope"), slope)   // slope = {slope, slope, ...}
	one, sign, zero := v.kept("one", F32(1)), v.kept("sign", U32(1<<31)), v.zeros(1)[0]
	v.elementwise("dst v", func(n numbersOf) {
		x := n.of("v")
		VANDNPS(x, sign, x)  // x = |x|
		VMULPS(slope, x, x)  // x *= slope
		VSUBPS(x, one, x)    // x = 1 - x
		VMAXPS(x, zero, x)   // x = max(x, 0), or NaN
		VMULPS(height, x, x) // x *= height
		n.put(x, "dst")
	})
}

func fireGrad(v vector) {
	v.function("fireGrad", "(dc, dthr, dy, do, s, o, c []float32)",
		"is, with d = s[j] * (do[j] + c[j]*dy[j]),",
		"dthr[j] -= d and dc[j] += d + o[j]*dy[j].")
	v.elementwise("dc dthr dy do s o c", func(n numbersOf) {
		dy, d, c := n.of("dy"), n.of("do"), n.of("c")
		VFMADD231PS(c, dy, d) // d += c*dy
		s := n.of("s")
		VMULPS(s, d, d) // d *= s
		dthr := n.of("dthr")
		VSUBPS(d, dthr, dthr) // dthr -= d
		n.put(dthr, "dthr")
		v.addEvents(n, d, dy, n.of("dc"))
	})
}

func fireAndResetGrad(v vector) {
	v.function("fireAndResetGrad", "(dc, dthr, dy, do, s, o, h, thr []float32)",
		"is, with c = h[j] + o[j]*thr[j] and",
		"d = s[j] * (do[j] + c*dy[j] - thr[j]*dc[j]),",
		"dthr[j] -= d + o[j]*dc[j] and dc[j] += d + o[j]*dy[j].")
	v.elementwise("dc dthr dy do s o h thr", func(n numbersOf) {
		o, thr, c := n.of("o"), n.of("thr"), n.of("h")
		VFMADD231PS(o, thr, c) // c += o*thr
		dc, dy, d := n.of("dc"), n.of("dy"), n.of("do")
		VFMADD231PS(c, dy, d)    // d += c*dy
		VFNMADD231PS(thr, dc, d) // d -= thr*dc
		s := n.of("s")
		VMULPS(s, d, d) // d *= s
		dthr := n.of("dthr")
		VSUBPS(d, dthr, dthr)     // dthr -= d
		VFNMADD231PS(o, dc, dthr) // dthr -= o*dc
		n.put(dthr, "dthr")
		v.addEvents(n, d, dy, dc)
	})
}

// addEvents is dc += d + o*dy.
func (v vector) addEvents(n numbersOf, d, dy, dc VecVirtual) {
	o := n.of("o")
	VADDPS(d, dc, dc)      // dc += d
	VFMADD231PS(o, dy, dc) // dc += o*dy
	n.put(dc, "dc")
}
