package kernel

//go:generate go run -C gen . -pkg kernel -out ../gather_amd64.s -stubs ../gather_amd64.go gather

// A row is prefetched gatherAhead events before it is added, from the L2 cache: what comes
// from further away was prefetched with the block before. On an AMD EPYC 9004
// M=4480 K=1350 N=4050 takes 59 ms at an activity of 0.05 with 8, 63 with 4, 69 with 12
// and 75 with 24, whose rows fill too much of the L1 cache, 60 without; M=64 at 0.02
// 0.77 ms with any of them, and 1.1 if rows of the list are all that is prefetched.
const gatherAhead = 8

// gather is the instruction in Go.
func gather[F Float](dst []F, dstStep, columns int, base []F, baseStep int, rows []F, stride int, spans, at []int32, v, _ []F) {
	for i := range len(spans) / 2 {
		row := dst[i*dstStep:][:columns]
		copy(row, base[i*baseStep:])
		if lo, hi := spans[2*i], spans[2*i+1]; 0 <= lo && lo < hi {
			addRows(row, rows, stride, at[lo:hi], v[lo:hi])
		}
	}
}
