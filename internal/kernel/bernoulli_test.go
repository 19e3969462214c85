package kernel

import (
	"math"
	"slices"
	"testing"

	"github.com/egru/egru/internal/random"
	"pgregory.net/rapid"
)

func TestBernoulliIsThatOfPackageRandom(t *testing.T) {
	eachPath(t, func(t *testing.T, _ instructions[float32]) {
		rapid.Check(t, func(t *rapid.T) {
			stream := random.NewStream(rapid.Uint64().Draw(t, "seed"), rapid.Uint64().Draw(t, "step"), "mask")
			n := rapid.IntRange(0, 5*bernoulliDraws).Draw(t, "n")
			from := rapid.OneOf(rapid.IntRange(0, 1000), rapid.IntRange(math.MaxInt64-2000, math.MaxInt64-1000)).Draw(t, "from")
			p := rapid.OneOf(rapid.SampledFrom([]float64{0, 1, 0x1p-32, 1 - 0x1p-32, 1 - 0x1p-40, 0.5}), rapid.Float64Range(0, 1)).Draw(t, "p")
			got, want := slices.Repeat([]float32{canary}, n), make([]float32, n)
			Bernoulli(stream, got, from, p, 1.25)
			random.Bernoulli(stream, want, from, p, 1.25)
			if !slices.Equal(got, want) {
				t.Fatalf("%v, want %v", got, want)
			}
		})
	})
}

// A word that just reaches the border is not below it, the next lower one is.
func TestBernoulliIsExactWhereAWordMeetsTheProbability(t *testing.T) {
	stream := random.NewStream(1, 2, "mask")
	eachPath(t, func(t *testing.T, _ instructions[float32]) {
		for i := range bernoulliDraws {
			word, dst := float64(stream.Word(uint64(i))), make([]float32, bernoulliDraws)
			for above, want := range []float32{0, 1} {
				Bernoulli(stream, dst, 0, (word+float64(above))/(1<<32), 1)
				if dst[i] != want {
					t.Fatalf("number %d is %v with a border %d above its word, want %v", i, dst[i], above, want)
				}
			}
		}
	})
}

// Counters are two words, and the second changes here.
func TestBernoulliGoesOnWhereTheCounterNeedsAnotherWord(t *testing.T) {
	eachPath(t, func(t *testing.T, _ instructions[float32]) {
		const edge = 4 << 32
		stream := random.NewStream(1, 2, "mask")
		for from := edge - 4*bernoulliDraws; from <= edge+4; from += bernoulliDraws/2 + 1 {
			got, want := make([]float32, 3*bernoulliDraws), make([]float32, 3*bernoulliDraws)
			Bernoulli(stream, got, from, 0.4, 1)
			random.Bernoulli(stream, want, from, 0.4, 1)
			if !slices.Equal(got, want) {
				t.Fatalf("from=%d: %v, want %v", from, got, want)
			}
		}
	})
}

func TestBernoulliDrawsFloat64Too(t *testing.T) {
	stream := random.NewStream(1, 2, "mask")
	got, want := make([]float64, 1000), make([]float64, 1000)
	Bernoulli(stream, got, 3, 0.4, 2)
	random.Bernoulli(stream, want, 3, 0.4, 2)
	if !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

func TestBernoulliKeepsWithinItsSlice(t *testing.T) {
	stream := random.NewStream(1, 2, "mask")
	eachPath(t, func(t *testing.T, _ instructions[float32]) {
		for n := range 3 * bernoulliDraws {
			first, last := fenced(t, n)
			Bernoulli(stream, first, n%7, 0.5, 1)
			Bernoulli(stream, last, n%5, 0.5, 1)
		}
	})
}

func BenchmarkBernoulli(b *testing.B) {
	stream, dst := random.NewStream(1, 2, "mask"), make([]float32, 1<<14)
	benchPaths(b, func(b *testing.B) {
		for b.Loop() {
			Bernoulli(stream, dst, 0, 0.5, 1)
		}
		b.ReportMetric(1e-9*float64(len(dst))*float64(b.N)/b.Elapsed().Seconds(), "Gnumbers/s")
	})
}
