package random

import "math"

// MaxNormal is more than any number of Normal is away from 0.
const MaxNormal = 6.7

// Normal makes a standard normal number of two words,
//
//	sqrt(-2 ln u) * cos(2 pi v),  u = (w0 + 1)/2^32,  v = w1/2^32
//
// by the method of Box and Muller (Annals of Mathematical Statistics 29, 1958).
func Normal(w0, w1 uint32) float64 {
	const words = 1 << 32
	u, v := (float64(w0)+1)/words, float64(w1)/words
	return math.Sqrt(-2*math.Log(u)) * math.Cos(2*math.Pi*v)
}
