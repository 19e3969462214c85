package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// eachRows calls f, which makes the code that adds n rows in one pass through dst, for
// each of the counts in turn, the last of which is 1, as long as the list has as many
// rows. Each row is read in the order in which it lies, and processors ask ahead for so
// many streams by themselves: of 1350 rows of 4050 numbers in memory, of which 15 %
// are listed, eight at once take 0.75 of the time of tile after tile of all rows, and
// four 0.86. at and v are where those of the first row stand in the list, which is kept
// in memory in between.
func eachRows(counts []int, f func(n int, at, v GPVirtual)) {
	at, v, left := parameterBase("at"), parameterBase("v"), address(Param("at").Len())
	for _, n := range counts {
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

func addRows(v vector)  { v.addRowsOf("addRows", "float32", size) }
func addRows8(v vector) { v.addRowsOf("addRows8", "int8", 1) }

// addRowsOf adds rows of numbers that have so many bytes.
func (v vector) addRowsOf(name, kind string, bytes int) {
	v.function(name, fmt.Sprintf("(dst []float32, rows []%s, stride int, at []int32, v []float32)", kind), "is the instruction "+name+".")
	eachRows([]int{8, 4, 1}, func(n int, at, factors GPVirtual) {
		values, row := v.registers(n), make([]GPVirtual, n)
		for r := range row {
			row[r] = GP64()
			MOVLQSX(Mem{Base: at, Disp: r * size}, row[r]) // row[r] = at[r]
			IMULQ(parameter("stride"), row[r])             // row[r] *= stride
			v.bytesToAdd(row[r], bytes)
			ADDQ(parameterBase("rows"), row[r])                         // row[r] += rows
			VBROADCASTSS(Mem{Base: factors, Disp: r * size}, values[r]) // value[r] = {v[r], v[r], ...}
		}
		j, dst, left := GP64(), start("dst"), length("dst")
		XORQ(j, j) // j = 0
		v.eachRegister(n, left, func(lanes Register) {
			sum := v.register()
			v.load(element(dst, j), lanes, sum) // sum = dst[j:]
			for r := range row {
				m := Mem{Base: row[r], Index: j, Scale: uint8(bytes)}
				if bytes == size {
					VFMADD231PS(m, values[r], sum) // sum += value[r] * row[r][j:]
					continue
				}
				x := v.register()
				v.floats(m, x)                 // x = row[r][j:]
				VFMADD231PS(x, values[r], sum) // sum += value[r] * x
			}
			v.store(sum, lanes, element(dst, j)) // dst[j:] = sum
		}, func() {
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
