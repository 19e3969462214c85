package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

const (
	// panelWidth is that of package kernel: so many columns, and the numbers from
	// one row of a tile or panel to the next.
	panelWidth = 128
	rowSize    = panelWidth * size // bytes of a row of a panel
	rowShift   = 9                 // rowSize is 1 << rowShift
	spanSize   = 2 * size
	wordSize   = 8

	// fullRows is that of package kernel: so many full rows are made at once, and share
	// the numbers of the block that are loaded.
	fullRows = 3
	// blockSums is how many registers of a row stay in place while rows of the
	// block are added to them: so many additions at once hide how long each takes.
	blockSums = 8
)

const _ = uint(rowSize-1<<rowShift) + uint(1<<rowShift-rowSize) // neither is negative

// block goes through the rows of dst. Each takes the rows of the block that its word
// of the bitmap names, or all of them.
func block(v vector) {
	v.function("block", "(dst []float32, dstStep int, base []float32, baseStep int, block []float32, width, depth int, spans []int32, bitmap []uint64, v, a []float32, rowStep, columnStep, ahead int, next []float32, share int)",
		"is the instruction block. width is a multiple of 16.")
	dst, base, block := start("dst"), start("base"), start("block")
	spans, rows, words := start("spans"), length("spans"), start("bitmap")
	SHRQ(Imm(1), rows) // rows = len(spans) / 2
	skip := func(n int) {
		ADDQ(number(n*spanSize), spans) // spans = spans[2*n:]
		ADDQ(number(n*wordSize), words) // bitmap = bitmap[n:]
		SUBQ(number(n), rows)           // rows -= n
	}

	Label("row")
	TESTQ(rows, rows) // while rows > 0
	JZ(LabelRef("done"))
	CMPL(Mem{Base: spans}, Imm(0)) // if from < 0
	JL(LabelRef("full"))           //     goto full
	dstStep, baseStep := inBytes("dstStep"), inBytes("baseStep")
	Label("marked")
	prefetchNext("marked", 1)
	prefetchRows("marked", 1, dst, base)
	v.marked(dst, base, block, spans, words)
	ADDQ(dstStep, dst)   // dst = dst[dstStep:]
	ADDQ(baseStep, base) // base = base[baseStep:]
	skip(1)
	JZ(LabelRef("done"))           // if rows == 0: done
	CMPL(Mem{Base: spans}, Imm(0)) // if from >= 0
	JGE(LabelRef("marked"))        //     goto marked

	Label("full")
	CMPQ(rows, number(fullRows)) // if rows < fullRows
	JL(LabelRef("single"))       //     goto single
	for r := 1; r < fullRows; r++ {
		CMPL(Mem{Base: spans, Disp: r * spanSize}, Imm(0)) // if row r is not full
		JGE(LabelRef("single"))                            //     goto single
	}
	for _, f := range []struct {
		name    string
		n, sums int
	}{{"fulls", fullRows, v.fullSums()}, {"single", 1, blockSums}} {
		Label(f.name)
		prefetchNext(f.name, f.n)
		prefetchRows(f.name, f.n, dst, base)
		v.full(f.n, f.sums, dst, base, block, rows)
		for range f.n {
			advance(dst, "dstStep")   // dst = dst[dstStep:]
			advance(base, "baseStep") // base = base[baseStep:]
		}
		skip(f.n)
		JMP(LabelRef("row"))
	}
	Label("done")
	leave()
}

// fullSums is blockSums for each of fullRows rows, or as many registers as there are.
func (v vector) fullSums() int {
	if v.opmasks {
		return blockSums
	}
	return blockSums / 2
}

// fromColumn is p from a column on, if there is one.
func fromColumn(p, column GPVirtual) GPVirtual {
	if column == nil {
		return p
	}
	at := GP64()
	LEAQ(element(p, column), at) // at = p[column:]
	return at
}

// rowsOf gives the registers of row i of n, up to three, of p, step apart, from a
// column on.
func (v vector) rowsOf(n int, p GPVirtual, stepName string, column GPVirtual) func(i, r int) Mem {
	at := fromColumn(p, column)
	var step GPVirtual
	if n > 1 {
		step = inBytes(stepName)
	}
	return func(i, r int) Mem {
		m := v.part(at, r)
		if i > 0 {
			m.Index, m.Scale = step, uint8(i)
		}
		return m
	}
}

