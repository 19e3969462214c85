package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// rowsAtOnce rows are added to dst in one pass through it, each read in the order
// in which it lies: so many streams are asked for ahead by processors themselves.
const rowsAtOnce = 4

// eachRows calls f, which makes the code that adds n rows, for rowsAtOnce rows at a
// time of the list and for each that is left. at and v are where those of the first
// row stand in the list, which is kept in memory in between.
func eachRows(f func(n int, at, v GPVirtual)) {
	at, v, left := parameterBase("at"), parameterBase("v"), address(Param("at").Len())
	for _, n := range []int{rowsAtOnce, 1} {
		again, done := avx512.label("rows", n), avx512.label("done", n)
		Label(again)
		CMPQ(left, number(n)) // while left >= n
		JL(LabelRef(done))    // {
		f(n, start("at"), start("v"))
		ADDQ(number(n*size), at) //     at = at[n:]
		ADDQ(number(n*size), v)  //     v = v[n:]
		SUBQ(number(n), left)    //     left -= n
		JMP(LabelRef(again))     // }
		Label(done)
	}
}

func parameterBase(name string) Mem { return address(Param(name).Base()) }

// gather8 is gather for rows of int8.
func gather8(v vector) {
	v.function("gather8", "(dst []float32, rows []int8, stride int, at []int32, v []float32)", "is the instruction gather8.")
	eachRows(func(n int, at, factors GPVirtual) {
		values, row := v.registers(n), make([]GPVirtual, n)
		for r := range row {
			row[r] = GP64()
			MOVLQSX(Mem{Base: at, Disp: r * size}, row[r])              // row[r] = at[r]
			IMULQ(parameter("stride"), row[r])                          // row[r] *= stride
			ADDQ(parameterBase("rows"), row[r])                         // row[r] += rows
			VBROADCASTSS(Mem{Base: factors, Disp: r * size}, values[r]) // value[r] = {v[r], v[r], ...}
		}
		j, dst, left := GP64(), start("dst"), length("dst")
		XORQ(j, j) // j = 0
		part := func(lanes Register) {
			sum := v.register()
			v.load(element(dst, j), lanes, sum) // sum = dst[j:]
			for r := range row {
				x := v.register()
				v.floats(Mem{Base: row[r], Index: j, Scale: 1}, x) // x = row[r][j:]
				VFMADD231PS(x, values[r], sum)                     // sum += value[r] * x
			}
			v.store(sum, lanes, element(dst, j)) // dst[j:] = sum
		}
		v.eachRegister(n, left, part, func() {
			ADDQ(number(v.lanes), j) // j += lanes
		})
	})
	leave()
}

// eachRegister calls part, which makes the code for a register's worth of columns,
// for all left columns, and forward after each.
func (v vector) eachRegister(n int, left GPVirtual, part func(lanes Register), forward func()) {
	whole, rest, end := v.label("whole", n), v.label("rest", n), v.label("end", n)
	Label(whole)
	CMPQ(left, number(v.lanes)) // while left >= lanes
	JL(LabelRef(rest))          // {
	part(nil)                   //     all lanes
	forward()
	SUBQ(number(v.lanes), left) //     left -= lanes
	JMP(LabelRef(whole))        // }
	Label(rest)
	TESTQ(left, left) // if left > 0
	JZ(LabelRef(end))
	part(v.masks(left, 1)[0]) //     the first left lanes
	Label(end)
}
