package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
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

// listLive moves the places of live lanes together and writes a whole register:
// what stands behind them is overwritten by the next.
func listLive(v vector) {
	v.function("listLive", "(spans, at []int32, live []bool, rowStep, columns int)", "is the instruction listLive.")
	spans, rows := start("spans"), length("spans")
	at, first := start("at"), start("live")
	n, zero, step := GP64(), v.zeros(1)[0], v.register()
	XORQ(n, n) // n = 0
	VPBROADCASTD(numbers(v.lanes), step)

	Label("row")
	TESTQ(rows, rows) // while rows > 0
	JLE(LabelRef("done"))
	MOVL(n.As32(), Mem{Base: spans}) // from = n
	live, left, places := GP64(), GP64(), v.register()
	MOVQ(first, live)            // live = rows[0]
	Load(Param("columns"), left) // left = columns
	VMOVUPS(numbers(0), places)  // places = {0, 1, 2, ...}
	Label("whole")
	CMPQ(left, number(v.lanes)) // while left >= lanes
	JL(LabelRef("rest"))        // {
	bytes, moved := v.register(), v.register()
	VPMOVZXBD(Mem{Base: live}, bytes)     //     bytes = live[:lanes]
	bits, mask := v.events(bytes, zero)   //     bits, mask = bytes != 0
	v.together(places, mask, bits, moved) //     moved = places of live lanes
	VMOVUPS(moved, element(at, n))        //     at[n:] = moved
	POPCNTQ(bits, bits)                   //     bits = how many of them are set
	ADDQ(bits, n)                         //     n += bits
	VPADDD(step, places, places)          //     places += lanes
	ADDQ(number(v.lanes), live)           //     live = live[lanes:]
	SUBQ(number(v.lanes), left)           //     left -= lanes
	JMP(LabelRef("whole"))                // }

	Label("rest") // one by one: bytes cannot be loaded with a mask by AVX2
	place, one := GP64(), GP64()
	Load(Param("columns"), place)
	SUBQ(left, place) // place = columns - left
	Label("each")
	TESTQ(left, left) // while left > 0
	JZ(LabelRef("listed"))
	MOVL(place.As32(), element(at, n)) //     at[n] = place
	MOVBQZX(Mem{Base: live}, one)
	ADDQ(one, n) //     n += live[0]
	INCQ(live)
	INCQ(place)
	DECQ(left)
	JMP(LabelRef("each"))
	Label("listed")
	MOVL(n.As32(), Mem{Base: spans, Disp: size}) // to = n
	ADDQ(number(spanSize), spans)                // spans = spans[2:]
	ADDQ(parameter("rowStep"), first)            // rows = rows[1:]
	SUBQ(Imm(2), rows)
	JMP(LabelRef("row"))
	Label("done")
	leave()
}

// liveBitmap is listLive for rows of up to 64 places, which are the bits of a word.
func liveBitmap(v vector) {
	v.function("liveBitmap", "(bitmap []uint64, live []bool, rowStep, columns int)", "is the instruction liveBitmap.")
	words, rows, first := start("bitmap"), length("bitmap"), start("live")
	zero := v.zeros(1)[0]

	Label("row")
	TESTQ(rows, rows) // while rows > 0
	JZ(LabelRef("done"))
	live, left, word, place := GP64(), GP64(), GP64(), GP64()
	MOVQ(first, live)            // live = rows[0]
	Load(Param("columns"), left) // left = columns
	XORQ(word, word)             // word = 0
	XORQ(place, place)           // place = 0
	add := func(bits GPVirtual, n int) {
		SHLXQ(place, bits, bits)
		ORQ(bits, word)        // word |= bits << place
		ADDQ(number(n), live)  // live = live[n:]
		ADDQ(number(n), place) // place += n
		SUBQ(number(n), left)  // left -= n
	}
	Label("whole")
	CMPQ(left, number(v.lanes)) // while left >= lanes
	JL(LabelRef("rest"))        // {
	bytes := v.register()
	VPMOVZXBD(Mem{Base: live}, bytes) //     bytes = live[:lanes]
	bits, _ := v.events(bytes, zero)  //     bits = bytes != 0
	add(bits, v.lanes)
	JMP(LabelRef("whole")) // }

	Label("rest") // one by one: bytes cannot be loaded with a mask by AVX2
	one := GP64()
	TESTQ(left, left) // while left > 0
	JZ(LabelRef("listed"))
	MOVBQZX(Mem{Base: live}, one) //     one = live[0]
	add(one, 1)
	JMP(LabelRef("rest"))

	Label("listed")
	MOVQ(word, Mem{Base: words})      // bitmap[0] = word
	ADDQ(number(wordSize), words)     // bitmap = bitmap[1:]
	ADDQ(parameter("rowStep"), first) // rows = rows[1:]
	DECQ(rows)
	JMP(LabelRef("row"))
	Label("done")
	leave()
}
