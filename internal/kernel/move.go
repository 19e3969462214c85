package kernel

//go:generate go run -C gen . -pkg kernel -out ../move_amd64.s -stubs ../move_amd64.go move

// move is the instruction in Go.
func move[F Float](dst, src []F, dstStep, srcStep, rows, columns int) {
	for i := range rows {
		copy(dst[i*dstStep:][:columns], src[i*srcStep:])
	}
}
