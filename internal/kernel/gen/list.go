package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

func count(v vector) {
	v.function("count", "(row []float32) int", "is how many numbers of row are not zero.")
	row, left, n, zero := start("row"), length("row"), GP64(), v.zeros(1)[0]
	XORQ(n, n) // n = 0
	v.eachPart("", row, left, func(x VecVirtual) {
		live, _ := v.events(x, zero)
		POPCNTQ(live, live) // live = how many of its bits are set
		ADDQ(live, n)       // n += live
	})
	MOVQ(n, result()) // return n
	leave()
}

// list moves the events of a register together and writes a whole register:
// what stands behind them is overwritten by the next.
func list(v vector) {
	v.function("list", "(spans, at []int32, v, rows []float32, rowStep, columns, tellFull int)",
		"is the instruction list.")
	spans, rows := start("spans"), length("spans")
	at, values := start("at"), start("v")
	first, n, zero := start("rows"), GP64(), v.zeros(1)[0]
	XORQ(n, n) // n = 0
	step := v.register()
	VPBROADCASTD(numbers(v.lanes), step) // step = {lanes, lanes, ...}

	Label("row")
	TESTQ(rows, rows) // while rows > 0
	JLE(LabelRef("done"))
	MOVL(n.As32(), Mem{Base: spans}) // from = n
	row, left, places := GP64(), GP64(), v.register()
	MOVQ(first, row)             // row = rows[0]
	Load(Param("columns"), left) // left = columns
	VMOVUPS(numbers(0), places)  // places = {0, 1, 2, ...}
	v.eachPart("row", row, left, func(x VecVirtual) {
		live, mask := v.events(x, zero)
		moved := v.register()
		v.together(places, mask, live, moved) // moved = places of events
		VMOVUPS(moved, element(at, n))        // at[n:] = moved
		v.together(x, mask, live, moved)      // moved = events
		VMOVUPS(moved, element(values, n))    // v[n:] = moved
		POPCNTQ(live, live)                   // live = how many of its bits are set
		ADDQ(live, n)                         // n += live
		VPADDD(step, places, places)          // places += step
	})
	from, found := GP64(), GP64()
	MOVLQSX(Mem{Base: spans}, from)
	MOVQ(n, found)
	SUBQ(from, found)                            // found = n - from
	CMPQ(found, parameter("columns"))            // if found == columns
	JNE(LabelRef("listed"))                      //
	CMPQ(parameter("tellFull"), Imm(0))          // and tellFull
	JE(LabelRef("listed"))                       // {
	MOVQ(from, n)                                //     n = from
	MOVL(I32(-1), Mem{Base: spans})              //     from = -1
	Label("listed")                              // }
	MOVL(n.As32(), Mem{Base: spans, Disp: size}) // to = n
	ADDQ(number(spanSize), spans)                // spans = spans[2:]
	advance(first, "rowStep")                    // rows = rows[1:]
	SUBQ(Imm(2), rows)
	JMP(LabelRef("row"))
	Label("done")
	leave()
}

const (
	// bitmapRows is that of package kernel: the numbers of a row of listBitmap.
	bitmapRows = 64
	// A row is prefetched listAhead rows before it is listed: 4480 rows of 1350 numbers
	// take 1.9 ms on an AMD EPYC 9004 then, and 3.8 without; 2.5 with 8.
	listAhead = 16
)

