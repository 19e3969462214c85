package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// squareLanes is how many sums squareSum makes: number i goes into sum i mod
// squareLanes, for registers of any width.
const squareLanes = 16

// squareSum may fuse: the square of a float32 is exact in float64, and so there
// is only the rounding of the sum.
func squareSum(v vector) {
	v.function("squareSum", "(x []float32) float64",
		"is the sum over i of x[i]*x[i], multiplied and added up in float64.")
	x, left := start("x"), length("x")
	registers := squareLanes / v.lanes
	sums := v.zeros(2 * registers) // float64 has twice the size

	add := func(r int, mask Register) {
		y, second := v.register(), v.register()
		v.load(v.part(x, r), mask, y)            // y = x[r]
		v.widen(y, second)                       // y, second = float64(y)
		VFMADD231PD(y, y, sums[2*r])             // sum[2r] += y * y
		VFMADD231PD(second, second, sums[2*r+1]) // sum[2r+1] += second * second
	}
	Label("whole")
	CMPQ(left, number(squareLanes)) // while left >= sums
	JL(LabelRef("rest"))            // {
	for r := range registers {
		add(r, nil) //     sums += x[:sums]^2
	}
	ADDQ(number(squareLanes*size), x) //     x = x[sums:]
	SUBQ(number(squareLanes), left)   //     left -= sums
	JMP(LabelRef("whole"))            // }

	Label("rest")
	TESTQ(left, left)    // if left != 0
	JZ(LabelRef("join")) // {
	for r, mask := range v.masks(left, registers) {
		add(r, mask) //     sums += x[:left]^2
	}
	Label("join")                   // }
	v.fold(VADDPD, 2*size, sums...) // sum[0][0] = the sum of all
	VMOVSD(sums[0].AsX(), result()) // return sum[0][0]
	leave()
}

func scale(v vector) {
	v.function("scale", "(dst, src []float32, by float32)", "is dst[i] = by * src[i].")
	by := v.broadcast("by")
	v.elementwise("dst src", func(n numbersOf) {
		x := n.of("src")
		VMULPS(by, x, x) // x *= by
		n.put(x, "dst")
	})
}
