package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// addProduct rounds the product before the sum, as the loop in Go does.
func addProduct(v vector) {
	v.function("addProduct", "(dst, a, b []float32)", "is dst[i] += a[i] * b[i].")
	dst, left, a, b := start("dst"), length("dst"), start("a"), start("b")
	add := func(mask Register) {
		x, y := v.register(), v.register()
		v.load(v.part(a, 0), mask, x)    // x = a[:lanes]
		v.load(v.part(b, 0), mask, y)    // y = b[:lanes]
		VMULPS(y, x, x)                  // x *= y
		v.load(v.part(dst, 0), mask, y)  // y = dst[:lanes]
		VADDPS(y, x, x)                  // x += y
		v.store(x, mask, v.part(dst, 0)) // dst[:lanes] = x
	}
	Label("whole")
	CMPQ(left, number(v.lanes)) // while left >= lanes
	JL(LabelRef("rest"))        // {
	add(nil)                    //     dst[:lanes] += a[:lanes] * b[:lanes]
	for _, x := range []GPVirtual{dst, a, b} {
		ADDQ(number(v.lanes*size), x) //     dst, a, b = dst[lanes:], ...
	}
	SUBQ(number(v.lanes), left) //     left -= lanes
	JMP(LabelRef("whole"))      // }

	Label("rest")
	TESTQ(left, left)        // if left == 0
	JZ(LabelRef("done"))     //     return
	add(v.masks(left, 1)[0]) // dst[:left] += a[:left] * b[:left]
	Label("done")
	leave()
}
