package random

import "encoding/binary"

// Stream is a sequence of random bits that can be read at any position. It is a
// value and safe for concurrent use.
type Stream struct {
	key  [2]uint32
	step uint64
}

// NewStream makes the stream of a seed and a name at a step of training.
// Steps of one seed and name share no bits.
func NewStream(seed, step uint64, name string) Stream {
	d := digest(seed, name)
	return Stream{
		key:  [2]uint32{binary.LittleEndian.Uint32(d[0:]), binary.LittleEndian.Uint32(d[4:])},
		step: step,
	}
}

// Bits gives words 4n to 4n+3 of the stream.
func (s Stream) Bits(n uint64) (w0, w1, w2, w3 uint32) {
	return philox(uint32(n), uint32(n>>32), uint32(s.step), uint32(s.step>>32), s.key[0], s.key[1])
}

// Word gives word i of the stream.
func (s Stream) Word(i uint64) uint32 {
	w0, w1, w2, w3 := s.Bits(i / 4)
	return [4]uint32{w0, w1, w2, w3}[i%4]
}

// Bernoulli sets dst[i] to one with probability p, else to 0, from word from+i
// of the stream. p is in [0, 1] and rounded to a multiple of 2^-32.
func Bernoulli[F float32 | float64](s Stream, dst []F, from int, p float64, one F) {
	below := WordsBelow(p)
	// The sign of a difference chooses, in place of a branch that could not be
	// predicted.
	outcomes := [2]F{0, one}
	choose := func(word uint32) F { return outcomes[(uint64(word)-below)>>63] }

	n := uint64(from) / 4
	for skip := from % 4; len(dst) > 0; skip = 0 {
		w0, w1, w2, w3 := s.Bits(n)
		n++
		if skip == 0 && len(dst) >= 4 {
			dst[0], dst[1], dst[2], dst[3] = choose(w0), choose(w1), choose(w2), choose(w3)
			dst = dst[4:]
			continue
		}
		words := [4]uint32{w0, w1, w2, w3}
		for _, w := range words[skip:min(4, skip+len(dst))] {
			dst[0] = choose(w)
			dst = dst[1:]
		}
	}
}

// Happens says whether an event of probability p, in [0, 1], happens in a word,
// as Bernoulli decides it.
func Happens(word uint32, p float64) bool { return uint64(word) < WordsBelow(p) }

// Philox gives the key and the step that make the stream: block n is Philox4x32-10 of
// the counter (n, step), lower words first.
func (s Stream) Philox() (key [2]uint32, step uint64) { return s.key, s.step }

// WordsBelow is the number of words, of 2^32, that come up with probability p.
func WordsBelow(p float64) uint64 { return uint64(p*(1<<32) + 0.5) }
