package main

import (
	"fmt"
	"log"

	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/gotypes"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// vector is an instruction set. Most instructions have one name for registers
// of any width and stand in the generators; what differs stands here.
type vector struct {
	name     string
	lanes    int // float32 in a register
	register func() VecVirtual
	opmasks  bool // masks have registers of their own kind
}

var (
	avx512 = vector{"AVX512", 16, ZMM, true}
	avx2   = vector{"AVX2", 8, YMM, false}
)

const size = 4 // bytes of a float32

// function begins a function, whose doc comment goes on after its name.
func (v vector) function(name, signature string, doc ...string) {
	TEXT(name+v.name, NOSPLIT, "func"+signature)
	Pragma("noescape")
	doc[0] = name + v.name + " " + doc[0]
	Doc(doc...)
}

// leave ends a function. What has no AVX would be slow after it if the upper
// halves of the registers were not cleared.
func leave() {
	VZEROUPPER()
	RET()
}

// start is where the slice of a parameter starts.
func start(name string) GPVirtual {
	p := GP64()
	Load(Param(name).Base(), p) // p = &name[0]
	return p
}

// length is that of the slice of a parameter.
func length(name string) GPVirtual {
	n := GP64()
	Load(Param(name).Len(), n) // n = len(name)
	return n
}

// parameter is where a number among the parameters stands.
func parameter(name string) Mem { return address(Param(name)) }

// broadcast is a register with a parameter in every lane.
func (v vector) broadcast(name string) VecVirtual {
	r := v.register()
	VBROADCASTSS(parameter(name), r) // r = {name, name, ...}
	return r
}

// result is where the returned number goes.
func result() Mem { return address(ReturnIndex(0)) }

func address(c gotypes.Component) Mem {
	b, err := c.Resolve()
	if err != nil {
		log.Fatal(err)
	}
	return b.Addr
}

// inBytes is a parameter that counts numbers, in bytes.
func inBytes(name string) GPVirtual {
	n := GP64()
	Load(Param(name), n)
	SHLQ(Imm(2), n) // n *= size
	return n
}

// advance is p = p[parameter step:].
func advance(p GPVirtual, step string) {
	n := GP64()
	Load(Param(step), n)
	LEAQ(Mem{Base: p, Index: n, Scale: size}, p)
}

func number(n int) Constant { return U32(n) }

// label names a place in the code of n registers, rows or products.
func (v vector) label(name string, n int) string { return fmt.Sprintf("%s%d", name, n) }

// element is number i of the slice from p on.
func element(p, i Register) Mem { return Mem{Base: p, Index: i, Scale: size} }

// part is register number i of the memory from p on.
func (v vector) part(p Register, i int) Mem { return Mem{Base: p, Disp: i * v.lanes * size} }

func (v vector) registers(n int) []VecVirtual {
	r := make([]VecVirtual, n)
	for i := range r {
		r[i] = v.register()
	}
	return r
}

// zeros are n registers of zeros.
func (v vector) zeros(n int) []VecVirtual {
	r := v.registers(n)
	for _, x := range r {
		VXORPS(x, x, x) // x = 0
	}
	return r
}

// masks are for n registers in a row and select the first left of all their
// lanes.
func (v vector) masks(left GPVirtual, n int) []Register {
	lefts := v.register()
	VMOVD(left.As32(), lefts.AsX())  // lefts[0] = left
	VPBROADCASTD(lefts.AsX(), lefts) // lefts = {left, left, ...}
	masks := make([]Register, n)
	for i := range masks {
		masks[i] = v.mask()
		VPCMPGTD(numbers(i*v.lanes), lefts, masks[i]) // mask[lane] = left > i*lanes + lane
	}
	return masks
}

func (v vector) mask() Register {
	if v.opmasks {
		return K()
	}
	return v.register()
}

// load is x = the lanes of mask in m, and 0 in others, whose memory is not
// touched. A mask of nil has all lanes.
func (v vector) load(m Mem, mask, x Register) {
	switch {
	case mask == nil:
		VMOVUPS(m, x)
	case v.opmasks:
		VMOVUPS_Z(m, mask, x)
	default:
		VMASKMOVPS(m, mask, x)
	}
}

// store is m = the lanes of mask in x. Other memory is not touched.
func (v vector) store(x, mask Register, m Mem) {
	switch {
	case mask == nil:
		VMOVUPS(x, m)
	case v.opmasks:
		VMOVUPS(x, mask, m)
	default:
		VMASKMOVPS(x, mask, m)
	}
}

// keep is x = the lanes of mask in x, and 0 in others.
func (v vector) keep(mask, x Register) {
	if v.opmasks {
		VMOVAPS_Z(x, mask, x)
	} else {
		VANDPS(mask, x, x)
	}
}

// choose is x = the lanes of mask in yes, and the others in no.
func (v vector) choose(mask, yes, no, x Register) {
	if v.opmasks {
		VBLENDMPS(yes, no, mask, x)
	} else {
		VBLENDVPS(mask, yes, no, x)
	}
}

// or is x = the lanes of either mask.
func (v vector) or(mask, x Register) {
	if v.opmasks {
		KORW(mask, x, x)
	} else {
		VORPS(mask, x, x)
	}
}

// bits are the lanes of a mask, that of the first the lowest.
func (v vector) bits(mask Register) GPVirtual {
	b := GP64()
	if v.opmasks {
		KMOVW(mask, b.As32())
	} else {
		VMOVMSKPS(mask, b.As32())
	}
	return b
}

// bytes has -1 for the lanes of a mask and 0 for others. AVX2 has no use for
// the mask after it.
func (v vector) bytes(mask Register) VecVirtual {
	b := XMM()
	if v.opmasks {
		VPMOVM2B(mask, b)
		return b
	}
	m := mask.(VecVirtual)
	VEXTRACTI128(Imm(1), m.AsY(), b) // b = the second half of mask
	VPACKSSDW(b, m.AsX(), b)         // b = 8 lanes of 16 bits
	VPACKSSWB(b, b, b)               // b = 8 bytes, twice
	return b
}

// negative is a mask for choose, of the lanes where x has its sign bit set.
func (v vector) negative(x Register) Register {
	if !v.opmasks {
		return x
	}
	mask := K()
	VPMOVD2M(x, mask)
	return mask
}

// secondHalf is half = the second half of the lanes of x.
func (v vector) secondHalf(x, half VecVirtual) {
	if v.lanes == 16 {
		VEXTRACTF64X4(Imm(1), x, half.AsY())
	} else {
		VEXTRACTF128(Imm(1), x, half.AsX())
	}
}

// widen turns x into float64, of which first is x, then come those of second.
func (v vector) widen(x, second VecVirtual) {
	v.secondHalf(x, second)
	if v.lanes == 16 {
		VCVTPS2PD(second.AsY(), second) // second = float64(x[lanes/2:])
		VCVTPS2PD(x.AsY(), x)           // x = float64(x[:lanes/2])
	} else {
		VCVTPS2PD(second.AsX(), second) // second = float64(x[lanes/2:])
		VCVTPS2PD(x.AsX(), x)           // x = float64(x[:lanes/2])
	}
}

// fold joins all numbers in the lanes of x by op, in pairs far apart first: the
// same pairs for one register as for two of half the width. The result is in
// the first lane.
func (v vector) fold(op func(...Op), numberSize int, x ...VecVirtual) {
	for n := len(x) / 2; n > 0; n /= 2 {
		for i := range n {
			op(x[i+n], x[i], x[i]) // x[i] = op(x[i], x[i+n])
		}
	}
	y, half := x[0], v.register()
	if v.lanes == 16 {
		VEXTRACTF64X4(Imm(1), y, half.AsY()) // half = bytes 32 to 64 of y
		op(half.AsY(), y.AsY(), y.AsY())     // y = op(y, half)
	}
	VEXTRACTF128(Imm(1), y.AsY(), half.AsX()) // half = bytes 16 to 32 of y
	op(half.AsX(), y.AsX(), y.AsX())          // y = op(y, half)
	VPERMILPD(Imm(1), y.AsX(), half.AsX())    // half = bytes 8 to 16 of y
	op(half.AsX(), y.AsX(), y.AsX())          // y = op(y, half)
	if numberSize == 4 {
		VMOVSHDUP(y.AsX(), half.AsX())   // half = bytes 4 to 8 of y
		op(half.AsX(), y.AsX(), y.AsX()) // y = op(y, half)
	}
}
