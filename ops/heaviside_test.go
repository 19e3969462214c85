package ops

import (
	"math"
	"math/rand/v2"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/egru/egru/ops/surrogate"
)

// testSurrogates are of either kind: bounded with loops of its own, and
// unbounded without.
var testSurrogates = []surrogate.Surrogate{
	surrogate.Triangle{Dampening: 0.7, Support: 2},
	logistic{},
}

// logistic is the derivative of the logistic function.
type logistic struct{}

func (logistic) String() string                   { return "logistic" }
func (logistic) Derivative(v float64) float64     { p := logistic{}.Antiderivative(v); return p * (1 - p) }
func (logistic) Antiderivative(v float64) float64 { return 1 / (1 + math.Exp(-v)) }
func (logistic) HalfWidth() float64               { return math.Inf(1) }
func (logistic) Validate() error                  { return nil }

// quarters are multiples of 1/4, so that a difference of two can be 0 or the
// edge of a support.
func quarters(r *rand.Rand) float64 { return math.Round(4*r.NormFloat64()) / 4 }

func heavisideCase(s surrogate.Surrogate, shape ...int) opCase {
	of := func(s surrogate.Surrogate) func(in []*G.Node) (*G.Node, error) {
		return func(in []*G.Node) (*G.Node, error) { return Heaviside(in[0], s) }
	}
	return opCase{
		name:   "Heaviside " + s.String(),
		inputs: []opInput{{name: "x", shape: shape, draw: quarters}},
		build:  of(s),
		formula: func(in []opValue, dout []float64) (out []float64, grads [][]float64) {
			var dx []float64
			for i, x := range in[0].floats {
				out = append(out, theta(x))
				dx = append(dx, s.Derivative(x)*dout[i])
			}
			return out, [][]float64{dx}
		},
		others: []func(in []*G.Node) (*G.Node, error){
			of(surrogate.Triangle{Dampening: 0.7, Support: 3}),
			of(surrogate.Triangle{Dampening: 0.8, Support: 2}),
		},
	}
}

func theta(v float64) float64 {
	if v > 0 {
		return 1
	}
	return 0
}

func TestHeaviside(t *testing.T) {
	for _, s := range testSurrogates {
		suite(t, heavisideCase(s, 2, 3, 4), heavisideCase(s, 5), heavisideCase(s))
	}
}

func TestHeavisideIsZeroAtTheThreshold(t *testing.T) {
	c := heavisideCase(surrogate.DefaultTriangle(), 5)
	tiny := math.SmallestNonzeroFloat64
	x := opValue{shape: tensor.Shape{5}, floats: []float64{0, math.Copysign(0, -1), tiny, -tiny, math.Inf(1)}}
	got := c.result(t, tape, []opValue{x}, tensor.Float64)
	compare(t, "output", got.out, []float64{0, 0, 1, 0, 1}, 0)
}

// The name of an op does not say its shapes, but its hash must.
func TestOpsOfOtherShapesHaveOtherHashes(t *testing.T) {
	hashes := map[uint32]tensor.Shape{}
	for _, shape := range []tensor.Shape{{2, 3}, {3, 2}, {6}, {1, 6}, {}} {
		op := must(t)(Heaviside(nodeMaker(tensor.Float64)("x", shape...), logistic{})).Op()
		if other, ok := hashes[op.Hashcode()]; ok {
			t.Errorf("%v has one hash for x %v and %v", op, shape, other)
		}
		hashes[op.Hashcode()] = shape
	}
}

func TestHeavisideRefusesNaN(t *testing.T) {
	c := heavisideCase(surrogate.DefaultTriangle(), 2, 2)
	wantRunError(t, c, []opValue{{shape: tensor.Shape{2, 2}, floats: []float64{1, 2, math.NaN(), math.NaN()}}}, ErrNaN, "x[1 0] is NaN")
}

// badSurrogates are refused by every op that takes one.
func badSurrogates(t *testing.T, op string, build func(s surrogate.Surrogate) (*G.Node, error)) {
	t.Helper()
	wantError(t, op+" without a surrogate", ErrConfig, op+": surrogate is nil")(build(nil))
	bad := surrogate.Triangle{Dampening: 1, Support: -1}
	wantError(t, op+" with a bad surrogate", ErrConfig, op+": surrogate triangle: support is -1")(build(bad))
}

func TestHeavisideErrors(t *testing.T) {
	n := nodeMaker(tensor.Float64)
	badSurrogates(t, "Heaviside", func(s surrogate.Surrogate) (*G.Node, error) { return Heaviside(n("x", 2), s) })
	wantError(t, "empty axis", ErrShape, "x has shape (2, 0) with an empty axis")(Heaviside(n("empty", 2, 0), logistic{}))
}
