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

// gather goes through dst tile by tile, and for each through the whole list.
func gather(v vector) {
	v.function("gather", "(dst, rows []float32, stride int, at []int32, v []float32)",
		"is dst[j] += sum over i of v[i] * rows[at[i]*stride + j],",
		"by fused multiply-adds in the order of the list.")
	dst, columns, rows, stride := start("dst"), length("dst"), start("rows"), strideInBytes()
	at, events, values := start("at"), length("at"), start("v")
	TESTQ(events, events)
	JZ(LabelRef("done")) // if events == 0: return

	// add is dst += all rows, for n registers of dst, the last of them with a
	// mask.
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
		XORQ(i, i) // i = 0
		Label(loop)
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
		CMPQ(i, events)    // if i < events
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
	JZ(LabelRef("done"))    //     return
	for n := 1; n < gatherTile; n++ {
		CMPQ(columns, number(n*v.lanes))        // if columns <= n registers
		JLE(LabelRef(fmt.Sprintf("rest%d", n))) //     goto rest n
	}
	for n := gatherTile; n > 0; n-- {
		Label(fmt.Sprintf("rest%d", n))
		SUBQ(number((n-1)*v.lanes), columns) // columns -= n-1 registers
		add(n, v.masks(columns, 1)[0])       // dst[:columns] += ...
		JMP(LabelRef("done"))                // return
	}
	Label("done")
	leave()
}
