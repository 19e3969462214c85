package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

func count(v vector) {
	v.function("count", "(row []float32) int", "is how many numbers of row are not zero.")
	n := GP64()
	XORQ(n, n) // n = 0
	v.eachEvents(func(e eventRegister) {
		POPCNTQ(e.live, e.live) // live = how many of its bits are set
		ADDQ(e.live, n)         // n += live
	})
	MOVQ(n, result()) // return n
	leave()
}

// list moves the events of a register together, if it can, or else goes through
// them one by one.
func list(v vector) {
	v.function("list", "(at []int32, v, row []float32, first int) int",
		"is how many numbers of row are not zero. It writes them to v, and first plus",
		"their places in row to at.")
	at, values, place, n := start("at"), start("v"), GP64(), GP64()
	Load(Param("first"), place)
	XORQ(n, n) // n = 0
	loops := 0
	v.eachEvents(func(e eventRegister) {
		if v.opmasks {
			places := v.register()
			VPBROADCASTD(place.As32(), places)       // places = {place, place, ...}
			VPADDD(numbers(0), places, places)       // places += {0, 1, 2, ...}
			VPCOMPRESSD_Z(places, e.mask, places)    // places = those of events
			VCOMPRESSPS_Z(e.x, e.mask, e.x)          // x = those of events
			POPCNTQ(e.live, e.live)                  // live = how many of its bits are set
			first := v.masks(e.live, 1)[0]           //
			VMOVDQU32(places, first, element(at, n)) // at[n:] = places[:live]
			VMOVUPS(e.x, first, element(values, n))  // v[n:] = x[:live]
			ADDQ(e.live, n)                          // n += live
		} else {
			loops++
			event, end := fmt.Sprintf("event%d", loops), fmt.Sprintf("end%d", loops)
			i, x := GP64(), GP32()
			TESTQ(e.live, e.live)
			JZ(LabelRef(end))              // while live has bits set
			Label(event)                   // {
			BSFQ(e.live, i)                //     i = number of the first
			MOVL(element(e.row, i), x)     //     x = row[i]
			MOVL(x, element(values, n))    //     v[n] = x
			ADDQ(place, i)                 //     i += place
			MOVL(i.As32(), element(at, n)) //     at[n] = i
			INCQ(n)                        //     n++
			LEAQ(Mem{Base: e.live, Disp: -1}, i)
			ANDQ(i, e.live)      //     live = live & (live - 1): without the first
			JNZ(LabelRef(event)) // }
			Label(end)
		}
		ADDQ(number(v.lanes), place) // place += lanes
	})
	MOVQ(n, result()) // return n
	leave()
}

// eventRegister is a register of a row. Bit i of live and lane i of mask tell
// that number i is an event; AVX2 has no mask.
type eventRegister struct {
	row  GPVirtual // where the numbers of x start
	x    VecVirtual
	live GPVirtual
	mask Register
}

// eachEvents runs f for every register of the parameter row. What is left of it
// is filled up with zeros.
func (v vector) eachEvents(f func(eventRegister)) {
	row, left, zero := start("row"), length("row"), v.zeros(1)[0]
	const notEqual = 4 // or NaN
	each := func(part Register) {
		e := eventRegister{row, v.register(), GP64(), v.mask()}
		v.load(v.part(row, 0), part, e.x)        // x = row[:lanes]
		VCMPPS(Imm(notEqual), zero, e.x, e.mask) // mask = x != 0
		if v.opmasks {
			KMOVW(e.mask, e.live.As32()) // live = mask
		} else {
			VMOVMSKPS(e.mask, e.live.As32()) // live = mask
		}
		f(e)
	}
	Label("whole")
	CMPQ(left, number(v.lanes))     // while left >= lanes
	JL(LabelRef("rest"))            // {
	each(nil)                       //     f(row[:lanes])
	ADDQ(number(v.lanes*size), row) //     row = row[lanes:]
	SUBQ(number(v.lanes), left)     //     left -= lanes
	JMP(LabelRef("whole"))          // }
	Label("rest")
	TESTQ(left, left)         // if left != 0
	JZ(LabelRef("counted"))   // {
	each(v.masks(left, 1)[0]) //     f(row[:left])
	Label("counted")          // }
}
