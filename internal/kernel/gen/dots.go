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
	// dotBlock is that of package kernel: the rows of a block, or half of them.
	dotBlock = 32
	// placesAhead rows from now places of dst are added to that are asked for: rows are far
	// apart. M=4480 at 0.16 takes 0.95 of the time on an AMD EPYC 9004 so, with 2 to 8.
	placesAhead = 4
	// dotWidth is that of package kernel: the numbers from one row of the block to
	// the next.
	dotWidth = 1 << (dotShift - 2)
	dotShift = 10
)

// dots makes several products at once, which share the numbers of d.
func dots(v vector) {
	v.function("dots", "(dst, d, block []float32, dstStep, dStep, columns int, spans, at []int32, bitmap []uint64, next []float32, share int)",
		fmt.Sprintf("is the instruction dots. Number j goes into sum j mod %d by a fused multiply-add.", dotSums))
	dst, d, block := start("dst"), start("d"), start("block")
	spans, rows := start("spans"), length("spans")
	words, marked := start("bitmap"), length("bitmap")
	SHRQ(Imm(1), rows)    // rows = len(spans) / 2
	TESTQ(marked, marked) // if bitmap
	CMOVQNE(marked, rows) //     rows = len(bitmap)

	Label("row")
	TESTQ(rows, rows) // while rows > 0
	JLE(LabelRef("done"))
	CMPQ(address(Param("bitmap").Len()), Imm(0))
	JNE(LabelRef("marked")) // if bitmap: goto marked

	// Lists read d where it lies. M=4480 at 0.02 takes 53 ms so on an AMD EPYC 9004, 90
	// without.
	askForRow(PREFETCHT1, d, "dStep", 1, dotWidth)
	i, left, at, toSum := GP64(), GP64(), start("at"), start("dst")
	MOVLQSX(Mem{Base: spans}, i)
	MOVLQSX(Mem{Base: spans, Disp: size}, left)
	SUBQ(at, toSum)         // toSum = dst - at
	SUBQ(i, left)           // left = to - from
	LEAQ(element(at, i), i) // i = at[from:]
	v.products("listed", "next", listedGroup, func(name string) { askOn(name, 1) }, d, block, left, func(row GPVirtual) {
		MOVLQSX(Mem{Base: i}, row) // row = i[0]
		ADDQ(Imm(size), i)         // i = i[1:]
		SHLQ(Imm(dotShift), row)   //
		ADDQ(block, row)           // row = block[row*256:]
	}, func(totals VecVirtual, rows []GPVirtual) {
		sums, place := XMM(), Mem{Base: i, Index: toSum, Scale: 1, Disp: -len(rows) * size}
		if len(rows) == listedGroup {
			VMOVSD(place, sums)        // sums = the two numbers of dst before i
			VADDPS(totals, sums, sums) // sums += totals
			VMOVSD(sums, place)
			return
		}
		VADDSS(place, totals, sums) // sums = totals[0] + the number of dst before i
		VMOVSS(sums, place)
	})

	Label("marked")
	askForRow(PREFETCHT0, dst, "dstStep", placesAhead, dotBlock)
	bitmap := GP64()
	MOVQ(Mem{Base: words}, bitmap)
	POPCNTQ(bitmap, left) // left = how many bits of bitmap[0] are set
	askOn("marked", 1)
	v.products("marked", "next", v.dotGroup(), nil, d, block, left, func(row GPVirtual) {
		TZCNTQ(bitmap, row)      // row = the lowest bit
		BLSRQ(bitmap, bitmap)    // take it off
		SHLQ(Imm(dotShift), row) //
		ADDQ(block, row)         // row = block[row*256:]
	}, func(totals VecVirtual, rows []GPVirtual) {
		for p, row := range rows {
			sum, place := XMM(), Mem{Base: dst, Index: row, Scale: 1}
			SUBQ(block, row)                       //
			SHRQ(Imm(dotShift-2), row)             // row = its number, in bytes of a float32
			VPERMILPS(Imm(uint64(p)), totals, sum) // sum = totals[p]
			VADDSS(place, sum, sum)                // sum += dst[row]
			VMOVSS(sum, place)                     // dst[row] = sum
		}
	})

	Label("next")
	ADDQ(number(spanSize), spans) // spans = spans[2:]
	ADDQ(number(wordSize), words) // bitmap = bitmap[1:]
	advance(dst, "dstStep")       // dst = dst[dstStep:]
	advance(d, "dStep")           // d = d[dStep:]
	DECQ(rows)
	JMP(LabelRef("row"))
	Label("done")
	leave()
}

