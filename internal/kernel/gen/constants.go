package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// tables are those of the file so far, by name.
var tables = map[string]Mem{}

// table is read-only memory of 32-bit values.
func table(name string, length int, value func(i int) Constant) Mem {
	m, ok := tables[name]
	if !ok {
		m = GLOBL(name, RODATA|NOPTR)
		for i := range length {
			DATA(i*size, value(i))
		}
		tables[name] = m
	}
	return m
}

// numbers is memory of first, first + 1, ...
func numbers(first int) Mem {
	m := table("numbers", 2*avx512.lanes, func(i int) Constant { return U32(i) })
	return m.Offset(first * size)
}

// constant is an operand with x in every lane: a register where there are
// enough of them, else memory.
func (v vector) constant(name string, x Constant) Op {
	if v.opmasks {
		return v.kept(name, x)
	}
	return inMemory(name, x)
}

// kept is a register with x in every lane.
func (v vector) kept(name string, x Constant) VecVirtual {
	r := v.register()
	VBROADCASTSS(inMemory(name, x), r) // r = {x, x, ...}
	return r
}

func inMemory(name string, x Constant) Mem {
	return table(name, avx2.lanes, func(int) Constant { return x })
}
