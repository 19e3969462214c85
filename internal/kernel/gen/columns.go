package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// Widths of the kernel's packed columns.
const (
	stripWidth = 64
	windowRows = 64
	windowStep = 16
)

// columnsAhead is how many bytes of weights before their use the processor is asked
// for them: 0.84 of the time of its own looking ahead, for a matrix from the third
// cache.
const columnsAhead = 2048

func addColumns(v vector)  { v.addColumnsOf("addColumns", "float32", size) }
func addColumns8(v vector) { v.addColumnsOf("addColumns8", "int8", 1) }

// addColumnsOf keeps the sums of a strip in registers while its windows go by.
// Numbers have so many bytes.
func (v vector) addColumnsOf(name, kind string, bytes int) {
	v.function(name, fmt.Sprintf("(dst, x []float32, values []%s, places, steps []uint8)", kind), "is the instruction "+name+".")
	dst, left := start("dst"), length("dst")
	values, places, steps := start("values"), start("places"), start("steps")
	window, end := GP64(), length("x")
	LEAQ(Mem{Base: start("x"), Index: end, Scale: size, Disp: -windowRows * size}, end) // end = the last window of x
	look := v.lookUps()
	registers := stripWidth / v.lanes

	Label("strip")
	CMPQ(left, number(stripWidth))
	JL(LabelRef("done")) // while left >= stripWidth {
	sums := v.registers(registers)
	for r, sum := range sums {
		v.load(v.part(dst, r), nil, sum) // sum[r] = dst[r]
	}
	Load(Param("x").Base(), window) // window = x

	Label("window")
	CMPQ(window, end)
	JG(LabelRef("store"))          // while window <= end {
	n := GP64()                    //
	MOVBQZX(Mem{Base: steps}, n)   // n = steps[0]
	INCQ(steps)                    // steps = steps[1:]
	numbersAt := look.open(window) //
	TESTQ(n, n)                    //
	JZ(LabelRef("next"))           //
	Label("step")                  // for n > 0 {
	for r, sum := range sums {
		x := numbersAt(Mem{Base: places, Disp: r * v.lanes}) // x = window[places[r]]
		w := Mem{Base: values, Disp: r * v.lanes * bytes}
		if bytes == size {
			VFMADD231PS(w, x, sum) // sum[r] += values[r] * x
			continue
		}
		f := v.register()
		v.floats(w, f)         // f = values[r]
		VFMADD231PS(f, x, sum) // sum[r] += f * x
	}
	for line := 0; line < stripWidth*bytes; line += 64 {
		PREFETCHT0(Mem{Base: values, Disp: columnsAhead + line})
	}
	PREFETCHT0(Mem{Base: places, Disp: columnsAhead / bytes})
	ADDQ(number(stripWidth*bytes), values) // values = values[stripWidth:]
	ADDQ(number(stripWidth), places)       // places = places[stripWidth:]
	DECQ(n)                                // n--
	JNZ(LabelRef("step"))                  // }
	Label("next")
	ADDQ(number(windowStep*size), window) // window = window[windowStep:]
	JMP(LabelRef("window"))               // }

	Label("store")
	for r, sum := range sums {
		v.store(sum, nil, v.part(dst, r)) // dst[r] = sum[r]
	}
	ADDQ(number(stripWidth*size), dst) // dst = dst[stripWidth:]
	SUBQ(number(stripWidth), left)     // left -= stripWidth
	JMP(LabelRef("strip"))             // }
	Label("done")
	leave()
}

// lookUp finds numbers of a window by their places.
type lookUp struct {
	vector
	second VecVirtual // 32 in every lane: the bit of places in the second half of a window
}

func (v vector) lookUps() lookUp {
	l := lookUp{vector: v}
	if v.opmasks {
		l.second = v.kept("half", U32(windowRows/2))
	}
	return l
}

// open makes the code before the first look-up in a window, and gives what makes that
// of each register of places. AVX-512 has the whole window in four registers, of two
// of which an instruction picks any numbers; AVX2 picks them from memory.
func (l lookUp) open(window GPVirtual) func(places Mem) VecVirtual {
	if !l.opmasks {
		return func(places Mem) VecVirtual {
			at, all, x := l.register(), l.register(), l.register()
			VPMOVZXBD(places, at)                                         // at = places
			VPCMPEQD(at, at, all)                                         // all lanes
			VXORPS(x, x, x)                                               // x = 0, for none waits for what it was
			VGATHERDPS(all, Mem{Base: window, Index: at, Scale: size}, x) // x = window[at]
			return x
		}
	}
	part := l.registers(windowRows / l.lanes)
	for r, x := range part {
		l.load(l.part(window, r), nil, x) // part[r] = window[r]
	}
	return func(places Mem) VecVirtual {
		second, at, x := K(), l.register(), l.register()
		VPMOVZXBD(places, at)           // at = places
		VPTESTMD(l.second, at, second)  // second = at & 32 != 0
		VMOVDQA32(at, x)                // x = at
		VPERMI2PS(part[1], part[0], x)  // x = the first half of the window, at x
		VPERMI2PS(part[3], part[2], at) // at = the second half, at at
		VBLENDMPS(at, x, second, x)     // x = second ? at : x
		return x
	}
}