// listBitmap is list for rows of up to 64 numbers, whose events are the bits of a
// word.
func listBitmap(v vector) {
	v.function("listBitmap", "(spans []int32, bitmap []uint64, v, rows []float32, rowStep, columns int)", "is the instruction listBitmap.")
	spans, words, rows := start("spans"), start("bitmap"), length("bitmap")
	values, first, n, zero := start("v"), start("rows"), GP64(), v.zeros(1)[0]
	XORQ(n, n) // n = 0

	Label("row")
	TESTQ(rows, rows) // while rows > 0
	JZ(LabelRef("done"))
	CMPQ(parameter("rowStep"), number(panelWidth)) // rows further apart
	JLE(LabelRef("near"))                          // are prefetched
	prefetchRow(PREFETCHT1, first, "rowStep", listAhead, bitmapRows)
	Label("near")
	MOVL(n.As32(), Mem{Base: spans}) // from = n
	row, left, word, place, from := GP64(), GP64(), GP64(), GP64(), GP64()
	MOVQ(first, row)             // row = rows[0]
	Load(Param("columns"), left) // left = columns
	MOVQ(n, from)
	XORQ(word, word)   // word = 0
	XORQ(place, place) // place = 0
	v.eachPart("row", row, left, func(x VecVirtual) {
		live, mask := v.events(x, zero)
		moved, at := v.register(), GP64()
		v.together(x, mask, live, moved)   // moved = events
		VMOVUPS(moved, element(values, n)) // v[n:] = moved
		SHLXQ(place, live, at)
		ORQ(at, word)                // word |= live << place
		ADDQ(number(v.lanes), place) // place += lanes
		POPCNTQ(live, live)          // live = how many of its bits are set
		ADDQ(live, n)                // n += live
	})
	MOVQ(word, Mem{Base: words}) // bitmap[0] = word
	SUBQ(n, from)
	ADDQ(parameter("columns"), from)             // if n - from == columns
	JNZ(LabelRef("listed"))                      // {
	SUBQ(parameter("columns"), n)                //     n = from
	MOVL(I32(-1), Mem{Base: spans})              //     from = -1
	Label("listed")                              // }
	MOVL(n.As32(), Mem{Base: spans, Disp: size}) // to = n
	ADDQ(number(spanSize), spans)                // spans = spans[2:]
	ADDQ(number(wordSize), words)                // bitmap = bitmap[1:]
	advance(first, "rowStep")                    // rows = rows[1:]
	DECQ(rows)
	JMP(LabelRef("row"))
	Label("done")
	leave()
}

// events gives a bit, and a mask, for each lane of x that is not zero.
func (v vector) events(x, zero Register) (live GPVirtual, mask Register) {
	const notEqual = 4 // or NaN
	live, mask = GP64(), v.mask()
	VCMPPS(Imm(notEqual), zero, x, mask) // mask = x != 0
	if v.opmasks {
		KMOVW(mask, live.As32()) // live = mask
	} else {
		VMOVMSKPS(mask, live.As32()) // live = mask
	}
	return live, mask
}

// together is dst = the lanes of x in mask, side by side. AVX2 finds their
// places by the bits of live in a table.
func (v vector) together(x, mask Register, live GPVirtual, dst Register) {
	if v.opmasks {
		VPCOMPRESSD_Z(x, mask, dst)
		return
	}
	p := GP64()
	LEAQ(places(), p)
	VPMOVZXBD(Mem{Base: p, Index: live, Scale: 8}, dst) // dst = the places of the bits of live
	VPERMD(x, dst, dst)                                 // dst = x at these places
}

// places is memory of the places of the bits set in 0, 1, ..., 255, a byte each,
// eight bytes for each.
func places() Mem {
	if m, ok := tables["places"]; ok {
		return m
	}
	m := GLOBL("places", RODATA|NOPTR)
	for bits := range 256 {
		var word uint64
		n := 0
		for i := range 8 {
			if bits>>i&1 == 1 {
				word |= uint64(i) << (8 * n)
				n++
			}
		}
		DATA(bits*8, U64(word))
	}
	tables["places"] = m
	return m
}

// eachPart runs f for every register of the row of left numbers, of which it
// changes both. What is left of it is filled up with zeros.
func (v vector) eachPart(name string, row, left GPVirtual, f func(x VecVirtual)) {
	whole, rest, end := name+"whole", name+"rest", name+"end"
	Label(whole)
	CMPQ(left, number(v.lanes))     // while left >= lanes
	JL(LabelRef(rest))              // {
	x := v.register()               //
	VMOVUPS(v.part(row, 0), x)      //     x = row[:lanes]
	f(x)                            //     f(x)
	ADDQ(number(v.lanes*size), row) //     row = row[lanes:]
	SUBQ(number(v.lanes), left)     //     left -= lanes
	JMP(LabelRef(whole))            // }
	Label(rest)
	TESTQ(left, left) // if left != 0
	JZ(LabelRef(end)) // {
	x = v.register()
	v.load(v.part(row, 0), v.masks(left, 1)[0], x) //     x = row[:left]
	f(x)                                           //     f(x)
	Label(end)                                     // }
}
