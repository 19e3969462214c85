package graph

import (
	"fmt"
	"math"
	"runtime"
	"slices"
	"testing"

	"gorgonia.org/tensor"
	"pgregory.net/rapid"

	"github.com/egru/egru/layers"
)

// A run is only reproduced while these values stay as they are.
func TestLengthsNeverChange(t *testing.T) {
	c := DefaultLengths(70)
	c.Seed = 1
	l := must(NewLengths(c))
	var got []int
	for window := range 12 {
		got = append(got, l.Of(2, window))
	}
	if want := []int{72, 80, 69, 68, 72, 77, 72, 68, 71, 69, 65, 68}; !slices.Equal(got, want) {
		t.Errorf("lengths are %v, want %v", got, want)
	}
}

func TestLengthsAreFunctionsOfSeedEpochAndWindow(t *testing.T) {
	const n = 200
	of := func(seed uint64, epoch int) []int {
		c := DefaultLengths(70)
		c.Seed = seed
		l := must(NewLengths(c))
		lengths := make([]int, n)
		for i := range lengths {
			window := n - 1 - i // in any order
			lengths[window] = l.Of(epoch, window)
		}
		return lengths
	}
	want := of(1, 3)
	if !slices.Equal(of(1, 3), want) {
		t.Error("the same again gave others")
	}
	for name, got := range map[string][]int{"seed": of(2, 3), "epoch": of(1, 4), "seed and epoch swapped": of(3, 1), "epoch below zero": of(1, -3)} {
		same := 0
		for i := range got {
			if got[i] == want[i] {
				same++
			}
		}
		if same > n/4 {
			t.Errorf("another %s has %d of %d lengths in common", name, same, n)
		}
	}
}

// Each statistic is asked to lie within five standard deviations.
func TestLengthsHaveTheirDistribution(t *testing.T) {
	const n, sigmas = 20000, 5
	c := DefaultLengths(200) // so far from its half that each length tells what it is around
	l := must(NewLengths(c))
	var short float64
	var sum, squares float64
	for window := range n {
		x := float64(l.Of(1, window))
		if x < 150 {
			short++
			x += 100
		}
		sum += x - 200
		squares += (x - 200) * (x - 200)
	}
	if dev := math.Abs(short/n-0.05) / math.Sqrt(0.05*0.95/n); dev > sigmas {
		t.Errorf("a share of %v is short: %.1f standard deviations off", short/n, dev)
	}
	variance := 25 + 1/12. // with that of rounding
	if dev := math.Abs(sum/n) / math.Sqrt(variance/n); dev > sigmas {
		t.Errorf("the mean is off by %v: %.1f standard deviations", sum/n, dev)
	}
	if dev := math.Abs(squares/n-variance) / (variance * math.Sqrt(2./n)); dev > sigmas {
		t.Errorf("the variance is %v, want %v: %.1f standard deviations off", squares/n, variance, dev)
	}
}

func TestLengthsKeepTheirBounds(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		base := rapid.IntRange(1, 300).Draw(rt, "base")
		c := LengthsConfig{
			Base:   base,
			Full:   rapid.Float64Range(0, 1).Draw(rt, "full"),
			Spread: rapid.Float64Range(0, float64(base)).Draw(rt, "spread"),
			Min:    rapid.IntRange(1, base).Draw(rt, "min"),
			Seed:   rapid.Uint64().Draw(rt, "seed"),
		}
		l := must(NewLengths(c))
		if l.Config() != c {
			rt.Fatalf("config is %v, want %v", l.Config(), c)
		}
		of := l.Of(rapid.Int().Draw(rt, "epoch"), rapid.Int().Draw(rt, "window"))
		if of < c.Min || float64(of) > float64(base)+7*c.Spread+0.5 {
			rt.Fatalf("length is %d", of)
		}
		if got := l.Scale(of) * float64(base); math.Abs(got-float64(of)) > 1e-9 {
			rt.Fatalf("scale of %d steps is %v", of, l.Scale(of))
		}
	})
	for _, c := range []struct {
		full float64
		want int
	}{{1, 7}, {0, 4}} { // 3.5 is rounded up
		l := must(NewLengths(LengthsConfig{Base: 7, Full: c.full, Min: 1}))
		for window := range 100 {
			if got := l.Of(0, window); got != c.want {
				t.Fatalf("without spread, Full %v: length is %d, want %d", c.full, got, c.want)
			}
		}
	}
}

