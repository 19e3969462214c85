package layers

import (
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/stat/distuv"
	"gorgonia.org/tensor"

	"github.com/egru/egru/internal/random"
)

// drawer fills the weights of one layer. Every weight has a random stream of
// its own, named after it, so that adding one changes none of the others.
type drawer struct {
	layer string
	dtype tensor.Dtype
	seed  uint64
}

func (d drawer) name(weight string) string { return d.layer + "." + weight }

func (d drawer) source(weight string) rand.Source {
	return random.NewSource(d.seed, "init "+d.name(weight))
}

func (d drawer) fill(weight string, shape tensor.Shape, number func() float64) *Param {
	n := shape.TotalSize()
	var backing any
	if d.dtype == tensor.Float32 {
		f := make([]float32, n)
		for i := range f {
			f[i] = float32(number())
		}
		backing = f
	} else {
		f := make([]float64, n)
		for i := range f {
			f[i] = number()
		}
		backing = f
	}
	return NewParam(d.name(weight), tensor.New(tensor.WithShape(shape...), tensor.WithBacking(backing)))
}

func (d drawer) constant(weight string, value float64, shape ...int) *Param {
	return d.fill(weight, shape, func() float64 { return value })
}

// xavierNormal draws from N(0, gain^2 * 2/(in+out)) for a kernel (in, out).
//
// Source: Glorot and Bengio, "Understanding the difficulty of training deep
// feedforward neural networks", AISTATS 2010, eq. 16 in its normal form.
func (d drawer) xavierNormal(weight string, gain float64, in, out int) *Param {
	std := gain * math.Sqrt(2/float64(in+out))
	r := rand.New(d.source(weight))
	return d.fill(weight, tensor.Shape{in, out}, func() float64 { return std * r.NormFloat64() })
}

// uniform draws from U(-limit, limit).
func (d drawer) uniform(weight string, limit float64, shape ...int) *Param {
	r := rand.New(d.source(weight))
	return d.fill(weight, shape, func() float64 { return limit * (2*r.Float64() - 1) })
}

// betaShape is the second parameter of the thresholds' Beta distribution.
const betaShape = 3

// thresholds draws from Beta(3m/(1-m), 3), whose mean is m.
//
// Source: EvNN 0.2.0, the initial thresholds of its EGRU.
func (d drawer) thresholds(weight string, mean float64, n int) *Param {
	b := distuv.Beta{Alpha: betaShape * mean / (1 - mean), Beta: betaShape, Src: d.source(weight)}
	return d.fill(weight, tensor.Shape{n}, b.Rand)
}
