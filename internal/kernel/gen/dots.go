package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

const (
	// dotSums partial sums make one product: number j goes into sum j mod
	// dotSums. The bits depend neither on how wide registers are nor on how
	// many products are made at once. It is dotPadding of package kernel.
	dotSums = 32
	// A row is prefetched dotsAhead rows before it is met, as long as next is prefetched
	// too: loads would wait behind that. M=64 K=1350 N=4050 at 0.027 takes 0.7 ms on an AMD
	// EPYC 9004 so, 1.0 without. Where nothing else is prefetched, it costs more than it
	// gains.
	dotsAhead = 6
)

// dots goes through rows, and makes the products of each with those of the block that
// its word of the bitmap names.
func dots(v vector) {
	v.function("dots", "(dst, rows, block []float32, columns int, bitmap []uint64, next []float32)",
		fmt.Sprintf("is the instruction dots. Number j goes into sum j mod %d by a fused multiply-add.", dotSums))
	dst, row, block := start("dst"), start("rows"), start("block")
	words, rows := start("bitmap"), length("bitmap")
	next, nextEnd := start("next"), length("next")
	LEAQ(element(next, nextEnd), nextEnd)

	Label("row")
	TESTQ(rows, rows) // while rows > 0
	JZ(LabelRef("done"))
	CMPQ(next, nextEnd) // if next is not at its end
	JGE(LabelRef("prefetched"))
	for b := 0; b < rowSize; b += line { // {
		PREFETCHT1(Mem{Base: next, Disp: b}) // prefetch a row of it
	}
	ADDQ(number(rowSize), next)   //     next = the next row
	CMPQ(rows, number(dotsAhead)) //     if there is a row so far ahead
	JLE(LabelRef("prefetched"))
	CMPQ(Mem{Base: words, Disp: dotsAhead * wordSize}, Imm(0)) // and it has products
	JE(LabelRef("prefetched"))
	for b := 0; b < rowSize; b += line {
		PREFETCHT0(Mem{Base: row, Disp: dotsAhead*rowSize + b}) // prefetch it
	}
	Label("prefetched") // }
	bitmap, left := GP64(), GP64()
	MOVQ(Mem{Base: words}, bitmap)
	POPCNTQ(bitmap, left) // left = how many bits of bitmap[0] are set
	JZ(LabelRef("next"))  // if left == 0: goto next
	products := func(name string, multiply func(name string) multiplication) {
		v.products(name, "next", dst, block, bitmap, left, multiply(name))
	}
	if v.opmasks {
		CMPQ(parameter("columns"), number(panelWidth)) // if columns == 128
		JE(LabelRef("all"))                            //     goto all
	}
	products("part", func(name string) multiplication { return v.multiplyPart(name, row) })
	if v.opmasks {
		Label("all")
		products("whole", func(string) multiplication { return v.multiplyAll(row) })
	}

	Label("next")
	ADDQ(number(rowSize), row)    // row = row[128:]
	ADDQ(number(wordSize), words) // bitmap = bitmap[1:]
	DECQ(rows)
	JMP(LabelRef("row"))
	Label("done")
	leave()
}

// addFirst adds the first n lanes of totals, up to four, to memory.
func (v vector) addFirst(totals VecVirtual, n int, p GPVirtual) {
	sums := XMM()
	if n == 4 {
		VADDPS(Mem{Base: p}, totals, sums)
		VMOVUPS(sums, Mem{Base: p})
		return
	}
	if n == 3 {
		third, at := XMM(), Mem{Base: p, Disp: 2 * size}
		VPERMILPS(Imm(2), totals, third) // third = totals[2]
		VADDSS(at, third, third)
		VMOVSS(third, at)
	}
	if n == 1 {
		VADDSS(Mem{Base: p}, totals, sums)
		VMOVSS(sums, Mem{Base: p})
		return
	}
	VMOVSD(Mem{Base: p}, sums)
	VADDPS(totals, sums, sums)
	VMOVSD(sums, Mem{Base: p})
}