func TestLengthsAreValidated(t *testing.T) {
	for _, base := range []int{1, 2, 4, 5, 70} {
		if err := DefaultLengths(base).Validate(); err != nil {
			t.Errorf("the default for %d: %v", base, err)
		}
	}
	for _, c := range []struct {
		change func(c *LengthsConfig)
		says   string
	}{
		{func(c *LengthsConfig) { c.Base = 0 }, "Base is 0, want at least 1"},
		{func(c *LengthsConfig) { c.Full = 1.1 }, "Full is 1.1, want it in [0, 1]"},
		{func(c *LengthsConfig) { c.Full = math.NaN() }, "Full is NaN"},
		{func(c *LengthsConfig) { c.Spread = -1 }, "Spread is -1, want it from 0 to Base"},
		{func(c *LengthsConfig) { c.Spread = math.Inf(1) }, "Spread is +Inf"},
		{func(c *LengthsConfig) { c.Spread = math.NaN() }, "Spread is NaN"},
		{func(c *LengthsConfig) { c.Min = 0 }, "Min is 0, want it from 1 to Base"},
		{func(c *LengthsConfig) { c.Min = 71 }, "Min is 71"},
		{func(c *LengthsConfig) { c.Full, c.Min = -1, -1 }, "Full is -1, want it in [0, 1]; Min is -1"},
	} {
		config := DefaultLengths(70)
		c.change(&config)
		l, err := NewLengths(config)
		wantError(t, c.says, err, ErrConfig, "lengths: ")
		wantError(t, c.says, err, ErrConfig, c.says)
		if l != nil {
			t.Errorf("%s: lengths came back beside the error", c.says)
		}
	}
}

// A session that keeps its graphs, and one that builds them anew for every
// window, give the same bits.
func TestGraphsOfManyLengthsGiveTheSameBitsHoweverOftenBuilt(t *testing.T) {
	l := must(NewLengths(LengthsConfig{Base: 6, Full: 0.5, Spread: 2, Min: 1, Seed: 1}))
	runs := func(before func(s *Session)) (got []snapshot) {
		s := newSession(languageModel(masked))
		stream := s.NewStream(testB)
		w := must(NewWindows(text(200), testB, 6))
		for n := 0; w.NextOf(l.Of(0, n)); n++ {
			before(s)
			got = append(got, snapshotOf(train(t, s, stream, w.Feeds()), stream))
		}
		return got
	}
	kept := 0
	want := runs(func(s *Session) { kept = len(s.machines) })
	if kept < 4 || kept > len(want)/2 {
		t.Fatalf("%d graphs for %d windows: the test needs some of each length", kept, len(want))
	}
	got := runs(func(s *Session) { clear(s.machines) })
	for i := range want {
		sameBits(t, fmt.Sprintf("window %d", i), got[i], want[i])
	}
}

// Windows of another length must not cost memory of the size of the weights.
func TestGraphsShareTheirGradients(t *testing.T) {
	m := languageModel(func(c *layers.LanguageModelConfig) { c.Embed, c.Hidden = 128, 128 })
	weights := 0
	for _, p := range m.Params() {
		weights += p.Value().DataSize() * 8
	}
	s := newSession(m)
	memory := func(T int) (of []*float64) {
		for _, g := range train(t, s, s.NewStream(testB), window(0, T)).Grads {
			of = append(of, &must(g.Grad()).(*tensor.Dense).Float64s()[0])
		}
		return of
	}
	want := memory(3)
	before := heap()
	const more = 6
	for i := range more {
		if !slices.Equal(memory(4+i), want) {
			t.Errorf("%d steps: gradients have memory of their own", 4+i)
		}
	}
	// 200 kB is more than the nodes and the program of a graph need.
	if grown := heap() - before; grown > more*200<<10 || more*200<<10 > weights {
		t.Errorf("%d graphs more hold %d bytes, for weights of %d", more, grown, weights)
	}
	runtime.KeepAlive(s)
}
