package optim

import (
	"math"
	"slices"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"

	"github.com/egru/egru/internal/kernel"
)

// clipEpsilon keeps the division finite; the value of
// torch.nn.utils.clip_grad_norm_.
const clipEpsilon = 1e-6

// Clip limits the global norm of the gradients before the inner solver's step:
// all are multiplied by
//
//	min(1, maxNorm / (norm + 1e-6))      norm = sqrt(sum of g*g over all parameters)
//
// as by torch.nn.utils.clip_grad_norm_. Frozen parameters count too, as long as
// they are in the model. The norm is summed in float64, in an order that depends
// neither on the number of processors nor on that of the parameters.
type Clip struct {
	inner   Solver
	maxNorm float64
	norm    float64
	clipped bool

	reader reader
	sums   []float64 // of squares, by parameter
	f32    squares[float32]
	f64    squares[float64]
}

var _ Solver = (*Clip)(nil)

// NewClip wraps a solver. With maxNorm +Inf the norm is only watched.
func NewClip(inner Solver, maxNorm float64) (*Clip, error) {
	if err := checkInner("Clip", inner); err != nil {
		return nil, err
	}
	if !(maxNorm > 0) {
		return nil, errors.Wrapf(ErrConfig, "Clip: maxNorm is %v, want > 0", maxNorm)
	}
	c := &Clip{inner: inner, maxNorm: maxNorm}
	c.f32.init()
	c.f64.init()
	return c, nil
}

// Norm is the norm of the gradients in the last step, before clipping.
func (c *Clip) Norm() float64 { return c.norm }

// Clipped tells whether the last step was clipped.
func (c *Clip) Clipped() bool { return c.clipped }

// Step clips the gradients and makes the inner solver's step. A norm that is not
// finite is reported as ErrNotFinite with the name of a parameter to blame.
func (c *Clip) Step(model []G.ValueGrad) error {
	params, norm, err := c.measure(model)
	if err != nil {
		return err
	}
	factor := c.maxNorm / (norm + clipEpsilon)
	if factor < 1 {
		// Past this point the gradients are changed: the step must not fail.
		if err := c.inner.Check(model); err != nil {
			return err
		}
		for i := range params {
			c.f32.scale(factor, params[i].f32.grad)
			c.f64.scale(factor, params[i].f64.grad)
		}
	}
	if err := c.inner.Step(model); err != nil {
		return err
	}
	c.norm, c.clipped = norm, factor < 1
	return nil
}

// Check implements Solver.
func (c *Clip) Check(model []G.ValueGrad) error {
	if _, _, err := c.measure(model); err != nil {
		return err
	}
	return c.inner.Check(model)
}

func (c *Clip) measure(model []G.ValueGrad) ([]parameter, float64, error) {
	params, err := c.reader.read("Clip", model)
	if err != nil {
		return nil, 0, err
	}
	c.sums = c.sums[:0]
	largest := 0
	for i := range params {
		sum := c.f32.of(params[i].f32.grad) + c.f64.of(params[i].f64.grad)
		if math.IsNaN(sum) || math.IsInf(sum, 0) {
			return nil, 0, errors.Wrapf(ErrNotFinite,
				"Clip: parameter %q: norm of the gradient is %v", params[i].name, math.Sqrt(sum))
		}
		c.sums = append(c.sums, sum)
		if sum > c.sums[largest] {
			largest = i
		}
	}
	// Sorted, the sum is the same for any order of the parameters.
	slices.Sort(c.sums)
	var total float64
	for _, sum := range c.sums {
		total += sum
	}
	if math.IsInf(total, 0) {
		return nil, 0, errors.Wrapf(ErrNotFinite,
			"Clip: norm of all gradients overflows; that of parameter %q is the largest", params[largest].name)
	}
	return params, math.Sqrt(total), nil
}

// LearnRate implements Solver.
func (c *Clip) LearnRate() float64 { return c.inner.LearnRate() }

// SetLearnRate implements Solver.
func (c *Clip) SetLearnRate(rate float64) { c.inner.SetLearnRate(rate) }

// State is the inner solver's: clipping has none of its own.
func (c *Clip) State() State { return c.inner.State() }

// Restore implements Solver.
func (c *Clip) Restore(s State) error { return c.inner.Restore(s) }

// squares sums squares and scales, block by block.
type squares[F kernel.Float] struct {
	x       []F
	factor  F
	partial []float64 // by block

	sumBlock, scaleBlock func(lo, hi int) // made once, so that a step allocates nothing
}

func (s *squares[F]) init() {
	s.sumBlock = func(lo, hi int) {
		s.partial[lo/blockSize] = kernel.SquareSum(s.x[lo:hi])
	}
	s.scaleBlock = func(lo, hi int) {
		kernel.Scale(s.x[lo:hi], s.x[lo:hi], s.factor)
	}
}

func (s *squares[F]) of(x []F) float64 {
	s.x = x
	blocks := (len(x) + blockSize - 1) / blockSize
	s.partial = slices.Grow(s.partial[:0], blocks)[:blocks]
	kernel.Parallel(len(x), blockSize, s.sumBlock)
	s.x = nil // the gradient is not ours to keep
	var sum float64
	for _, p := range s.partial {
		sum += p
	}
	return sum
}

func (s *squares[F]) scale(factor float64, x []F) {
	s.x, s.factor = x, F(factor)
	kernel.Parallel(len(x), blockSize, s.scaleBlock)
	s.x = nil
}