// products makes those of a row with the left rows of the block that a word of the bitmap
// names, a group at a time, adds them to dst, and goes on at the label next.
func (v vector) products(name, next string, dst, block, bitmap, left GPVirtual, multiply multiplication) {
	// product makes the next n.
	product := func(n int) {
		at, sums := make([]GPVirtual, n), make([][]VecVirtual, n)
		for p := range at {
			at[p], sums[p] = GP64(), v.zeros(dotSums/v.lanes)
			TZCNTQ(bitmap, at[p])      // at = the lowest bit
			BLSRQ(bitmap, bitmap)      // take it off
			SHLQ(Imm(rowShift), at[p]) //
			ADDQ(block, at[p])         // at = block[at*128:]
		}
		multiply(at, sums)
		v.addFirst(v.foldEach(sums), n, dst) // dst[:n] += sums
		ADDQ(number(n*size), dst)            // dst = dst[n:]
	}
	group, rest := v.dotGroup(), func(n int) string { return v.label(name+"rest", n) }
	Label(name)
	CMPQ(left, number(group)) // while left >= group
	JL(LabelRef(rest(0)))     // {
	product(group)            //     group of them
	SUBQ(number(group), left) //     left -= group
	JMP(LabelRef(name))       // }
	Label(rest(0))
	for n := 1; n < group; n++ {
		CMPQ(left, number(n)) // if left == n
		JE(LabelRef(rest(n))) //     n of them
	}
	JMP(LabelRef(next))
	for n := 1; n < group; n++ {
		Label(rest(n))
		product(n)
		JMP(LabelRef(next))
	}
}

// multiplication adds products with a row to the sums of rows of the block.
type multiplication = func(at []GPVirtual, sums [][]VecVirtual)

// multiplyPart adds the products of any number of columns, a step of all sums at a
// time: the numbers of the row are loaded once for the whole group.
func (v vector) multiplyPart(name string, row GPVirtual) multiplication {
	part := func(p Register, j GPVirtual, r int) Mem {
		return Mem{Base: p, Index: j, Scale: size, Disp: r * v.lanes * size}
	}
	return func(at []GPVirtual, sums [][]VecVirtual) {
		j, again := GP64(), v.label(name+"columns", len(at))
		XORQ(j, j) // j = 0
		Label(again)
		for r := range sums[0] {
			x := v.register()
			VMOVUPS(part(row, j, r), x) // x = row[j:][r]
			for p := range at {
				VFMADD231PS(part(at[p], j, r), x, sums[p][r]) // sum[p][r] += x * at[p][j:][r]
			}
		}
		ADDQ(number(dotSums), j)      // j += sums
		CMPQ(j, parameter("columns")) // if j < columns
		JL(LabelRef(again))           //     again
	}
}

// multiplyAll adds the products of all columns. Registers hold the row for all rows of
// the block.
func (v vector) multiplyAll(row GPVirtual) multiplication {
	x := v.registers(panelWidth / v.lanes)
	for r := range x {
		VMOVUPS(v.part(row, r), x[r]) // x = row[:128]
	}
	return func(at []GPVirtual, sums [][]VecVirtual) {
		for r := range x {
			for p := range at {
				sum := sums[p][r%len(sums[p])]
				VFMADD231PS(v.part(at[p], r), x[r], sum) // sum[p] += x[r] * at[p][r]
			}
		}
	}
}

// dotGroup is how many products, up to four, are made at once: with their sums they hide
// how long each multiply-add takes.
func (v vector) dotGroup() int {
	if v.opmasks {
		return 4
	}
	return 3
}

// foldEach joins the lanes of up to four sums of several registers each, in pairs
// far apart first, and gives one register with a sum a lane.
func (v vector) foldEach(sums [][]VecVirtual) VecVirtual {
	var halves [4]VecVirtual
	for p, x := range sums {
		for n := len(x) / 2; n > 0; n /= 2 {
			for r := range n {
				VADDPS(x[r+n], x[r], x[r]) // x[r] += x[r+n]
			}
		}
		halves[p] = x[0].AsY().(VecVirtual)
		if v.lanes == 16 {
			half := YMM()
			VEXTRACTF64X4(Imm(1), x[0], half) // half = bytes 32 to 64 of x
			VADDPS(half, halves[p], halves[p])
		}
	}
	for p := len(sums); p < 4; p++ {
		halves[p] = halves[0]
	}
	pair := func(low, high func(...Op), a, b VecVirtual) VecVirtual {
		l, h := YMM(), YMM()
		low(b, a, l)
		high(b, a, h)
		VADDPS(h, l, l)
		return l
	}
	ab := pair(VUNPCKLPS, VUNPCKHPS, halves[0], halves[1]) // a0+a2 b0+b2 a1+a3 b1+b3
	cd := pair(VUNPCKLPS, VUNPCKHPS, halves[2], halves[3]) // c0+c2 d0+d2 c1+c3 d1+d3
	all := pair(VUNPCKLPD, VUNPCKHPD, ab, cd)              // a b c d, in each 16 bytes
	half := XMM()
	if v.opmasks {
		VEXTRACTF32X4(Imm(1), all, half) // also from registers 16 to 31
	} else {
		VEXTRACTF128(Imm(1), all, half)
	}
	VADDPS(half, all.AsX(), half)
	return half
}
