package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

func spread(v vector)  { v.spreadOf("spread", "float32", size) }
func spread8(v vector) { v.spreadOf("spread8", "int8", 1) }

// spreadOf adds rows to dst in one pass through it, each read in the order in which
// it lies. Numbers have so many bytes.
func (v vector) spreadOf(name, kind string, bytes int) {
	v.function(name, fmt.Sprintf("(dst []float32, masks []uint16, maskStep int, values []%s, starts []int64, at []int32, v []float32)", kind),
		"is the instruction "+name+".")
	zero := v.zeros(1)[0]
	eachRows([]int{4, 1}, func(n int, at, factors GPVirtual) {
		values, mask, numbers := v.registers(n), make([]GPVirtual, n), make([]GPVirtual, n)
		for r := range n {
			mask[r], numbers[r] = GP64(), GP64()
			MOVLQSX(Mem{Base: at, Disp: r * size}, mask[r]) // k = at[r]
			starts := start("starts")
			MOVQ(Mem{Base: starts, Index: mask[r], Scale: 8}, numbers[r])
			v.bytesToAdd(numbers[r], bytes)
			ADDQ(parameterBase("values"), numbers[r]) // numbers[r] = values[starts[k]:]
			IMULQ(parameter("maskStep"), mask[r])
			ADDQ(mask[r], mask[r])
			ADDQ(parameterBase("masks"), mask[r])                       // mask[r] = masks[k*maskStep:]
			VBROADCASTSS(Mem{Base: factors, Disp: r * size}, values[r]) // value[r] = {v[r], v[r], ...}
		}
		j, dst, left := GP64(), start("dst"), length("dst")
		XORQ(j, j) // j = 0
		v.eachRegister(n, left, func(lanes Register) {
			sum := v.register()
			v.load(Mem{Base: dst}, lanes, sum) // sum = dst[:lanes]
			for r := range n {
				bits, x := GP64(), v.register()
				if v.lanes == 16 {
					MOVWLZX(Mem{Base: mask[r], Index: j, Scale: 1}, bits.As32()) // bits = mask[r][j:]
				} else {
					MOVBLZX(Mem{Base: mask[r], Index: j, Scale: 1}, bits.As32())
				}
				set := GP64()
				POPCNTL(bits.As32(), set.As32())           // set = how many bits are set
				v.expand(numbers[r], bits, zero, x, bytes) // x = numbers[r] where bits are set, else 0
				VFMADD231PS(x, values[r], sum)             // sum += value[r] * x
				if bytes == size {
					LEAQ(Mem{Base: numbers[r], Index: set, Scale: size}, numbers[r])
				} else {
					ADDQ(set, numbers[r])
				} // numbers[r] = numbers[r][set:]
			}
			v.store(sum, lanes, Mem{Base: dst}) // dst[:lanes] = sum
		}, func() {
			ADDQ(number(v.lanes*size), dst) // dst = dst[lanes:]
			ADDQ(Imm(uint64(v.lanes/8)), j) // j += lanes, in bits
		})
	})
	leave()
}

// bytesToAdd turns a count of numbers into one of bytes.
func (v vector) bytesToAdd(n GPVirtual, bytes int) {
	if bytes == size {
		SHLQ(Imm(2), n)
	}
}

// expand is x = the numbers from p on, each in the lane of the next set bit, and 0 in
// other lanes.
func (v vector) expand(p, bits GPVirtual, zero, x VecVirtual, bytes int) {
	m := Mem{Base: p}
	if v.opmasks {
		mask := K()
		KMOVW(bits.As32(), mask) // mask = bits
		if bytes == size {
			// In halves: whole registers would mostly lie across two cache lines, and
			// whether a half is enough is nothing to foretell.
			VMOVUPS(m, x.AsY())                                  // x = the first numbers
			VINSERTF32X8(Imm(1), m.Offset(v.lanes/2*size), x, x) // and the others
		} else {
			v.floats(m, x)
		}
		VEXPANDPS_Z(x, mask, x) // x = x, expanded
		return
	}
	ranks, places := GP64(), v.register()
	LEAQ(laneRanks(), ranks)
	VPMOVSXBD(Mem{Base: ranks, Index: bits, Scale: 8}, places) // places = which number goes to a lane, or -128
	if bytes == size {
		VPERMPS(m, places, x) // x = m[places]
	} else {
		v.floats(m, x)
		VPERMPS(x, places, x) // x = x[places]
	}
	v.choose(places, zero, x, x) // x = places < 0 ? 0 : x
}

// floats is x = float32 of as many int8 as there are lanes.
func (v vector) floats(m Mem, x Register) {
	VPMOVSXBD(m, x)
	VCVTDQ2PS(x, x)
}

// laneRanks is memory, eight bytes for each of 0, 1, ..., 255: the rank of each set
// bit among those that are, and -128 for the others.
func laneRanks() Mem {
	if m, ok := tables["ranks"]; ok {
		return m
	}
	m := GLOBL("ranks", RODATA|NOPTR)
	for bits := range 256 {
		var word uint64
		n := uint64(0)
		for i := range 8 {
			if bits>>i&1 == 1 {
				word |= n << (8 * i)
				n++
			} else {
				word |= 0x80 << (8 * i)
			}
		}
		DATA(bits*8, U64(word))
	}
	tables["ranks"] = m
	return m
}
