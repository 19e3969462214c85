package kernel

import "github.com/egru/egru/internal/random"

//go:generate go run -C gen . -pkg kernel -out ../bernoulli_amd64.s -stubs ../bernoulli_amd64.go bernoulli

// bernoulliDraws numbers come at once from the widest vector code.
const bernoulliDraws = 128

// Bernoulli is random.Bernoulli: it sets dst[i] to one with probability p, else to 0,
// from word from+i of the stream.
func Bernoulli[F Float](s random.Stream, dst []F, from int, p float64, one F) {
	draw := use[F]().bernoulli
	below := random.WordsBelow(p)
	if draw == nil || below > 1<<32-1 {
		random.Bernoulli(s, dst, from, p, one)
		return
	}
	const words = 4 // of a block
	head := min((words-from%words)%words, len(dst))
	n := (len(dst) - head) / bernoulliDraws * bernoulliDraws
	block := uint64(from+head) / words
	if block>>32 != (block+uint64(n)/words)>>32 { // where a block is two numbers, one at a time
		n = 0
	}
	key, step := s.Philox()
	draw(dst[head:head+n], block, step, key[0], key[1], uint32(below), one)
	random.Bernoulli(s, dst[:head], from, p, one)
	random.Bernoulli(s, dst[head+n:], from+head+n, p, one)
}
