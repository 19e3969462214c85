package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// gatherTile is how many registers of dst stay in place while all the rows are
// added to them: so many additions at once hide how long each takes.
const gatherTile = 8

// gatherAhead is that of package kernel.
const gatherAhead = 24

// gather goes through the rows of dst, through each tile by tile, and for each tile
// through the whole list of the row.
func gather(v vector) {
	v.function("gather", "(dst []float32, dstStep, columns int, rows []float32, stride int, spans, at []int32, v []float32)",
		"is the instruction gather, by fused multiply-adds in the order of the lists.")
	stride, at, values := strideInBytes(), start("at"), start("v")
	spans, left := start("spans"), length("spans")
	SHRQ(Imm(1), left) // left = len(spans) / 2

	Label("list")
	TESTQ(left, left) // while left > 0
	JZ(LabelRef("done"))
	dst, columns, rows, end := start("dst"), GP64(), start("rows"), GP64()
	Load(Param("columns"), columns)
	MOVLQSX(Mem{Base: spans, Disp: size}, end) // end = to
	CMPL(Mem{Base: spans}, Imm(0))             // if from < 0
	JL(LabelRef("next"))                       //     goto next
	CMPL(end.As32(), Mem{Base: spans})         // if to == from
	JE(LabelRef("next"))                       //     goto next

	// add is dst += all rows of the list, for n registers of dst, the last of them
	// with a mask.
	add := func(n int, mask Register) {
		masks := make([]Register, n)
		masks[n-1] = mask
		sums := v.registers(n)
		for r, sum := range sums {
			v.load(v.part(dst, r), masks[r], sum) // sum[r] = dst[r]
		}
		i, row, value := GP64(), GP64(), v.register()
		loop := fmt.Sprintf("row%d", n)
		if mask == nil {
			loop = "row"
		}
		MOVLQSX(Mem{Base: spans}, i) // i = from
		Label(loop)
		later := element(at, i)
		later.Disp = gatherAhead * size
		MOVLQSX(later, row) // row = at[i+gatherAhead]
		IMULQ(stride, row)  // row *= stride
		ADDQ(rows, row)     // row += rows
		for b := 0; b < n*v.lanes*size; b += line {
			PREFETCHT0(Mem{Base: row, Disp: b}) // ask for row
		}
		MOVLQSX(element(at, i), row)            // row = at[i]
		IMULQ(stride, row)                      // row *= stride
		ADDQ(rows, row)                         // row += rows
		VBROADCASTSS(element(values, i), value) // value = {v[i], v[i], ...}
		for r, sum := range sums {
			if masks[r] == nil {
				VFMADD231PS(v.part(row, r), value, sum) // sum[r] += value * row[r]
				continue
			}
			x := v.register()
			v.load(v.part(row, r), masks[r], x) // x = row[r]
			VFMADD231PS(x, value, sum)          // sum[r] += value * x
		}
		INCQ(i)            // i++
		CMPQ(i, end)       // if i < end
		JL(LabelRef(loop)) //     again
		for r, sum := range sums {
			v.store(sum, masks[r], v.part(dst, r)) // dst[r] = sum[r]
		}
	}

	Label("tile")
	CMPQ(columns, number(gatherTile*v.lanes))   // while columns >= tile
	JL(LabelRef("rest"))                        // {
	add(gatherTile, nil)                        //     dst[:tile] += ...
	ADDQ(number(gatherTile*v.lanes*size), dst)  //     dst = dst[tile:]
	ADDQ(number(gatherTile*v.lanes*size), rows) //     rows = rows[tile:]
	SUBQ(number(gatherTile*v.lanes), columns)   //     columns -= tile
	JMP(LabelRef("tile"))                       // }

	// The rest takes as many registers as it needs.
	Label("rest")
	TESTQ(columns, columns) // if columns == 0
	JZ(LabelRef("next"))    //     goto next
	for n := 1; n < gatherTile; n++ {
		CMPQ(columns, number(n*v.lanes))        // if columns <= n registers
		JLE(LabelRef(fmt.Sprintf("rest%d", n))) //     goto rest n
	}
	for n := gatherTile; n > 0; n-- {
		Label(fmt.Sprintf("rest%d", n))
		SUBQ(number((n-1)*v.lanes), columns) // columns -= n-1 registers
		add(n, v.masks(columns, 1)[0])       // dst[:columns] += ...
		JMP(LabelRef("next"))                // goto next
	}
	Label("next")
	dst = start("dst")
	advance(dst, "dstStep")
	Store(dst, Param("dst").Base()) // dst = dst[dstStep:]
	ADDQ(number(spanSize), spans)   // spans = spans[2:]
	DECQ(left)                      // left--
	JMP(LabelRef("list"))
	Label("done")
	leave()
}