// full adds the whole block to n rows. rows is how many rows are left.
func (v vector) full(n, sums int, dst, base, block, rows GPVirtual) {
	v.strips(v.label("full", n), sums, func(name string, registers int, column GPVirtual) {
		a, k, row := GP64(), GP64(), GP64()
		MOVQ(fromColumn(block, column), row) // row = block[column:]
		Load(Param("spans").Len(), a)
		SHRQ(Imm(1), a)
		SUBQ(rows, a)
		step := inBytes("rowStep")
		IMULQ(step, a)
		ADDQ(address(Param("a").Base()), a) // a = the row's first number
		Load(Param("depth"), k)             // k = depth
		acc, start := make([][]VecVirtual, n), v.rowsOf(n, base, "baseStep", column)
		for i := range acc {
			acc[i] = v.registers(registers)
			for r := range acc[i] {
				VMOVUPS(start(i, r), acc[i][r]) // acc[i] = base[i*baseStep:]
			}
		}
		values, later := v.registers(n), GP64()
		Load(Param("ahead"), later)
		LEAQ(Mem{Base: a, Index: later, Scale: size}, later) // later = a[ahead:]
		Label(name)
		for i := range values {
			m, next := Mem{Base: a}, Mem{Base: later}
			if i > 0 {
				m.Index, m.Scale = step, uint8(i)
				next.Index, next.Scale = step, uint8(i)
			}
			VBROADCASTSS(m, values[i]) // values[i] = {a[i*step], a[i*step], ...}
			PREFETCHT0(next)           // prefetch later[i*step]
		}
		for r := range registers {
			x := v.register()
			VMOVUPS(v.part(row, r), x) // x = row[:128]
			for i := range acc {
				VFMADD231PS(x, values[i], acc[i][r]) // acc[i] += values[i] * x
			}
		}
		advance(a, "columnStep")     // a = a[columnStep:]
		advance(later, "columnStep") // later = later[columnStep:]
		ADDQ(number(rowSize), row)   // row = row[128:]
		DECQ(k)                      // k--
		JNZ(LabelRef(name))          // if k > 0: again
		v.storeRows(acc, dst, column)
	})
}

// storeRows is dst[i*dstStep:] = acc[i], from a column on.
func (v vector) storeRows(acc [][]VecVirtual, dst, column GPVirtual) {
	row := v.rowsOf(len(acc), dst, "dstStep", column)
	for i := range acc {
		for r := range acc[i] {
			VMOVUPS(acc[i][r], row(i, r))
		}
	}
}

// marked adds to a row the rows of the block that its word of the bitmap names. Where a
// row of the block starts must not come from memory: loads that wait for another one go
// at three quarters of the speed.
func (v vector) marked(dst, base, block, spans, words GPVirtual) {
	v.strips("marked", blockSums, func(name string, registers int, column GPVirtual) {
		block := fromColumn(block, column)
		acc, start := v.registers(registers), v.rowsOf(1, base, "baseStep", column)
		left, values := GP64(), GP64()
		MOVQ(Mem{Base: words}, left)             // left = bitmap[0]
		MOVLQSX(Mem{Base: spans}, values)        //
		SHLQ(Imm(2), values)                     //
		ADDQ(address(Param("v").Base()), values) // values = v[from:]
		for r := range acc {
			VMOVUPS(start(0, r), acc[r]) // acc = base
		}
		again, end := name+"event", name+"end"
		TESTQ(left, left) // while left
		JZ(LabelRef(end))
		Label(again)
		x, place := v.register(), GP64()
		TZCNTQ(left, place)                // place = the lowest bit of left
		BLSRQ(left, left)                  // take it off
		SHLQ(Imm(rowShift), place)         //
		ADDQ(block, place)                 // place = block[place*128:]
		VBROADCASTSS(Mem{Base: values}, x) // x = {values[0], values[0], ...}
		ADDQ(Imm(size), values)            // values = values[1:]
		for r := range acc {
			VFMADD231PS(v.part(place, r), x, acc[r]) // acc += x * place[:128]
		}
		TESTQ(left, left)
		JNZ(LabelRef(again))
		Label(end)
		v.storeRows([][]VecVirtual{acc}, dst, column)
	})
}

// strips cuts the columns into strips of so many registers, and a last one of what is
// left. f makes the code of one, from a column on, which is nil if one strip takes all.
func (v vector) strips(name string, registers int, f func(name string, registers int, column GPVirtual)) {
	width, several := registers*v.lanes, registers*v.lanes < panelWidth
	var column GPVirtual
	if several {
		column = GP64()
		XORQ(column, column) // column = 0
	}
	strip := func(n int) { f(v.label(name, n), n, column) }
	whole, rest, end, left := name+"strip", name+"rest", name+"end", GP64()
	Label(whole)
	Load(Param("width"), left)
	if several {
		SUBQ(column, left) // left = width - column
	}
	CMPQ(left, number(width)) // while left >= registers
	JL(LabelRef(rest))        // {
	strip(registers)          //     f(registers)
	if several {
		ADDQ(number(width), column)
		JMP(LabelRef(whole)) // }
	} else {
		JMP(LabelRef(end))
	}
	Label(rest)
	TESTQ(left, left)
	JZ(LabelRef(end))
	for n := 1; n < registers-1; n++ {
		CMPQ(left, number(n*v.lanes))   // if left <= n registers
		JLE(LabelRef(v.label(rest, n))) //     goto rest n
	}
	for n := registers - 1; n > 0; n-- {
		Label(v.label(rest, n))
		strip(n)
		JMP(LabelRef(end))
	}
	Label(end)
}
