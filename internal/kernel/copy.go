package kernel

// copyBlock is the number of elements that one goroutine copies at a time.
const copyBlock = 1 << 14

// Copy is copy(dst, src[:len(dst)]) in parallel: memory fresh from the system, on
// which time goes more than on the copying, is then got by all.
func Copy[F Float](dst, src []F) {
	src = src[:len(dst)]
	Parallel(len(dst), copyBlock, func(lo, hi int) { copy(dst[lo:hi], src[lo:hi]) })
}
