package main

import (
	"math"
	"math/rand/v2"

	"gorgonia.org/tensor"
)

// Streams of random numbers, each with a use of its own.
const (
	streamInput = iota
	streamGradient
	streamLive
	streamTokens
)

func (c config) random(stream uint64) *rand.Rand { return rand.New(rand.NewPCG(c.seed, stream)) }

// normal fills x with normal numbers in a share of its places, and zeros.
func normal(r *rand.Rand, x []float32, share, deviation float64) {
	for i := range x {
		x[i] = 0
		if share == 1 || r.Float64() < share {
			x[i] = float32(deviation * r.NormFloat64())
		}
	}
}

// input fills x with standard normal numbers, or for -sparse-input with zeros
// but for a share of places, whose numbers are so large that sums of them keep
// their spread.
func (c config) input(x *tensor.Dense, activity float64) {
	if !c.sparse {
		activity = 1
	}
	normal(c.random(streamInput), x.Float32s(), activity, 1/math.Sqrt(activity))
}

// shareOf is the share of numbers that are not zero.
func shareOf(x []float32) float64 {
	n := 0
	for _, v := range x {
		if v != 0 {
			n++
		}
	}
	return float64(n) / float64(len(x))
}

func newDense(shape ...int) *tensor.Dense {
	return tensor.New(tensor.WithShape(shape...), tensor.Of(tensor.Float32))
}
