package main

import (
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// top keeps the largest number of each lane. Where one operand is NaN, VMAXPS
// takes the first.
func top(v vector) {
	v.function("top", "(x []float32) float32",
		"is the largest number of x, -Inf if there is none. NaN is no number.")
	x, left := start("x"), length("x")
	most := v.kept("lowest", U32(math.Float32bits(float32(math.Inf(-1)))))
	y := v.register()
	Label("whole")
	CMPQ(left, number(v.lanes))   // while left >= lanes
	JL(LabelRef("rest"))          // {
	VMOVUPS(v.part(x, 0), y)      //     y = x[:lanes]
	VMAXPS(most, y, most)         //     most = max(most, y)
	ADDQ(number(v.lanes*size), x) //     x = x[lanes:]
	SUBQ(number(v.lanes), left)   //     left -= lanes
	JMP(LabelRef("whole"))        // }

	Label("rest")
	TESTQ(left, left)             // if left != 0
	JZ(LabelRef("join"))          // {
	mask := v.masks(left, 1)[0]   //     mask = the first left
	v.load(v.part(x, 0), mask, y) //     y = x[:left]
	v.choose(mask, y, most, y)    //     y = mask ? y : most
	VMAXPS(most, y, most)         //     most = max(most, y)
	Label("join")                 // }
	v.fold(VMAXPS, size, most)    // most[0] = max(most)
	VMOVSS(most.AsX(), result())  // return most[0]
	leave()
}

// expSumLanes is how many sums expSum makes: number i goes into sum i mod
// expSumLanes, for registers of any width.
const expSumLanes = 16

func expSum(v vector) {
	v.function("expSum", "(x []float32, top float32) float64",
		"is the sum over i of e^(x[i]-top), added up in float64.")
	x, left := start("x"), length("x")
	top := v.register()
	VBROADCASTSS(parameter("top"), top) // top = {top, top, ...}
	e := v.newExponential()
	registers := expSumLanes / v.lanes
	sums := v.zeros(2 * registers) // float64 has twice the size

	add := func(r int, mask Register) {
		y, second := v.register(), v.register()
		v.load(v.part(x, r), mask, y) // y = x[r]
		VSUBPS(top, y, y)             // y -= top
		e.of(y)                       // y = e^y
		if mask != nil {
			v.keep(mask, y) // y = mask ? y : 0
		}
		v.widen(y, second)                       // y, second = float64(y)
		VADDPD(y, sums[2*r], sums[2*r])          // sum[2r] += y
		VADDPD(second, sums[2*r+1], sums[2*r+1]) // sum[2r+1] += second
	}
	Label("whole")
	CMPQ(left, number(expSumLanes)) // while left >= sums
	JL(LabelRef("rest"))            // {
	for r := range registers {
		add(r, nil) //     sums += e^(x[:sums]-top)
	}
	ADDQ(number(expSumLanes*size), x) //     x = x[sums:]
	SUBQ(number(expSumLanes), left)   //     left -= sums
	JMP(LabelRef("whole"))            // }

	Label("rest")
	TESTQ(left, left)    // if left != 0
	JZ(LabelRef("join")) // {
	for r, mask := range v.masks(left, registers) {
		add(r, mask) //     sums += e^(x[:left]-top)
	}
	Label("join")                   // }
	v.fold(VADDPD, 2*size, sums...) // sum[0][0] = the sum of all
	VMOVSD(sums[0].AsX(), result()) // return sum[0][0]
	leave()
}
