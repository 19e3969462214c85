package main

import (
	"fmt"
	"math"
	"strings"

	"github.com/pkg/errors"

	"github.com/egru/egru/examples/internal/runs"
)

// mostNumbers is how many of float32 the sizes may take, 8 GiB: several times what
// the papers' language models do. Counted is what is there at least; scratch and
// garbage come on top.
const mostNumbers = math.MaxInt32

const (
	// plainCopies is how many times the numbers of our layers a layer in plain
	// Gorgonia takes at least: all that its ops compute stays.
	plainCopies = 10
	// streamNumbers are those of a stream beside states and logits.
	streamNumbers = 256
)

// part is a share of what the sizes take. It is counted in float64, which no sizes
// overflow.
type part struct {
	what, flags string
	numbers     float64
}

// bounded reports sizes that take more than is allowed, by the largest part of it.
func (c config) bounded() error {
	if c.layers > runs.MaxLayers {
		return errors.Errorf("-layers is %d, want at most %d", c.layers, runs.MaxLayers)
	}
	all := 0.0
	var largest part
	for _, p := range []part{c.weights(), c.sequences(), c.states()} {
		all += p.numbers
		if p.numbers > largest.numbers {
			largest = p
		}
	}
	if all > mostNumbers {
		return errors.Errorf("-op %s with %s takes %.3g numbers, above all for %s, want at most %d (8 GiB)",
			c.bench.name, largest.flags, all, largest.what, mostNumbers)
	}
	return nil
}

// weights are those of all layers, of the word vectors, and what is as large.
func (c config) weights() part {
	inputs, sum := float64(c.I), float64(c.V)*float64(c.I)
	for i := range max(1, c.layers) {
		units := float64(c.H)
		if c.V > 0 && i == c.layers-1 { // as wide as the word vectors
			units = float64(c.I)
		}
		sum += 3 * units * (inputs + units)
		inputs = units
	}
	return part{"weights", c.given("I", "H", "V", "layers"), float64(c.sides()*c.bench.copies) * sum}
}

// sequences are the sums of the gates of all layers over the steps, or inputs of as
// many numbers. Logits beside them has plain Gorgonia only: ours come in chunks.
func (c config) sequences() part {
	step, flags := float64(c.sides())*c.step(), c.given("T", "B", "I", "H", "layers")
	if c.baseline == baselineGorgonia {
		step = c.step() + plainCopies*(c.step()+float64(c.V))
		flags = c.given("T", "B", "I", "H", "V", "layers") + ", -baseline " + c.baseline
	}
	return part{"sequences", flags, float64(c.T) * float64(max(1, c.B)) * step}
}

// sides is how many models there are side by side. A stream's baseline is one that it
// has anyway.
func (c config) sides() int {
	if c.baseline == baselineNone || c.bench.name == opStream {
		return 1
	}
	return 2
}

// states are those of the streams.
func (c config) states() part {
	each := c.step() + float64(c.V) + streamNumbers
	return part{"states", fmt.Sprintf("%s, -streams %d", c.given("I", "H", "V", "layers"), c.streams), float64(c.streams) * each}
}

// step is what all layers have of one.
func (c config) step() float64 {
	return 4 * float64(max(1, c.layers)) * float64(max(c.I, c.H))
}

// given lists those of some sizes that the op has.
func (c config) given(names ...string) string {
	var of []string
	for _, f := range c.fields() {
		for _, name := range names {
			if f.flag == name && *f.n > 0 {
				of = append(of, fmt.Sprintf("-%s %d", f.flag, *f.n))
			}
		}
	}
	return strings.Join(of, ", ")
}
