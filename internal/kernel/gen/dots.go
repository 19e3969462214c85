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
	// many products are made at once.
	dotSums = 32
	// dotRegisters hold the sums of all products made at once: so many
	// additions hide how long each takes.
	dotRegisters = 8
)

// dots makes several products at once, which share the numbers of d.
func dots(v vector) {
	v.function("dots", "(dst, d, rows []float32, stride int, at []int32, next []float32)",
		"is dst[at[i]] += <d, rows[at[i]*stride:]> for every i, each product",
		fmt.Sprintf("by fused multiply-adds into %d sums, number j into sum j mod %[1]d.", dotSums),
		"It asks for next to be brought into the second cache.")
	prefetch(start("next"), length("next"))
	dst, d, columns, rows, stride := start("dst"), start("d"), length("d"), start("rows"), strideInBytes()
	at, products := start("at"), length("at")
	registers := dotSums / v.lanes // of one product

	// product makes n products, those of the first n places of at.
	product := func(n int) {
		row := make([]GPVirtual, n)
		sums := make([][]VecVirtual, n)
		for i := range row {
			row[i] = GP64()
			MOVLQSX(Mem{Base: at, Disp: i * size}, row[i]) // row[i] = at[i]
			IMULQ(stride, row[i])                          // row[i] *= stride
			ADDQ(rows, row[i])                             // row[i] += rows
			sums[i] = v.zeros(registers)
		}
		part := func(p Register, j GPVirtual, r int) Mem {
			return Mem{Base: p, Index: j, Scale: size, Disp: r * v.lanes * size}
		}
		j, left := GP64(), GP64()
		XORQ(j, j)                             // j = 0
		MOVQ(columns, left)                    // left = columns
		SUBQ(number(dotSums), left)            // left -= sums
		JL(LabelRef(fmt.Sprintf("rest%d", n))) // if left < 0: goto rest
		Label(fmt.Sprintf("columns%d", n))
		for r := range registers {
			x := v.register()
			VMOVUPS(part(d, j, r), x) // x = d[j:][r]
			for i := range row {
				VFMADD231PS(part(row[i], j, r), x, sums[i][r]) // sum[i][r] += x * row[i][j:][r]
			}
		}
		ADDQ(number(dotSums), j)                   // j += sums
		SUBQ(number(dotSums), left)                // left -= sums
		JGE(LabelRef(fmt.Sprintf("columns%d", n))) // if left >= 0: again

		Label(fmt.Sprintf("rest%d", n))
		ADDQ(number(dotSums), left)           // left += sums
		JZ(LabelRef(fmt.Sprintf("sum%d", n))) // if left == 0: goto sum
		for r, mask := range v.masks(left, registers) {
			x, y := v.register(), v.register()
			v.load(part(d, j, r), mask, x) // x = d[j:][r]
			for i := range row {
				v.load(part(row[i], j, r), mask, y) // y = row[i][j:][r]
				VFMADD231PS(y, x, sums[i][r])       // sum[i][r] += x * y
			}
		}

		Label(fmt.Sprintf("sum%d", n))
		for i := range row {
			v.fold(VADDPS, size, sums[i]...) // sum[i][0][0] = the sum of all
			k, sum := GP64(), sums[i][0].AsX()
			MOVLQSX(Mem{Base: at, Disp: i * size}, k) // k = at[i]
			VADDSS(element(dst, k), sum, sum)         // sum += dst[k]
			VMOVSS(sum, element(dst, k))              // dst[k] = sum
		}
		ADDQ(number(n*size), at)  // at = at[n:]
		SUBQ(number(n), products) // products -= n
	}

	group := dotRegisters / registers
	Label("group")
	CMPQ(products, number(group)) // while products >= group
	JL(LabelRef("single"))        // {
	product(group)                //     group of them
	JMP(LabelRef("group"))        // }
	Label("single")
	TESTQ(products, products) // while products > 0
	JZ(LabelRef("done"))      // {
	product(1)                //     one
	JMP(LabelRef("single"))   // }
	Label("done")
	leave()
}
