package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// gather8 is gather for rows of int8.
func gather8(v vector) {
	v.function("gather8", "(dst []float32, rows []int8, stride int, at []int32, v []float32)", "is the instruction gather8.")
	dst, columns, rows, stride := start("dst"), length("dst"), start("rows"), GP64()
	Load(Param("stride"), stride)
	at, events, values := start("at"), length("at"), start("v")
	TESTQ(events, events)
	JZ(LabelRef("done")) // if events == 0: return

	// add is dst += all rows, for n registers of dst, the last of them with a mask.
	add := func(n int, loop string, mask Register) {
		lanes := make([]Register, n)
		lanes[n-1] = mask
		sums := v.registers(n)
		for r, sum := range sums {
			v.load(v.part(dst, r), lanes[r], sum) // sum[r] = dst[r]
		}
		i, row, value := GP64(), GP64(), v.register()
		XORQ(i, i) // i = 0
		Label(loop)
		MOVLQSX(element(at, i), row)            // row = at[i]
		IMULQ(stride, row)                      // row *= stride
		ADDQ(rows, row)                         // row += rows
		VBROADCASTSS(element(values, i), value) // value = {v[i], v[i], ...}
		for r, sum := range sums {
			x := v.register()
			v.floats(Mem{Base: row, Disp: r * v.lanes}, x) // x = row[r]
			VFMADD231PS(x, value, sum)                     // sum[r] += value * x
		}
		INCQ(i)            // i++
		CMPQ(i, events)    // if i < events
		JL(LabelRef(loop)) //     again
		for r, sum := range sums {
			v.store(sum, lanes[r], v.part(dst, r)) // dst[r] = sum[r]
		}
	}

	Label("tile")
	CMPQ(columns, number(gatherTile*v.lanes))  // while columns >= tile
	JL(LabelRef("rest"))                       // {
	add(gatherTile, "row", nil)                //     dst[:tile] += ...
	ADDQ(number(gatherTile*v.lanes*size), dst) //     dst = dst[tile:]
	ADDQ(number(gatherTile*v.lanes), rows)     //     rows = rows[tile:]
	SUBQ(number(gatherTile*v.lanes), columns)  //     columns -= tile
	JMP(LabelRef("tile"))                      // }

	// The rest takes as many registers as it needs.
	Label("rest")
	TESTQ(columns, columns) // if columns == 0
	JZ(LabelRef("done"))    //     return
	for n := 1; n < gatherTile; n++ {
		CMPQ(columns, number(n*v.lanes))  // if columns <= n registers
		JLE(LabelRef(v.label("rest", n))) //     goto rest n
	}
	for n := gatherTile; n > 0; n-- {
		Label(v.label("rest", n))
		SUBQ(number((n-1)*v.lanes), columns)              // columns -= n-1 registers
		add(n, v.label("row", n), v.masks(columns, 1)[0]) // dst[:columns] += ...
		JMP(LabelRef("done"))                             // return
	}
	Label("done")
	leave()
}
