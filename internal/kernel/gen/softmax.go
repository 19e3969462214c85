package main

import . "github.com/mmcloughlin/avo/build"

func softmax(v vector) {
	v.function("softmax", "(dst, src []float32, lse, factor float32)", "is dst[i] = factor * e^(src[i]-lse).")
	e := v.newExponential()
	lse, factor := v.broadcast("lse"), v.broadcast("factor")
	v.elementwise("dst src", func(n numbersOf) {
		x := n.of("src")
		VSUBPS(lse, x, x)    // x -= lse
		e.of(x)              // x = e^x
		VMULPS(factor, x, x) // x *= factor
		n.put(x, "dst")
	})
}
