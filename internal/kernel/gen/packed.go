package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

func spread(v vector)  { v.spreadOf("spread", "float32", size) }
func spread8(v vector) { v.spreadOf("spread8", "int8", 1) }

// spreadUnroll registers of a row take one turn of the loop, and ask for one cache
// line of the row after it.
const spreadUnroll = 4

// spreadOf goes through row after row, and through dst for each: a row is read in
// the order in which it lies. Numbers have so many bytes.
func (v vector) spreadOf(name, kind string, bytes int) {
	v.function(name, fmt.Sprintf("(dst []float32, masks []uint16, maskStep int, values []%s, starts []int64, at []int32, v []float32)", kind),
		"is the instruction "+name+".")
	at, factors, i, zero := start("at"), start("v"), GP64(), v.zeros(1)[0]
	XORQ(i, i) // i = 0
	Label("row")
	CMPQ(i, address(Param("at").Len())) // while i < len(at)
	JGE(LabelRef("done"))               // {
	dst, left, value := start("dst"), length("dst"), v.register()
	VBROADCASTSS(element(factors, i), value) //     value = {v[i], v[i], ...}
	k, mask, p := GP64(), GP64(), GP64()
	MOVLQSX(element(at, i), k) //     k = at[i]
	MOVQ(k, mask)
	IMULQ(parameter("maskStep"), mask)
	ADDQ(mask, mask)
	ADDQ(address(Param("masks").Base()), mask) //     mask = masks[k*maskStep:]
	starts := start("starts")
	MOVQ(Mem{Base: starts, Index: k, Scale: 8}, p)
	v.bytesToAdd(p, bytes)
	values := start("values")
	ADDQ(values, p) //     p = values[starts[k]:]

	next, end := GP64(), GP64()
	INCQ(i) //     i++
	XORQ(next, next)
	XORQ(end, end)                      //     next = end: nothing
	CMPQ(i, address(Param("at").Len())) //     if i < len(at)
	JGE(LabelRef("whole"))              //     {
	MOVLQSX(element(at, i), k)          //         k = at[i]
	MOVQ(Mem{Base: starts, Index: k, Scale: 8}, next)
	v.bytesToAdd(next, bytes)
	ADDQ(values, next) //         next = values[starts[k]:]
	MOVQ(Mem{Base: starts, Index: k, Scale: 8, Disp: 8}, end)
	v.bytesToAdd(end, bytes)
	ADDQ(values, end) //         end = values[starts[k+1]:]
	//     }
	block := func(r int, lanes Register) {
		bits, sum, x := GP64(), v.register(), v.register()
		if v.lanes == 16 {
			MOVWLZX(Mem{Base: mask, Disp: 2 * r}, bits.As32()) //     bits = mask[r]
		} else {
			MOVBLZX(Mem{Base: mask, Disp: r}, bits.As32())
		}
		v.load(v.part(dst, r), lanes, sum)           //     sum = dst[r]
		v.expand(Mem{Base: p}, bits, zero, x, bytes) //     x = numbers of p where bits are set, else 0
		VFMADD231PS(x, value, sum)                   //     sum += value * x
		v.store(sum, lanes, v.part(dst, r))          //     dst[r] = sum
		POPCNTL(bits.As32(), bits.As32())
		v.bytesToAdd(bits, bytes)
		ADDQ(bits, p) //     p = p[how many:]
	}
	forward := func(n int) {
		ADDQ(number(n*v.lanes*size), dst)
		ADDQ(number(n*v.lanes/8), mask)
		SUBQ(number(n*v.lanes), left)
	}
	Label("whole")
	CMPQ(left, number(spreadUnroll*v.lanes)) //     while left >= unroll
	JL(LabelRef("single"))                   //     {
	CMPQ(next, end)                          //         if next < end
	JGE(LabelRef("asked"))                   //         {
	PREFETCHT0(Mem{Base: next})              //             ask for next
	ADDQ(Imm(64), next)                      //             next += a line
	Label("asked")                           //         }
	for r := range spreadUnroll {
		block(r, nil)
	}
	forward(spreadUnroll)
	JMP(LabelRef("whole")) //     }
	Label("single")
	CMPQ(left, number(v.lanes)) //     while left >= 1 register
	JL(LabelRef("rest"))        //     {
	block(0, nil)
	forward(1)
	JMP(LabelRef("single")) //     }
	Label("rest")
	TESTQ(left, left) //     if left > 0
	JZ(LabelRef("row"))
	block(0, v.masks(left, 1)[0]) //         the first left lanes
	JMP(LabelRef("row"))          // }
	Label("done")
	leave()
}

// bytesToAdd turns a count of numbers into one of bytes.
func (v vector) bytesToAdd(n GPVirtual, bytes int) {
	if bytes == size {
		SHLQ(Imm(2), n)
	}
}

// expand is x = the numbers that lie at m, each in the lane of the next set bit, and
// 0 in other lanes.
func (v vector) expand(m Mem, bits GPVirtual, zero, x Register, bytes int) {
	if v.opmasks {
		mask := K()
		KMOVW(bits.As32(), mask) // mask = bits
		if bytes == size {
			VEXPANDPS_Z(m, mask, x) // x = m, expanded
			return
		}
		v.floats(m, x)
		VEXPANDPS_Z(x, mask, x) // x = x, expanded
		return
	}
	ranks, places := GP64(), v.register()
	LEAQ(laneRanks(), ranks)
	VPMOVSXBD(Mem{Base: ranks, Index: bits, Scale: 8}, places) // places = which number goes to a lane, or -128
	if bytes == size {
		VPERMPS(m, places, x) // x = m[places]
	} else {
		v.floats(m, x)
		VPERMPS(x, places, x) // x = x[places]
	}
	v.choose(places, zero, x, x) // x = places < 0 ? 0 : x
}

// floats is x = float32 of as many int8 as there are lanes.
func (v vector) floats(m Mem, x Register) {
	VPMOVSXBD(m, x)
	VCVTDQ2PS(x, x)
}

// laneRanks is memory, eight bytes for each of 0, 1, ..., 255: the rank of each set
// bit among those that are, and -128 for the others.
func laneRanks() Mem {
	if m, ok := tables["ranks"]; ok {
		return m
	}
	m := GLOBL("ranks", RODATA|NOPTR)
	for bits := range 256 {
		var word uint64
		n := uint64(0)
		for i := range 8 {
			if bits>>i&1 == 1 {
				word |= n << (8 * i)
				n++
			} else {
				word |= 0x80 << (8 * i)
			}
		}
		DATA(bits*8, U64(word))
	}
	tables["ranks"] = m
	return m
}
