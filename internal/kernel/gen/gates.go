package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
)

func resetAfterGrad(v vector) {
	v.function("resetAfterGrad", "(dz, dr, dg, dq, dc, z, r, g, h, q []float32)",
		"is, with d = dc[j]*(1-z[j]), dz[j] = d*z[j]*(h[j]-g[j]), dg[j] = d*(1-g[j]*g[j]),",
		"dq[j] = dg[j]*r[j], dr[j] = dq[j]*q[j]*(1-r[j]) and dc[j] *= z[j].")
	one := v.kept("one", F32(1))
	v.elementwise("dz dr dg dq dc z r g h q", func(n numbersOf) {
		z, dc, d := n.of("z"), n.of("dc"), v.register()
		VSUBPS(z, one, d) // d = 1 - z
		VMULPS(dc, d, d)  // d *= dc
		VMULPS(z, dc, dc) // dc *= z
		n.put(dc, "dc")
		g, h := n.of("g"), n.of("h")
		VSUBPS(g, h, h) // h -= g
		VMULPS(d, z, z) // z *= d
		VMULPS(h, z, z) // z *= h
		n.put(z, "dz")
		slope := v.register()
		VMOVAPS(one, slope)
		VFNMADD231PS(g, g, slope) // slope = 1 - g*g
		VMULPS(slope, d, d)       // d *= slope
		n.put(d, "dg")
		r, q := n.of("r"), n.of("q")
		VMULPS(r, d, d) // d *= r
		n.put(d, "dq")
		VSUBPS(r, one, r) // r = 1 - r
		VMULPS(q, d, d)   // d *= q
		VMULPS(r, d, d)   // d *= r
		n.put(d, "dr")
	})
}

func takeGrad(v vector) {
	v.function("takeGrad", "(du, dg, dy, dc, u, g, h []float32)",
		"is, with d = dc[j], dy[j] = -d, dc[j] = d*(1-u[j]),",
		"du[j] = dc[j]*u[j]*(g[j]-h[j]) and dg[j] = d*u[j]*(1-g[j]*g[j]).")
	one, sign := v.kept("one", F32(1)), v.kept("sign", U32(1<<31))
	v.elementwise("du dg dy dc u g h", func(n numbersOf) {
		u, d, x := n.of("u"), n.of("dc"), v.register()
		VXORPS(sign, d, x) // x = -d
		n.put(x, "dy")
		VSUBPS(u, one, x) // x = 1 - u
		VMULPS(d, x, x)   // x *= d
		n.put(x, "dc")
		g, h := n.of("g"), n.of("h")
		VSUBPS(h, g, h) // h = g - h
		VMULPS(u, x, x) // x *= u
		VMULPS(h, x, x) // x *= h
		n.put(x, "du")
		slope := v.register()
		VMOVAPS(one, slope)
		VFNMADD231PS(g, g, slope) // slope = 1 - g*g
		VMULPS(u, d, d)           // d *= u
		VMULPS(slope, d, d)       // d *= slope
		n.put(d, "dg")
	})
}

func gateGrad(v vector) {
	v.function("gateGrad", "(dr, dy, d, r, y []float32)",
		"is, with v = d[j]*r[j], dr[j] = v*y[j]*(1-r[j]) and dy[j] += v.")
	one := v.kept("one", F32(1))
	v.elementwise("dr dy d r y", func(n numbersOf) {
		d, r, y, dy := n.of("d"), n.of("r"), n.of("y"), n.of("dy")
		VMULPS(r, d, d)   // d *= r
		VADDPS(d, dy, dy) // dy += d
		n.put(dy, "dy")
		VSUBPS(r, one, r) // r = 1 - r
		VMULPS(y, d, d)   // d *= y
		VMULPS(r, d, d)   // d *= r
		n.put(d, "dr")
	})
}
