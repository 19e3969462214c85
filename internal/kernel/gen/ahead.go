package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// rowsAhead rows later a row of the output is taken that is asked for now. Gated of
// M=4480 at an activity of 0.02 takes 46 ms on an AMD EPYC 9004 with 1, 2 and 4, 67
// without; GatedT of M=64 at 0.1 3.2 with 1, 2.8 with 2.
const rowsAhead = 2

const (
	// askWidth numbers, a piece of a row, are asked for at once. It is that of package
	// kernel.
	askWidth = 32
	line     = 64 // bytes of a cache line
)

// askOn asks for the first n*share pieces of next, if there are as many, to be brought
// into the second cache, and takes them off next.
func askOn(name string, n int) {
	next, left, pieces := start("next"), length("next"), GP64()
	Load(Param("share"), pieces) // pieces = share
	TESTQ(left, left)            // if len(next) == 0
	JLE(LabelRef(name + "asked"))
	if n > 1 {
		IMUL3Q(number(n), pieces, pieces) // pieces *= n
	}
	Label(name + "ask")
	for at := 0; at < askWidth*size; at += line {
		PREFETCHT1(Mem{Base: next, Disp: at}) // ask for a piece of next
	}
	ADDQ(number(askWidth*size), next) // next = the next piece
	SUBQ(number(askWidth), left)
	JLE(LabelRef(name + "taken")) // while there is one
	DECQ(pieces)                  // pieces--
	JNZ(LabelRef(name + "ask"))   // and pieces > 0: again
	Label(name + "taken")
	Store(next, Param("next").Base())
	Store(left, Param("next").Len())
	Label(name + "asked")
}

// askForRow asks for row n of p, of width numbers, wherever they start, by ask.
func askForRow(ask func(Op), p GPVirtual, step string, n, width int) {
	at := GP64()
	Load(Param(step), at)
	IMUL3Q(number(n*size), at, at)
	ADDQ(p, at)
	for b := 0; b <= width*size; b += line {
		ask(Mem{Base: at, Disp: min(b, width*size-1)})
	}
}

// askForRows asks for n rows of dst and of base, from the one n, or at least rowsAhead,
// rows away on, unless they lie side by side as those of a tile, or are one and the same.
func askForRows(name string, n int, dst, base GPVirtual) {
	for i, p := range []GPVirtual{dst, base} {
		step := [...]string{"dstStep", "baseStep"}[i]
		CMPQ(parameter(step), number(panelWidth)) // if step <= 128
		JLE(LabelRef(name + step))                //     goto name
		for i := range n {
			askForRow(PREFETCHT0, p, step, max(n, rowsAhead)+i, panelWidth)
		}
		Label(name + step)
	}
}
