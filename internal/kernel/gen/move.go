package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
)

// A row of src is prefetched moveAhead rows before it is copied. Rows apart from
// each other are not foreseen by the processor: GatedT of M=4480 at an activity of 0.02
// takes 34 ms on an AMD EPYC 9004 with 4, 8 and 16, 37 without.
const moveAhead = 8

// move copies row by row, and what is left of a row with a mask.
func move(v vector) {
	v.function("move", "(dst, src []float32, dstStep, srcStep, rows, columns int)",
		"is the instruction move.")
	dst, src, rows, rest := start("dst"), start("src"), GP64(), GP64()
	Load(Param("rows"), rows)
	Load(Param("columns"), rest)
	ANDQ(number(v.lanes-1), rest)
	mask := v.masks(rest, 1)[0] // mask = the first columns mod lanes
	Label("row")
	TESTQ(rows, rows) // while rows > 0
	JZ(LabelRef("done"))
	to, from, left, later := GP64(), GP64(), GP64(), GP64()
	Load(Param("srcStep"), later)
	IMUL3Q(number(moveAhead*size), later, later) // later = so many rows, in bytes
	MOVQ(dst, to)
	MOVQ(src, from)
	Load(Param("columns"), left)
	x := v.registers(4)
	for _, n := range []int{4, 1} {
		whole, end := v.label("whole", n), v.label("end", n)
		Label(whole)
		CMPQ(left, number(n*v.lanes)) // while left >= n registers
		JL(LabelRef(end))
		for b := 0; b < n*v.lanes*size; b += line {
			PREFETCHT1(Mem{Base: from, Index: later, Scale: 1, Disp: b}) // prefetch from[later:]
		}
		for r := range n {
			VMOVUPS(v.part(from, r), x[r]) // x = from[:n registers]
		}
		for r := range n {
			VMOVUPS(x[r], v.part(to, r)) // to[:n registers] = x
		}
		ADDQ(number(n*v.lanes*size), from)
		ADDQ(number(n*v.lanes*size), to)
		SUBQ(number(n*v.lanes), left)
		JMP(LabelRef(whole))
		Label(end)
	}
	TESTQ(left, left) // if left > 0
	JZ(LabelRef("next"))
	v.load(v.part(from, 0), mask, x[0]) // to[:left] = from[:left]
	v.store(x[0], mask, v.part(to, 0))
	Label("next")
	advance(dst, "dstStep") // dst = dst[dstStep:]
	advance(src, "srcStep") // src = src[srcStep:]
	DECQ(rows)              // rows--
	JMP(LabelRef("row"))
	Label("done")
	leave()
}
