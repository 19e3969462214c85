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
const gatherAhead = 8

// gather goes through the rows of dst, through each tile by tile, and for each tile
// through the whole list of the row.
func gather(v vector) {
	v.function("gather", "(dst []float32, dstStep, columns int, base []float32, baseStep int, rows []float32, stride int, spans, at []int32, v, next []float32)",
		"is the instruction gather, by fused multiply-adds in the order of the lists.")
	stride, at, values, spans := inBytes("stride"), start("at"), start("v"), start("spans")
	next, nextEnd := start("next"), length("next")
	LEAQ(element(next, nextEnd), nextEnd)

	Label("list")
	CMPQ(address(Param("spans").Len()), Imm(0)) // while len(spans) > 0
	JLE(LabelRef("done"))
	prefetchRow(PREFETCHT0, start("dst"), "dstStep", rowsAhead, panelWidth)
	dst, base, columns, rows, end := start("dst"), start("base"), GP64(), start("rows"), GP64()
	Load(Param("columns"), columns)
	MOVLQSX(Mem{Base: spans, Disp: size}, end) // end = to
	CMPL(Mem{Base: spans}, Imm(0))             // if from < 0
	JL(LabelRef("none"))                       //     goto none
	CMPL(end.As32(), Mem{Base: spans})         // if to != from
	JNE(LabelRef("tile"))                      //     goto tile
	Label("none")
	CMPQ(dst, base)      // if dst == base
	JE(LabelRef("next")) //     goto next

	// add is dst = base + all rows of the list, for n registers of dst, the last of
	// them with a mask.
	add := func(n int, mask Register) {
		masks := make([]Register, n)
		masks[n-1] = mask
		sums := v.registers(n)
		for r, sum := range sums {
			v.load(v.part(base, r), masks[r], sum) // sum[r] = base[r]
		}
		i, row, value := GP64(), GP64(), v.register()
		loop := fmt.Sprintf("row%d", n)
		if mask == nil {
			loop = "row"
		}
		MOVLQSX(Mem{Base: spans}, i) // i = from
		TESTQ(i, i)                  // if i < 0
		JL(LabelRef(loop + "all"))   //     goto all
		CMPQ(i, end)                 // if i == end
		JE(LabelRef(loop + "all"))   //     goto all
		Label(loop)
		CMPQ(next, nextEnd)                // if next is not at its end
		JGE(LabelRef(loop + "prefetched")) // {
		for b := 0; b < panelWidth*size; b += line {
			PREFETCHT1(Mem{Base: next, Disp: b}) // prefetch a row of it
		}
		ADDQ(number(panelWidth*size), next) // next = the next row
		Label(loop + "prefetched")          // }
		later := element(at, i)
		later.Disp = gatherAhead * size
		MOVLQSX(later, row) // row = at[i+gatherAhead]
		IMULQ(stride, row)  // row *= stride
		ADDQ(rows, row)     // row += rows
		for b := 0; b < n*v.lanes*size; b += line {
			PREFETCHT0(Mem{Base: row, Disp: b}) // prefetch row
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
		Label(loop + "all")
		for r, sum := range sums {
			v.store(sum, masks[r], v.part(dst, r)) // dst[r] = sum[r]
		}
	}

	Label("tile")
	CMPQ(columns, number(gatherTile*v.lanes)) // while columns >= tile
	JL(LabelRef("rest"))                      // {
	add(gatherTile, nil)                      //     dst[:tile] = base[:tile] + ...
	for _, p := range []GPVirtual{dst, base, rows} {
		ADDQ(number(gatherTile*v.lanes*size), p) // p = p[tile:]
	}
	SUBQ(number(gatherTile*v.lanes), columns) //     columns -= tile
	JMP(LabelRef("tile"))                     // }

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
		add(n, v.masks(columns, 1)[0])       // dst[:columns] = base[:columns] + ...
		JMP(LabelRef("next"))                // goto next
	}
	Label("next")
	for _, p := range []string{"dst", "base"} {
		row := start(p)
		advance(row, p+"Step")
		Store(row, Param(p).Base()) // p = p[pStep:]
	}
	ADDQ(number(spanSize), spans) // spans = spans[2:]
	SUBQ(Imm(2), address(Param("spans").Len()))
	JMP(LabelRef("list"))
	Label("done")
	leave()
}
