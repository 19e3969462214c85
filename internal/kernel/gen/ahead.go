package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

const (
	// askWidth numbers, a piece of a row, are asked for at once. It is that of package
	// kernel.
	askWidth = 32
	line     = 64 // bytes of a cache line
)

// askAhead asks for the first n*nextShare pieces of next, if there are as many, to
// be brought into the second cache, and takes them off next. Rows have so many
// pieces, a power of two. If nextShare is a row or more, they come as whole rows, in
// all calls: rows of next do not lie side by side, and the one way leaves next
// between two of them, the other within one.
func askAhead(name string, pieces, n int) {
	next, left, share, each := start("next"), GP64(), GP64(), GP64()
	Load(Param("nextPieces"), left)
	Load(Param("nextShare"), share)
	TESTQ(left, left) // if nextPieces == 0
	JZ(LabelRef(name + "asked"))
	MOVQ(share, each)
	if n > 1 {
		IMUL3Q(number(n), share, share) // share *= n
	}
	CMPQ(each, number(pieces)) // if nextShare < a row
	JL(LabelRef(name + "ask")) //     goto ask
	Label(name + "rows")
	for at := 0; at < pieces*askWidth*size; at += line {
		PREFETCHT1(Mem{Base: next, Disp: at}) // ask for a row of next
	}
	advance(next, "nextStep")   // next = the next row
	SUBQ(number(pieces), left)  // nextPieces -= a row
	JLE(LabelRef(name + "all")) // while > 0
	SUBQ(number(pieces), share) // share -= a row
	JG(LabelRef(name + "rows")) // and > 0: again
	JMP(LabelRef(name + "taken"))
	Label(name + "all")
	XORQ(left, left)
	JMP(LabelRef(name + "taken"))

	Label(name + "ask")
	TESTQ(share, share) // while share > 0
	JZ(LabelRef(name + "taken"))
	for at := 0; at < askWidth*size; at += line {
		PREFETCHT1(Mem{Base: next, Disp: at}) // ask for a piece of next
	}
	ADDQ(number(askWidth*size), next) // next = the next piece
	DECQ(share)                       // share--
	DECQ(left)                        // nextPieces--
	JZ(LabelRef(name + "taken"))
	TESTQ(number(pieces-1), left) // if the row has more
	JNZ(LabelRef(name + "ask"))   //     again
	advance(next, "nextStep")
	SUBQ(number(pieces*askWidth*size), next) // next = the next row
	JMP(LabelRef(name + "ask"))
	Label(name + "taken")
	Store(next, Param("next").Base())
	Store(left, Param("nextPieces"))
	Label(name + "asked")
}

// askOn asks for the first share pieces of next, which has no gaps, to be brought
// into the second cache, and takes them off next.
func askOn(name string) {
	next, left, share := start("next"), length("next"), GP64()
	Load(Param("share"), share)
	TESTQ(left, left) // if len(next) == 0
	JLE(LabelRef(name + "asked"))
	Label(name + "ask")
	for at := 0; at < askWidth*size; at += line {
		PREFETCHT1(Mem{Base: next, Disp: at}) // ask for a piece of next
	}
	ADDQ(number(askWidth*size), next) // next = the next piece
	SUBQ(number(askWidth), left)
	JLE(LabelRef(name + "taken")) // while there is one
	DECQ(share)                   // share--
	JNZ(LabelRef(name + "ask"))   // and share > 0: again
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

// askForRows asks for the n rows of dst and base behind the next n, unless they lie
// side by side as those of a tile, or are one.
func askForRows(name string, n int, dst, base GPVirtual) {
	for i, p := range []GPVirtual{dst, base} {
		step := [...]string{"dstStep", "baseStep"}[i]
		CMPQ(parameter(step), number(panelWidth)) // if step <= 128
		JLE(LabelRef(name + step))                //     goto name
		for i := range n {
			askForRow(PREFETCHT0, p, step, n+i, panelWidth)
		}
		Label(name + step)
	}
}
