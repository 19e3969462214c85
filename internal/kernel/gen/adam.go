package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// adam rounds where the loop in Go does: no multiplication is fused with an
// addition, and root and quotient are exact but for their rounding.
func adam(v vector) {
	v.function("adam", "(p, g, m, v []float32, beta1, rest1, beta2, rest2, l2, keep, rate, scale, epsilon float32)",
		"is, for every i,",
		"",
		"	d = g[i] + l2*p[i]                     d = g[i] where l2 is 0",
		"	g[i] = 0",
		"	m[i] = beta1*m[i] + rest1*d",
		"	v[i] = beta2*v[i] + rest2*d*d",
		"	p[i] = keep*p[i] - rate*m[i]/(sqrt(v[i])*scale+epsilon)    where rate is not 0")
	p, left, g, m, second := start("p"), length("p"), start("g"), start("m"), start("v")
	beta1, rest1, beta2, rest2 := v.broadcast("beta1"), v.broadcast("rest1"), v.broadcast("beta2"), v.broadcast("rest2")
	l2, keep := v.broadcast("l2"), v.broadcast("keep")
	rate, scale, epsilon := v.broadcast("rate"), v.broadcast("scale"), v.broadcast("epsilon")
	decays, moves := v.notZero("l2"), v.notZero("rate")

	step := func(mask Register, name string) {
		d, x, t, u := v.register(), v.register(), v.register(), v.register()
		v.load(v.part(g, 0), mask, d)       // d = g[:lanes]
		v.load(v.part(p, 0), mask, x)       // x = p[:lanes]
		TESTL(decays, decays)               // if decays
		JZ(LabelRef("undecayed" + name))    // {
		VMULPS(x, l2, t)                    //     t = l2 * x
		VADDPS(t, d, d)                     //     d += t
		Label("undecayed" + name)           // }
		v.load(v.part(second, 0), mask, u)  //
		VMULPS(u, beta2, u)                 // u = beta2 * v[:lanes]
		VMULPS(d, rest2, t)                 // t = rest2 * d
		VMULPS(d, t, t)                     // t *= d
		VADDPS(t, u, u)                     // u += t
		v.store(u, mask, v.part(second, 0)) // v[:lanes] = u
		VMULPS(d, rest1, t)                 // t = rest1 * d
		v.load(v.part(m, 0), mask, d)       //
		VMULPS(d, beta1, d)                 // d = beta1 * m[:lanes]
		VADDPS(t, d, d)                     // d += t
		v.store(d, mask, v.part(m, 0))      // m[:lanes] = d
		VXORPS(t, t, t)                     // t = 0
		v.store(t, mask, v.part(g, 0))      // g[:lanes] = t
		TESTL(moves, moves)                 // if moves
		JZ(LabelRef("unmoved" + name))      // {
		VSQRTPS(u, u)                       //     u = sqrt(u)
		VMULPS(scale, u, u)                 //     u *= scale
		VADDPS(epsilon, u, u)               //     u += epsilon
		VMULPS(rate, d, d)                  //     d *= rate
		VDIVPS(u, d, d)                     //     d /= u
		VMULPS(keep, x, x)                  //     x *= keep
		VSUBPS(d, x, x)                     //     x -= d
		v.store(x, mask, v.part(p, 0))      //     p[:lanes] = x
		Label("unmoved" + name)             // }
	}

	Label("whole")
	CMPQ(left, number(v.lanes)) // while left >= lanes
	JL(LabelRef("rest"))        // {
	step(nil, "")               //     step
	for _, x := range []GPVirtual{p, g, m, second} {
		ADDQ(number(v.lanes*size), x) //     p, g, m, v = p[lanes:], ...
	}
	SUBQ(number(v.lanes), left) //     left -= lanes
	JMP(LabelRef("whole"))      // }

	Label("rest")
	TESTQ(left, left)                   // if left == 0
	JZ(LabelRef("done"))                //     return
	step(v.masks(left, 1)[0], "OfRest") // step of the first left
	Label("done")
	leave()
}

// notZero is whether a parameter is not zero, as a number that is not zero. NaN
// is none.
func (v vector) notZero(name string) GPVirtual {
	bits := GP32()
	MOVL(parameter(name), bits) // bits = those of the parameter
	SHLL(Imm(1), bits)          // bits <<= 1: without the sign
	return bits
}