// products makes those of a row of d with left rows of the block, which take gives
// one by one, a group at a time, and goes on at the label next. add adds the products
// with up to four of them to dst. ask, if there is one, is done with every product: one
// that came after much was asked for would wait for all of it.
func (v vector) products(name, next string, group int, ask func(name string), d, block, left GPVirtual, take func(row GPVirtual), add func(totals VecVirtual, rows []GPVirtual)) {
	// product makes the next n.
	product := func(name string, n int, multiply multiplication) {
		row := make([]GPVirtual, n)
		sums := make([][]VecVirtual, n)
		for p := range row {
			row[p] = GP64()
			take(row[p])
			sums[p] = v.zeros(dotSums / v.lanes)
		}
		multiply(row, sums, func(p int) {
			if ask != nil {
				ask(v.label(name, p))
			}
		})
		for p := 0; p < n; p += 4 {
			end := min(p+4, n)
			add(v.foldEach(sums[p:end]), row[p:end])
		}
		SUBQ(number(n), left) // left -= n
	}
	groups := func(name string, multiply func(name string) multiplication) {
		rest := func(n int) string { return v.label(name+"rest", n) }
		each := multiply(name)
		Label(name)
		CMPQ(left, number(group))  // while left >= group
		JL(LabelRef(rest(0)))      // {
		product(name, group, each) //     group of them
		JMP(LabelRef(name))        // }
		Label(rest(0))
		for n := 1; n < group; n++ {
			CMPQ(left, number(n)) // if left == n
			JE(LabelRef(rest(n))) //     n of them
		}
		JMP(LabelRef(next))
		for n := 1; n < group; n++ {
			Label(rest(n))
			product(rest(n), n, each)
			JMP(LabelRef(next))
		}
	}
	if v.opmasks {
		CMPQ(parameter("columns"), number(dotWidth)) // if columns == 256
		JE(LabelRef(name + "whole"))                 //     goto whole
	}
	groups(name+"part", func(name string) multiplication { return v.multiplyPart(name, d) })
	if v.opmasks {
		Label(name + "whole")
		groups(name+"all", func(string) multiplication { return v.multiplyAll(d) })
	}
}

// multiplication adds products with the row of d to the sums of rows of the block.
// It calls begun for each.
type multiplication = func(row []GPVirtual, sums [][]VecVirtual, begun func(p int))

// multiplyPart adds the products of any number of columns, a step of all sums at a
// time: the numbers of d are loaded once for the whole group.
func (v vector) multiplyPart(name string, d GPVirtual) multiplication {
	part := func(p Register, j GPVirtual, r int) Mem {
		return Mem{Base: p, Index: j, Scale: size, Disp: r * v.lanes * size}
	}
	return func(row []GPVirtual, sums [][]VecVirtual, begun func(p int)) {
		for p := range row {
			begun(p)
		}
		j, again := GP64(), v.label(name+"columns", len(row))
		XORQ(j, j) // j = 0
		Label(again)
		for r := range sums[0] {
			x := v.register()
			VMOVUPS(part(d, j, r), x) // x = d[j:][r]
			for p := range row {
				VFMADD231PS(part(row[p], j, r), x, sums[p][r]) // sum[p][r] += x * row[p][j:][r]
			}
		}
		ADDQ(number(dotSums), j)      // j += sums
		CMPQ(j, parameter("columns")) // if j < columns
		JL(LabelRef(again))           //     again
	}
}

// multiplyAll adds the products of all columns. Half of the registers hold d, for
// all places of the row.
func (v vector) multiplyAll(d GPVirtual) multiplication {
	x := v.registers(dotWidth / v.lanes)
	for r := range x {
		VMOVUPS(v.part(d, r), x[r]) // x = d[:256]
	}
	return func(row []GPVirtual, sums [][]VecVirtual, begun func(p int)) {
		for step := range len(x) + len(row) {
			if apart := len(x) / listedGroup; step%apart == 0 && step/apart < len(row) {
				begun(step / apart)
			}
			for p := range row {
				if r := step - p; r >= 0 && r < len(x) {
					sum := sums[p][r%len(sums[p])]
					VFMADD231PS(v.part(row[p], r), x[r], sum) // sum[p] += x[r] * row[p][r]
				}
			}
		}
	}
}

// listedGroup is how many products of a list are made at once. Lists are for rows of
// few: larger groups hardly fill.
const listedGroup = 2

// dotGroup is how many products are made at once: with their sums they fill the
// registers, those of AVX-512 beside a row of d.
func (v vector) dotGroup() int {
	if v.opmasks {
		return 6
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
