package random

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// The known answers of Random123, the authors' own implementation.
func TestPhiloxKnownAnswers(t *testing.T) {
	const ones = math.MaxUint32
	for _, c := range []struct {
		counter [4]uint32
		key     [2]uint32
		want    [4]uint32
	}{
		{[4]uint32{}, [2]uint32{}, [4]uint32{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
		{[4]uint32{ones, ones, ones, ones}, [2]uint32{ones, ones}, [4]uint32{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
		{
			[4]uint32{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, [2]uint32{0xa4093822, 0x299f31d0},
			[4]uint32{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1},
		},
	} {
		if got := words(philox(c.counter[0], c.counter[1], c.counter[2], c.counter[3], c.key[0], c.key[1])); got != c.want {
			t.Errorf("philox(%x, %x) = %x, want %x", c.counter, c.key, got, c.want)
		}
	}
}

func words(w0, w1, w2, w3 uint32) [4]uint32 { return [4]uint32{w0, w1, w2, w3} }

// A model is only reproduced while these values stay as they are.
func TestStreamsNeverChange(t *testing.T) {
	if got, want := words(NewStream(1, 2, "dropout").Bits(3)), ([4]uint32{0x92b22b4d, 0xfcc6a4f3, 0x2de7795a, 0xdb7890e8}); got != want {
		t.Errorf("block = %#x, want %#x", got, want)
	}
	source := NewSource(1, "init egru.W")
	for i, want := range []uint64{0xadfc17b947249ae3, 0x9f026ec506d5b9e, 0xed9b1ece4f5f303c} {
		if got := source.Uint64(); got != want {
			t.Errorf("number %d of the source = %#x, want %#x", i, got, want)
		}
	}
	mask := make([]float32, 16)
	Bernoulli(NewStream(1, 2, "dropout"), mask, 5, 0.5, 1)
	if want := []float32{1, 1, 0, 0, 1, 1, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0}; !slices.Equal(mask, want) {
		t.Errorf("mask = %v, want %v", mask, want)
	}
}

func TestEveryPartOfTheKeyMatters(t *testing.T) {
	seen := map[[4]uint32]string{}
	add := func(name string, b [4]uint32) {
		if other, ok := seen[b]; ok {
			t.Errorf("%s and %s give the same bits", name, other)
		}
		seen[b] = name
	}
	for _, seed := range []uint64{0, 1, 1 << 40} {
		for _, step := range []uint64{0, 1, 1 << 40} {
			for _, name := range []string{"", "a", "b"} {
				s := NewStream(seed, step, name)
				for _, block := range []uint64{0, 1, 1 << 40} {
					add(fmt.Sprintf("(%d, %d, %q) at %d", seed, step, name, block), words(s.Bits(block)))
				}
			}
		}
	}
	if NewSource(1, "a").Uint64() == NewSource(1, "b").Uint64() || NewSource(1, "a").Uint64() == NewSource(2, "a").Uint64() {
		t.Error("sources of different seeds or names are the same")
	}
}

func TestMaskDoesNotDependOnHowItIsCut(t *testing.T) {
	s := NewStream(7, 0, "mask")
	whole := make([]float64, 101)
	Bernoulli(s, whole, 0, 0.3, 2)
	for _, block := range []int{1, 3, 4, 7, 64} {
		cut := make([]float64, len(whole))
		for lo := 0; lo < len(cut); lo += block {
			Bernoulli(s, cut[lo:min(len(cut), lo+block)], lo, 0.3, 2)
		}
		if !slices.Equal(cut, whole) {
			t.Errorf("blocks of %d gave another mask", block)
		}
	}
	for i, m := range whole {
		want := 0.0
		if float64(words(s.Bits(uint64(i / 4)))[i%4]) < 0.3*(1<<32) {
			want = 2
		}
		if m != want {
			t.Errorf("mask[%d] = %v, want %v by Bits", i, m, want)
		}
		if word := s.Word(uint64(i)); Happens(word, 0.3) != (m != 0) {
			t.Errorf("mask[%d] = %v, but by Word and Happens %v", i, m, Happens(word, 0.3))
		}
	}
}

func TestCertainMasks(t *testing.T) {
	s := NewStream(7, 0, "mask")
	for _, p := range []float64{0, 1} {
		mask := make([]float32, 10000)
		for i := range mask {
			mask[i] = -1
		}
		Bernoulli(s, mask, 0, p, 1)
		for i, m := range mask {
			if float64(m) != p {
				t.Fatalf("p = %v: mask[%d] = %v", p, i, m)
			}
		}
	}
}

func TestProbabilitiesAreRoundedToTheNearestWord(t *testing.T) {
	for p, want := range map[float64]uint64{0: 0, 0.4 / (1 << 32): 0, 0.6 / (1 << 32): 1, 0.5: 1 << 31, 1 - 1.0/(1<<32): 1<<32 - 1, 1: 1 << 32} {
		if got := WordsBelow(p); got != want {
			t.Errorf("p = %v: %d words, want %d", p, got, want)
		}
	}
}

// Each statistic is asked to lie within five standard deviations: one in two
// million is outside by chance, and the draws are fixed.
const sigmas = 5

func TestMasksHaveTheirMeanAndNoMemory(t *testing.T) {
	const n = 1 << 16
	for _, p := range []float64{0.01, 0.3, 0.5, 0.9} {
		for step := range uint64(8) {
			mask := make([]float64, n)
			Bernoulli(NewStream(3, step, "mask"), mask, 0, p, 1)
			next := make([]float64, n)
			Bernoulli(NewStream(3, step+1, "mask"), next, 0, p, 1)
			other := make([]float64, n)
			Bernoulli(NewStream(3, step, "other"), other, 0, p, 1)

			within := func(name string, x, mean, variance float64) {
				if dev := math.Abs(x-mean) / math.Sqrt(variance/n); dev > sigmas {
					t.Errorf("p = %v, step %d: %s is %v, want %v: %.1f standard deviations off", p, step, name, x, mean, dev)
				}
			}
			q := p * p
			within("mean", average(mask, nil, 0), p, p*(1-p))
			for _, lag := range []int{1, 2, 3, 4, 256} {
				within(fmt.Sprintf("share of pairs %d apart", lag), average(mask, mask, lag), q, 3*q*(1-q))
			}
			within("overlap with the next step", average(mask, next, 0), q, q*(1-q))
			within("overlap with another stream", average(mask, other, 0), q, q*(1-q))
		}
	}
}

// average is the mean of x[i], or of x[i]*y[i+lag] around the end.
func average(x, y []float64, lag int) float64 {
	sum := 0.0
	for i, v := range x {
		if y != nil {
			v *= y[(i+lag)%len(y)]
		}
		sum += v
	}
	return sum / float64(len(x))
}

func TestBytesOfAStreamAreUniform(t *testing.T) {
	const n = 1 << 16
	s := NewStream(11, 0, "bytes")
	for shift := 0; shift < 32; shift += 8 {
		var count [256]float64
		for i := range uint64(n) {
			count[byte(words(s.Bits(i / 4))[i%4]>>shift)]++
		}
		chi := 0.0
		for _, c := range count {
			d := c - n/256
			chi += d * d / (n / 256)
		}
		if dev := math.Abs(chi-255) / math.Sqrt(2*255); dev > sigmas {
			t.Errorf("chi squared of bits %d to %d is %v, want 255: %.1f standard deviations off", shift, shift+7, chi, dev)
		}
	}
}

func TestSourceFeedsRand(t *testing.T) {
	const n = 1 << 16
	r := rand.New(NewSource(5, "init"))
	sum, squares := 0.0, 0.0
	for range n {
		x := r.NormFloat64()
		sum += x
		squares += x * x
	}
	if dev := math.Abs(sum) / math.Sqrt(n); dev > sigmas {
		t.Errorf("mean of normal numbers is %.1f standard deviations off", dev)
	}
	if dev := math.Abs(squares-n) / math.Sqrt(2*n); dev > sigmas {
		t.Errorf("variance of normal numbers is %.1f standard deviations off", dev)
	}
}

func BenchmarkBernoulli(b *testing.B) {
	mask := make([]float32, 1<<14)
	s := NewStream(1, 1, "mask")
	b.SetBytes(int64(4 * len(mask)))
	for b.Loop() {
		Bernoulli(s, mask, 0, 0.7, 1)
	}
}
