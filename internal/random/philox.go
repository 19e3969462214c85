package random

// The rounds and constants of Philox4x32-10.
const (
	philoxRounds = 10
	philoxMul0   = 0xD2511F53
	philoxMul1   = 0xCD9E8D57
	philoxKey0   = 0x9E3779B9 // golden ratio
	philoxKey1   = 0xBB67AE85 // sqrt(3) - 1
)

// philox is the counter-based generator Philox4x32-10: for each key k a
// permutation of the counters c that passes for random. Words are passed one by
// one because Go keeps those in registers, and arrays in memory.
//
// Source: Salmon et al., "Parallel Random Numbers: As Easy as 1, 2, 3", SC
// 2011.
func philox(c0, c1, c2, c3, k0, k1 uint32) (_, _, _, _ uint32) {
	for range philoxRounds {
		p0 := philoxMul0 * uint64(c0)
		p1 := philoxMul1 * uint64(c2)
		c0, c1, c2, c3 = uint32(p1>>32)^c1^k0, uint32(p1), uint32(p0>>32)^c3^k1, uint32(p0)
		k0 += philoxKey0
		k1 += philoxKey1
	}
	return c0, c1, c2, c3
}
