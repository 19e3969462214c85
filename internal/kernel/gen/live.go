package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
)

// addLive adds register by register, and keeps the sums of live lanes. What is
// left goes one by one: bytes cannot be loaded with a mask by AVX2.
func addLive(v vector) {
	v.function("addLive", "(dst, src []float32, live []bool)", "is dst[i] += src[i] where live[i].")
	dst, left, src, live := start("dst"), length("dst"), start("src"), start("live")
	zero := v.zeros(1)[0]
	Label("whole")
	CMPQ(left, number(v.lanes)) // while left >= lanes
	JL(LabelRef("rest"))        // {
	bytes, mask := v.register(), v.mask()
	old, sum := v.register(), v.register()
	VPMOVZXBD(Mem{Base: live}, bytes) //     bytes = live[:lanes]
	VPCMPGTD(zero, bytes, mask)       //     mask = bytes > 0
	VMOVUPS(v.part(dst, 0), old)      //     old = dst[:lanes]
	VADDPS(v.part(src, 0), old, sum)  //     sum = old + src[:lanes]
	v.choose(mask, sum, old, sum)     //     sum = mask ? sum : old
	VMOVUPS(sum, v.part(dst, 0))      //     dst[:lanes] = sum
	ADDQ(number(v.lanes*size), dst)   //     dst = dst[lanes:]
	ADDQ(number(v.lanes*size), src)   //     src = src[lanes:]
	ADDQ(number(v.lanes), live)       //     live = live[lanes:]
	SUBQ(number(v.lanes), left)       //     left -= lanes
	JMP(LabelRef("whole"))            // }

	Label("rest")
	TESTQ(left, left) // while left > 0
	JZ(LabelRef("done"))
	CMPB(Mem{Base: live}, Imm(0)) // {
	JE(LabelRef("next"))          //     if live[0]
	one := XMM()
	VMOVSS(Mem{Base: dst}, one)
	VADDSS(Mem{Base: src}, one, one)
	VMOVSS(one, Mem{Base: dst}) //         dst[0] += src[0]
	Label("next")
	ADDQ(number(size), dst)
	ADDQ(number(size), src)
	INCQ(live)
	DECQ(left)
	JMP(LabelRef("rest")) // }
	Label("done")
	leave()
}
