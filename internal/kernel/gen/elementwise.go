package main

import (
	"strings"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// numbersOf is a register's worth of places in the slices of a function: the
// numbers of all lanes, or of those that mask selects.
type numbersOf struct {
	vector
	slices     map[string]GPVirtual // where each slice starts
	at         GPVirtual            // the first place
	left       GPVirtual            // how many places there are from it on
	mask       Register             // nil for all lanes
	prefetched map[string]bool      // slices of which the numbers ahead were prefetched
}

// ahead is how many bytes from the places in hand memory is prefetched. Rows
// follow one another, and processors that fetch ahead by themselves begin anew at
// every page of 4096 bytes, of which a row of a large layer has one or two.
const ahead = 2048

// of is x = those of a slice, and 0 in lanes without a place.
func (n numbersOf) of(slice string) VecVirtual {
	x := n.register()
	n.load(element(n.slices[slice], n.at), n.mask, x)
	n.prefetch(slice)
	return x
}

// put is slice = x at the places.
func (n numbersOf) put(x Register, slice string) {
	n.store(x, n.mask, element(n.slices[slice], n.at))
	n.prefetch(slice)
}

// prefetch is for what a slice, or what lies behind it, has ahead: once for each
// place. It is no access, and may go anywhere.
func (n numbersOf) prefetch(slice string) {
	if n.mask != nil || n.prefetched[slice] {
		return
	}
	n.prefetched[slice] = true
	m := element(n.slices[slice], n.at)
	PREFETCHT1(m.Offset(ahead)) // prefetch slice[at+ahead/size:]
}

// everywhere runs f, which makes code, for all places of the named slices, of
// which there are as many as in the first. What is left of them takes the same
// code with a mask.
func (v vector) everywhere(names string, f func(numbersOf)) {
	n := numbersOf{vector: v, slices: map[string]GPVirtual{}, at: GP64(), prefetched: map[string]bool{}}
	for i, name := range strings.Fields(names) {
		if i == 0 {
			n.left = length(name)
		}
		n.slices[name] = start(name)
	}
	XORQ(n.at, n.at) // at = 0
	Label("whole")
	CMPQ(n.left, number(v.lanes)) // while left >= lanes
	JL(LabelRef("rest"))          // {
	f(n)                          //     f(at[:lanes])
	ADDQ(number(v.lanes), n.at)   //     at += lanes
	SUBQ(number(v.lanes), n.left) //     left -= lanes
	JMP(LabelRef("whole"))        // }

	Label("rest")
	TESTQ(n.left, n.left)          // if left != 0
	JZ(LabelRef("done"))           // {
	n.mask = v.masks(n.left, 1)[0] //     mask = the first left
	f(n)                           //     f(at[:left])
	Label("done")                  // }
}

// elementwise makes a function that is nothing else than f everywhere.
func (v vector) elementwise(names string, f func(numbersOf)) {
	v.everywhere(names, f)
	leave()
}

func add(v vector) {
	v.function("add", "(dst, src []float32)", "is dst[j] += src[j].")
	v.elementwise("dst src", func(n numbersOf) {
		x, y := n.of("dst"), n.of("src")
		VADDPS(y, x, x) // dst += src
		n.put(x, "dst")
	})
}

func multiply(v vector) {
	v.function("multiply", "(dst, a, b []float32)", "is dst[j] = a[j] * b[j].")
	v.elementwise("dst a b", func(n numbersOf) {
		a, b := n.of("a"), n.of("b")
		VMULPS(b, a, a) // a *= b
		n.put(a, "dst")
	})
}

func subtract(v vector) {
	v.function("subtract", "(dst, a, b []float32)", "is dst[j] = a[j] - b[j].")
	v.elementwise("dst a b", func(n numbersOf) {
		a, b := n.of("a"), n.of("b")
		VSUBPS(b, a, a) // a -= b
		n.put(a, "dst")
	})
}

func addProduct(v vector) {
	v.function("addProduct", "(dst, a, b []float32)", "is dst[j] += a[j] * b[j].")
	v.elementwise("dst a b", func(n numbersOf) {
		x, a, b := n.of("dst"), n.of("a"), n.of("b")
		VFMADD231PS(a, b, x) // dst += a*b
		n.put(x, "dst")
	})
}

func addKept(v vector) {
	v.function("addKept", "(dst, a, m []float32)", "is dst[j] += a[j] * m[j] where m[j] is not 0.")
	zero := v.zeros(1)[0]
	v.elementwise("dst a m", func(n numbersOf) {
		x, a, m, kept := n.of("dst"), n.of("a"), n.of("m"), v.mask()
		VCMPPS(Imm(notEqual), zero, m, kept) // kept = m != 0
		VMULPS(m, a, a)                      // a *= m
		VADDPS(x, a, a)                      // a += dst
		v.choose(kept, a, x, x)              // dst = kept ? a : dst
		n.put(x, "dst")
	})
}

func mix(v vector) {
	v.function("mix", "(dst, w, a, b []float32)", "is dst[j] = w[j]*a[j] + (1-w[j])*b[j].")
	one := v.kept("one", F32(1))
	v.elementwise("dst w a b", func(n numbersOf) {
		w, a, b, x := n.of("w"), n.of("a"), n.of("b"), v.register()
		VSUBPS(w, one, x)    // x = 1 - w
		VMULPS(b, x, x)      // x *= b
		VFMADD231PS(w, a, x) // x += w*a
		n.put(x, "dst")
	})
}

func split(v vector) {
	v.function("split", "(rest, x, w []float32)", "is rest[j] = (1-w[j])*x[j], x[j] *= w[j].")
	one := v.kept("one", F32(1))
	v.elementwise("rest x w", func(n numbersOf) {
		x, w, rest := n.of("x"), n.of("w"), v.register()
		VSUBPS(w, one, rest)  // rest = 1 - w
		VMULPS(x, rest, rest) // rest *= x
		VMULPS(w, x, x)       // x *= w
		n.put(rest, "rest")
		n.put(x, "x")
	})
}

// What VCMPPS compares, where NaN makes the first three true, true and false.
const (
	unordered = 3
	notEqual  = 4
	greater   = 30
)

func indicate(v vector) {
	v.function("indicate", "(dst, a, b []float32)", "is dst[j] = 1 where a[j] or b[j] is not 0, and 0 elsewhere.")
	one, zero := v.kept("one", F32(1)), v.zeros(1)[0]
	v.elementwise("dst a b", func(n numbersOf) {
		x := v.register()
		set := v.eitherNotZero(n, zero)
		VMOVAPS(one, x) // x = 1
		v.keep(set, x)  // x = set ? x : 0
		n.put(x, "dst")
	})
}

// eitherNotZero is a mask of where a or b is not zero.
func (v vector) eitherNotZero(n numbersOf, zero Register) Register {
	a, b, left, right := n.of("a"), n.of("b"), v.mask(), v.mask()
	VCMPPS(Imm(notEqual), zero, a, left)  // left = a != 0
	VCMPPS(Imm(notEqual), zero, b, right) // right = b != 0
	v.or(right, left)                     // left |= right
	return left
}

// eitherNotZero writes a byte for every lane.
func eitherNotZero(v vector) {
	v.function("eitherNotZero", "(dst []bool, a, b []float32) int",
		"is dst[j] = a[j] != 0 || b[j] != 0, and returns how many are true.")
	zero, total := v.zeros(1)[0], GP64()
	ones := XMM()
	VMOVDQU(table("bytes", 4, func(int) Constant { return U32(0x01010101) }), ones) // ones = {1, 1, ...}
	XORQ(total, total)                                                              // total = 0
	v.everywhere("dst a b", func(n numbersOf) {
		set := v.eitherNotZero(n, zero)
		bits := v.bits(set)   // bits = set
		POPCNTQ(bits, bits)   // bits = how many
		ADDQ(bits, total)     // total += bits
		bytes := v.bytes(set) // bytes = set ? -1 : 0
		VPAND(ones, bytes, bytes)
		dst := Mem{Base: n.slices["dst"], Index: n.at, Scale: 1}
		switch {
		case n.mask == nil && v.lanes == 16:
			VMOVDQU(bytes, dst) // dst = bytes
		case n.mask == nil:
			VMOVQ(bytes, dst) // dst = bytes[:8]
		case v.opmasks:
			VMOVDQU8(bytes, n.mask, dst) // dst = bytes[:left]
		default:
			word := GP64()
			VMOVQ(bytes, word)    // word = bytes[:8]
			Label("byte")         // do {
			MOVB(word.As8(), dst) //     dst[at] = byte(word)
			SHRQ(Imm(8), word)    //     word >>= 8
			INCQ(n.at)            //     at++
			DECQ(n.left)          //     left--
			JNZ(LabelRef("byte")) // } while left != 0
		}
	})
	MOVQ(total, result()) // return total
	leave()
}
