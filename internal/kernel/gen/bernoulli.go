package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// The rounds and constants of Philox4x32-10, as in package random.
const (
	philoxRounds = 10
	philoxMul0   = 0xD2511F53
	philoxMul1   = 0xCD9E8D57
	philoxKey0   = 0x9E3779B9
	philoxKey1   = 0xBB67AE85
)

// drawsAtOnce is how many registers of counters are permuted at a time: so many
// hide how long each multiplication takes, and fit beside the constants.
func (v vector) drawsAtOnce() int {
	if v.opmasks {
		return 4
	}
	return 2
}

// bernoulli keeps the words of a counter in the lower halves of 64-bit lanes, of one
// register each: multiplications take these, and leave both halves of a product. What
// is in upper halves does not matter. Lanes hold counters in an order that packs to
// one of the output.
func bernoulli(v vector) {
	v.function("bernoulli", "(dst []float32, block, step uint64, key0, key1, below uint32, one float32)",
		"is the instruction bernoulli.")
	dst, left := start("dst"), length("dst")
	half := v.lanes / 2 // counters in a register
	counter := func(lane int) int { return lane/2 + lane%2*half/2 }
	order := table(v.label("counters", half), v.lanes, func(i int) Constant {
		if i%2 == 1 {
			return U32(0)
		}
		return U32(counter(i / 2))
	})
	wide := func(x uint32) VecVirtual { // x in every 64-bit lane
		r, g := v.register(), GP64()
		MOVL(U32(x), g.As32())
		v.spread(g, r)
		return r
	}
	broadcast := func(name string) VecVirtual {
		r, g := v.register(), GP64()
		MOVL(parameter(name), g.As32())
		v.spread(g, r)
		return r
	}
	mul0, mul1, one := wide(philoxMul0), wide(philoxMul1), v.broadcast("one")
	below, number32 := v.register(), GP32()
	MOVL(parameter("below"), number32)
	VMOVD(number32, below.AsX())
	VPBROADCASTD(below.AsX(), below) // below = {below, below, ...}
	if !v.opmasks {
		// AVX2 compares signed numbers alone: below, as one.
		VPXOR(v.constant("sign", U32(1<<31)), below, below)
	}
	block := GP64()
	Load(Param("block"), block)

	Label("draw")
	CMPQ(left, number(4*half*v.drawsAtOnce())) // while left >= numbers of all registers
	JL(LabelRef("done"))
	words := make([][4]VecVirtual, v.drawsAtOnce())
	for d := range words {
		w := &words[d]
		for i := range w {
			w[i] = v.register()
		}
		v.spread(block, w[0])
		VPADDD(order, w[0], w[0])     // words[0] = block + the counter of the lane
		VPSRLQ(Imm(32), w[0], w[1])   // words[1] = block >> 32
		v.wideParameter("step", w[2]) // words[2] = step
		VPSRLQ(Imm(32), w[2], w[3])   // words[3] = step >> 32
		ADDQ(number(half), block)     // block += counters
	}
	key0, key1 := broadcast("key0"), broadcast("key1")
	for round := range philoxRounds {
		if round > 0 {
			VPADDD(v.inWide("key0", philoxKey0), key0, key0) // key0 += 0x9E3779B9
			VPADDD(v.inWide("key1", philoxKey1), key1, key1) // key1 += 0xBB67AE85
		}
		for d := range words {
			w := &words[d]
			p0, p1 := v.register(), v.register()
			VPMULUDQ(mul0, w[0], p0)  // p0 = mul0 * words[0]
			VPMULUDQ(mul1, w[2], p1)  // p1 = mul1 * words[2]
			VPSRLQ(Imm(32), p1, w[0]) // words[0] = p1 >> 32
			VPSRLQ(Imm(32), p0, w[2]) // words[2] = p0 >> 32
			v.xor3(w[1], key0, w[0])  // words[0] ^= words[1] ^ key0
			v.xor3(w[3], key1, w[2])  // words[2] ^= words[3] ^ key1
			w[1], w[3] = p1, p0       // words[1], words[3] = p1, p0
		}
	}
	for d := range words {
		w := &words[d]
		low, high := v.pair(w[0], w[1]), v.pair(w[2], w[3])
		first, second := v.register(), v.register()
		VPUNPCKLQDQ(high, low, first)  // first = the words of the first half of the counters
		VPUNPCKHQDQ(high, low, second) // second = of the others
		for _, x := range []VecVirtual{first, second} {
			drawn := v.register()
			if v.opmasks {
				const less = 1
				mask := K()
				VPCMPUD(Imm(less), below, x, mask) // mask = x < below
				VMOVAPS_Z(one, mask, drawn)        // drawn = mask ? one : 0
			} else {
				VPXOR(v.constant("sign", U32(1<<31)), x, x) // x, as a signed number
				VPCMPGTD(x, below, drawn)                   // drawn = below > x
				VANDPS(one, drawn, drawn)                   // drawn = drawn ? one : 0
			}
			VMOVUPS(drawn, v.part(dst, 0))  // dst[:lanes] = drawn
			ADDQ(number(v.lanes*size), dst) // dst = dst[lanes:]
		}
	}
	SUBQ(number(4*half*v.drawsAtOnce()), left)
	JMP(LabelRef("draw"))
	Label("done")
	leave()
}

// spread is r = x in every 64-bit lane.
func (v vector) spread(x, r Register) {
	VMOVQ(x, r.(VecVirtual).AsX())
	VPBROADCASTQ(r.(VecVirtual).AsX(), r)
}

// wideParameter is r = a parameter of 64 bits in every lane.
func (v vector) wideParameter(name string, r Register) { VPBROADCASTQ(parameter(name), r) }

// inWide is memory with x in every 64-bit lane.
func (v vector) inWide(name string, x uint32) Mem {
	return table("wide"+name, avx512.lanes, func(i int) Constant {
		if i%2 == 1 {
			return U32(0)
		}
		return U32(x)
	})
}

// xor3 is x ^= a ^ b.
func (v vector) xor3(a, b, x Register) {
	if v.opmasks {
		const all = 0x96 // the bits of a ^ b ^ c
		VPTERNLOGD(Imm(all), a, b, x)
		return
	}
	VPXOR(a, x, x)
	VPXOR(b, x, x)
}

// pair is the lower halves of 64-bit lanes side by side: low, then high.
func (v vector) pair(low, high VecVirtual) VecVirtual {
	VPSLLQ(Imm(32), high, high)
	if v.opmasks {
		upper, bits := K(), GP64()
		MOVL(U32(0xaaaa), bits.As32())
		KMOVW(bits.As32(), upper)
		VPBLENDMD(high, low, upper, low)
	} else {
		VPBLENDD(Imm(0xaa), high, low, low)
	}
	return low
}
