package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// turnSide is how many rows and columns of numbers are turned round at a time:
// as many as the registers of AVX2 have lanes. Wider ones would not help, as
// what holds up is memory.
const turnSide = 8

func turn(v vector) {
	v.function("turn", "(dst, src []float32, dstStride, srcStride, rows int)",
		"is dst[j*dstStride+i] = src[i*srcStride+j] for i < rows, a multiple of 8,", "and j < 8.")
	turnInto(func(x VecVirtual, row Mem) {
		VMOVUPS(x, row) // row = x
	})
}

func turnAdd(v vector) {
	v.function("turnAdd", "(dst, src []float32, dstStride, srcStride, rows int)",
		"is dst[j*dstStride+i] += src[i*srcStride+j] for i < rows, a multiple of 8,", "and j < 8.")
	turnInto(func(x VecVirtual, row Mem) {
		VADDPS(row, x, x) // x += row
		VMOVUPS(x, row)   // row = x
	})
}

// turnInto hands put each column of a square of numbers, with the place in a row
// of dst where it belongs.
func turnInto(put func(x VecVirtual, row Mem)) {
	dst, src, rows := start("dst"), start("src"), GP64()
	Load(Param("rows"), rows)
	into, from := eightRows("dstStride"), eightRows("srcStride")
	Label("square")
	CMPQ(rows, Imm(turnSide)) // while rows >= side
	JL(LabelRef("done"))      // {
	var r, pairs, fours [turnSide]VecVirtual
	upper := GP64()
	from.fifth(src, upper)
	for i := range r {
		r[i] = YMM()
		VMOVUPS(from.row(src, upper, i), r[i]) // r[i] = src[i]
	}
	// In halves of 4 lanes, i is the number of a row and lanes are columns:
	for i := 0; i < turnSide; i += 2 {
		pairs[i], pairs[i+1] = YMM(), YMM()
		VUNPCKLPS(r[i+1], r[i], pairs[i])   // lanes 0 and 1 of r[i] and r[i+1], in turn
		VUNPCKHPS(r[i+1], r[i], pairs[i+1]) // lanes 2 and 3
	}
	for i := 0; i < turnSide; i += 4 {
		for k := range 2 {
			low, high := YMM(), YMM()
			VUNPCKLPD(pairs[i+2+k], pairs[i+k], low)  // lane 2k of r[i], ..., r[i+3]
			VUNPCKHPD(pairs[i+2+k], pairs[i+k], high) // lane 2k+1
			fours[i+2*k], fours[i+2*k+1] = low, high
		}
	}
	into.fifth(dst, upper)
	for j := range turnSide / 2 {
		x, y := YMM(), YMM()
		VPERM2F128(Imm(0x20), fours[j+4], fours[j], x) // x = first halves: column j
		VPERM2F128(Imm(0x31), fours[j+4], fours[j], y) // y = second halves: column j+4
		put(x, into.row(dst, upper, j))                // dst[j] = x
		put(y, into.row(dst, upper, j+4))              // dst[j+4] = y
	}
	LEAQ(Mem{Base: src, Index: from.stride, Scale: 8}, src) // src = src[8 rows:]
	ADDQ(Imm(turnSide*size), dst)                           // dst = dst[8:]
	SUBQ(Imm(turnSide), rows)                               // rows -= side
	JMP(LabelRef("square"))                                 // }
	Label("done")
	leave()
}

// rowsApart finds each of 8 rows.
type rowsApart struct{ stride, three GPVirtual } // one stride and three, in bytes

func eightRows(strideName string) rowsApart {
	r := rowsApart{inBytes(strideName), GP64()}
	LEAQ(Mem{Base: r.stride, Index: r.stride, Scale: 2}, r.three) // three = 3*stride
	return r
}

// fifth is p = the row 4 rows on from first.
func (r rowsApart) fifth(first, p GPVirtual) {
	LEAQ(Mem{Base: first, Index: r.stride, Scale: 4}, p)
}

// row is row i, given the first and the fifth.
func (r rowsApart) row(first, fifth GPVirtual, i int) Mem {
	base := first
	if i >= 4 {
		base = fifth
	}
	switch i % 4 {
	case 0:
		return Mem{Base: base}
	case 3:
		return Mem{Base: base, Index: r.three, Scale: 1}
	}
	return Mem{Base: base, Index: r.stride, Scale: uint8(i % 4)}
}
