package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// A row of the output is prefetched rowsAhead rows before it is made. Gated of
// M=4480 at an activity of 0.02 takes 46 ms on an AMD EPYC 9004 with 1, 2 and 4, 67
// without; GatedT of M=64 at 0.1 3.2 with 1, 2.8 with 2.
const rowsAhead = 2

const (
	// prefetchWidth is that of package kernel.
	prefetchWidth = 32
	line          = 64 // bytes of a cache line
)

// prefetchNext prefetches the first n*share pieces of next, if there are as many, into
// the L2 cache, and takes them off next.
func prefetchNext(name string, n int) {
	next, left, pieces := start("next"), length("next"), GP64()
	Load(Param("share"), pieces) // pieces = share
	TESTQ(left, left)            // if len(next) == 0
	JLE(LabelRef(name + "prefetched"))
	if n > 1 {
		IMUL3Q(number(n), pieces, pieces) // pieces *= n
	}
	Label(name + "prefetch")
	for at := 0; at < prefetchWidth*size; at += line {
		PREFETCHT1(Mem{Base: next, Disp: at}) // prefetch a piece of next
	}
	ADDQ(number(prefetchWidth*size), next) // next = the next piece
	SUBQ(number(prefetchWidth), left)
	JLE(LabelRef(name + "taken"))    // while there is one
	DECQ(pieces)                     // pieces--
	JNZ(LabelRef(name + "prefetch")) // and pieces > 0: again
	Label(name + "taken")
	Store(next, Param("next").Base())
	Store(left, Param("next").Len())
	Label(name + "prefetched")
}

// prefetchRow prefetches row n of p, of width numbers, wherever they start.
func prefetchRow(prefetch func(Op), p GPVirtual, step string, n, width int) {
	at := GP64()
	Load(Param(step), at)
	IMUL3Q(number(n*size), at, at)
	ADDQ(p, at)
	for b := 0; b <= width*size; b += line {
		prefetch(Mem{Base: at, Disp: min(b, width*size-1)})
	}
}

// prefetchRows prefetches n rows of dst and of base, from the one n, or at least rowsAhead,
// rows away on, unless they lie side by side as those of a tile, or are one and the same.
func prefetchRows(name string, n int, dst, base GPVirtual) {
	for i, p := range []GPVirtual{dst, base} {
		step := [...]string{"dstStep", "baseStep"}[i]
		CMPQ(parameter(step), number(panelWidth)) // if step <= 128
		JLE(LabelRef(name + step))                //     goto name
		for i := range n {
			prefetchRow(PREFETCHT0, p, step, max(n, rowsAhead)+i, panelWidth)
		}
		Label(name + step)
	}
}
