package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

const (
	// panelWidth is that of package kernel: so many columns, and the numbers from
	// one row of a tile or panel to the next.
	panelWidth = 128
	rowSize    = 1 << rowShift // of a panel
	rowShift   = 9
	spanSize   = 2 * size
	wordSize   = 8

	// fullRows is that of package kernel: rows that take the whole block are made as
	// many at once, and share the numbers of the block that are loaded.
	fullRows = 3
	// blockSums is how many registers of a row stay in place while rows of the
	// block are added to them: so many additions at once hide how long each takes.
	blockSums = 8
)

// block goes through the rows of dst. Each takes the rows of the block that its word
// of the bitmap names, or all of them.
func block(v vector) {
	v.function("block", "(dst []float32, dstStep int, base []float32, baseStep int, panel []float32, width, depth int, spans []int32, bitmap []uint64, v, a []float32, rowStep, columnStep, aNext int, next []float32, nextStep, nextPieces, nextShare int)",
		"is the instruction block. width is a multiple of 16.")
	dst, base, panel := start("dst"), start("base"), start("panel")
	spans, rows, words := start("spans"), length("spans"), start("bitmap")
	SHRQ(Imm(1), rows) // rows = len(spans) / 2
	skip := func(n int) {
		for range n {
			advance(dst, "dstStep")   // dst = dst[dstStep:]
			advance(base, "baseStep") // base = base[baseStep:]
		}
		ADDQ(number(n*spanSize), spans) // spans = spans[2*n:]
		ADDQ(number(n*wordSize), words) // bitmap = bitmap[n:]
		SUBQ(number(n), rows)           // rows -= n
		JMP(LabelRef("row"))
	}

	Label("row")
	TESTQ(rows, rows) // while rows > 0
	JZ(LabelRef("done"))
	CMPL(Mem{Base: spans}, Imm(0)) // if from < 0
	JL(LabelRef("full"))           //     goto full
	if v.opmasks {
		// Two rows at a time: twice as many sums hide what one waits for.
		CMPQ(rows, Imm(1)) // if rows == 1
		JE(LabelRef("lone"))
		CMPL(Mem{Base: spans, Disp: spanSize}, Imm(0)) // or the next one is full
		JL(LabelRef("lone"))                           //     goto lone
		askAhead("pair", panelWidth/askWidth, 2)
		askForRows("pair", 2, dst, base)
		v.marked(2, dst, base, panel, spans, words)
		skip(2)
		Label("lone")
	}
	askAhead("marked", panelWidth/askWidth, 1)
	v.marked(1, dst, base, panel, spans, words)
	skip(1)

	Label("full")
	CMPQ(rows, number(fullRows)) // if rows < fullRows
	JL(LabelRef("single"))       //     goto single
	for r := 1; r < fullRows; r++ {
		CMPL(Mem{Base: spans, Disp: r * spanSize}, Imm(0)) // if row r is not full
		JGE(LabelRef("single"))                            //     goto single
	}
	askAhead("full", panelWidth/askWidth, fullRows)
	askForRows("full", fullRows, dst, base)
	v.full(fullRows, v.fullSums(), dst, base, panel, rows)
	skip(fullRows)
	Label("single")
	askAhead("single", panelWidth/askWidth, 1)
	v.full(1, blockSums, dst, base, panel, rows)
	skip(1)
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

// rowsOf gives the registers of row i of up to three of p, step apart, from a column on.
func (v vector) rowsOf(p GPVirtual, stepName string, column GPVirtual) func(i, r int) Mem {
	at, step := GP64(), GP64()
	LEAQ(element(p, column), at) // at = p[column:]
	Load(Param(stepName), step)
	SHLQ(Imm(2), step) // step *= size
	return func(i, r int) Mem {
		m := v.part(at, r)
		if i > 0 {
			m.Index, m.Scale = step, uint8(i)
		}
		return m
	}
}

// full adds the whole block to n rows. rows is how many rows are left.
func (v vector) full(n, sums int, dst, base, panel, rows GPVirtual) {
	v.strips(fmt.Sprintf("full%d", n), sums, panel, func(name string, registers int, column, panel GPVirtual) {
		a, step, k := GP64(), GP64(), GP64()
		Load(Param("spans").Len(), a)
		SHRQ(Imm(1), a)
		SUBQ(rows, a)
		Load(Param("rowStep"), step)
		SHLQ(Imm(2), step) // step *= size
		IMULQ(step, a)
		ADDQ(address(Param("a").Base()), a) // a = the row's first number
		Load(Param("depth"), k)             // k = depth
		acc, from := make([][]VecVirtual, n), v.rowsOf(base, "baseStep", column)
		for i := range acc {
			acc[i] = v.registers(registers)
			for r := range acc[i] {
				VMOVUPS(from(i, r), acc[i][r]) // acc[i] = base[i*baseStep:]
			}
		}
		values, later := v.registers(n), GP64()
		Load(Param("aNext"), later)
		LEAQ(Mem{Base: a, Index: later, Scale: size}, later) // later = a[aNext:]
		Label(name)
		for i := range values {
			m, next := Mem{Base: a}, Mem{Base: later}
			if i > 0 {
				m.Index, m.Scale = step, uint8(i)
				next.Index, next.Scale = step, uint8(i)
			}
			VBROADCASTSS(m, values[i]) // values[i] = {a[i*step], a[i*step], ...}
			PREFETCHT0(next)           // ask for later[i*step]
		}
		for r := range registers {
			x := v.register()
			VMOVUPS(v.part(panel, r), x) // x = panel[:128]
			for i := range acc {
				VFMADD231PS(x, values[i], acc[i][r]) // acc[i] += values[i] * x
			}
		}
		advance(a, "columnStep")     // a = a[columnStep:]
		advance(later, "columnStep") // later = later[columnStep:]
		ADDQ(number(rowSize), panel) // panel = panel[128:]
		DECQ(k)                      // k--
		JNZ(LabelRef(name))          // if k > 0: again
		v.storeRows(acc, dst, column)
	})
}

// storeRows is dst[i*dstStep:] = acc[i], from a column on.
func (v vector) storeRows(acc [][]VecVirtual, dst, column GPVirtual) {
	row := v.rowsOf(dst, "dstStep", column)
	for i := range acc {
		for r := range acc[i] {
			VMOVUPS(acc[i][r], row(i, r))
		}
	}
}

// marked adds to n rows, one or two, the rows of the block that their words of the
// bitmap name. Where a row of the block starts must not come from memory: loads that
// wait for another one go at three quarters of the speed.
func (v vector) marked(n int, dst, base, panel, spans, words GPVirtual) {
	v.strips(v.label("marked", n), blockSums, panel, func(name string, registers int, column, panel GPVirtual) {
		acc, from := make([][]VecVirtual, n), v.rowsOf(base, "baseStep", column)
		left, values, all := make([]GPVirtual, n), make([]GPVirtual, n), []int{}
		for i := range n {
			all = append(all, i)
			acc[i], left[i], values[i] = v.registers(registers), GP64(), GP64()
			MOVQ(Mem{Base: words, Disp: i * wordSize}, left[i])      // left = bitmap[i]
			MOVLQSX(Mem{Base: spans, Disp: i * spanSize}, values[i]) //
			SHLQ(Imm(2), values[i])                                  //
			ADDQ(address(Param("v").Base()), values[i])              // values = v[from:]
			for r := range acc[i] {
				VMOVUPS(from(i, r), acc[i][r]) // acc[i] = base[i*baseStep:]
			}
		}
		// step takes the next event of some rows.
		step := func(rows []int) {
			x, place := make([]VecVirtual, n), make([]GPVirtual, n)
			for _, i := range rows {
				x[i], place[i] = v.register(), GP64()
				TZCNTQ(left[i], place[i])                // place = the lowest bit of left
				BLSRQ(left[i], left[i])                  // take it off
				SHLQ(Imm(rowShift), place[i])            //
				ADDQ(panel, place[i])                    // place = panel[place*128:]
				VBROADCASTSS(Mem{Base: values[i]}, x[i]) // x = {values[0], values[0], ...}
				ADDQ(Imm(size), values[i])               // values = values[1:]
			}
			for r := range registers {
				for _, i := range rows {
					VFMADD231PS(v.part(place[i], r), x[i], acc[i][r]) // acc[i] += x * place[:128]
				}
			}
		}
		// alone takes the events that row i has left.
		alone := func(i int) {
			again, end := v.label(name+"row", i), v.label(name+"end", i)
			TESTQ(left[i], left[i]) // while left
			JZ(LabelRef(end))
			Label(again)
			step([]int{i})
			TESTQ(left[i], left[i])
			JNZ(LabelRef(again))
			Label(end)
		}
		if n > 1 {
			both, meet, rest := name+"both", name+"meet", name+"rest"
			JMP(LabelRef(meet))
			Label(both)
			step(all)
			Label(meet)
			for i := range n {
				TESTQ(left[i], left[i]) // while all have events left
				JZ(LabelRef(rest))
			}
			JMP(LabelRef(both))
			Label(rest)
		}
		for i := range n {
			alone(i)
		}
		v.storeRows(acc, dst, column)
	})
}

// strips cuts the columns into strips of so many registers, and a last one of what is
// left. f makes the code of one, from a column on, and panel is where it starts there.
func (v vector) strips(name string, registers int, panel GPVirtual, f func(name string, registers int, column, panel GPVirtual)) {
	column := GP64()
	XORQ(column, column) // column = 0
	strip := func(n int) {
		p := GP64()
		LEAQ(element(panel, column), p) // p = panel[column:]
		f(fmt.Sprintf("%s%d", name, n), n, column, p)
	}
	whole, rest, end := name+"strip", name+"rest", name+"end"
	Label(whole)
	left := GP64()
	Load(Param("width"), left)
	SUBQ(column, left)                    // left = width - column
	CMPQ(left, number(registers*v.lanes)) // while left >= registers
	JL(LabelRef(rest))                    // {
	strip(registers)                      //     f(registers)
	ADDQ(number(registers*v.lanes), column)
	JMP(LabelRef(whole)) // }
	Label(rest)
	TESTQ(left, left)
	JZ(LabelRef(end))
	for n := 1; n < registers-1; n++ {
		CMPQ(left, number(n*v.lanes))               // if left <= n registers
		JLE(LabelRef(fmt.Sprintf("%s%d", rest, n))) //     goto rest n
	}
	for n := registers - 1; n > 0; n-- {
		Label(fmt.Sprintf("%s%d", rest, n))
		strip(n)
		JMP(LabelRef(end))
	}
	Label(end)
}
