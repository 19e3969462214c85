package optim

import (
	"fmt"
	"slices"

	G "gorgonia.org/gorgonia"

	"github.com/egru/egru/internal/kernel"
)

// Bound keeps parameters in an interval.
type Bound struct {
	// Names are names of parameters, or patterns, in which * stands for any
	// run of characters. A bound may match nothing; CheckNames tells.
	Names []string
	// Low <= High, either of them infinite if wanted. They are rounded to the
	// precision of the parameter.
	Low, High float64
}

// Project sets parameters back into their bounds after each step of the inner
// solver:
//
//	p = min(max(p, Low), High)
//
// Frozen parameters too. NaN stays NaN. The first bound that names a parameter
// decides for it.
type Project struct {
	inner  Solver
	bounds []Bound
	reader reader
	f32    clamp[float32]
	f64    clamp[float64]
}

var _ Solver = (*Project)(nil)

// NewProject wraps a solver. Thresholds, for one, belong in [0,1]:
//
//	optim.NewProject(inner, optim.Bound{Names: []string{"*threshold"}, Low: 0, High: 1})
//
// A solver of Gorgonia's own is no Solver: its state cannot be saved. After its
// steps layers.Param.Clamp does the same for one weight.
func NewProject(inner Solver, bounds ...Bound) (*Project, error) {
	if err := checkInner("Project", inner); err != nil {
		return nil, err
	}
	var wrong problems
	bounds = slices.Clone(bounds)
	for i := range bounds {
		b := &bounds[i]
		wrong.names(fmt.Sprintf("bounds[%d].Names", i), b.Names)
		if !(b.Low <= b.High) {
			wrong.addf("bounds[%d] has Low %v and High %v, want Low <= High", i, b.Low, b.High)
		}
		b.Names = slices.Clone(b.Names)
	}
	if err := wrong.err("Project"); err != nil {
		return nil, err
	}
	p := &Project{inner: inner, bounds: bounds}
	p.f32.init()
	p.f64.init()
	return p, nil
}

// Step implements Solver.
func (p *Project) Step(model []G.ValueGrad) error {
	params, err := p.reader.read("Project", model)
	if err != nil {
		return err
	}
	if err := p.inner.Step(model); err != nil {
		return err
	}
	for i := range params {
		q := &params[i]
		of := func(b Bound) bool { return matches(b.Names, q.name) }
		if k := slices.IndexFunc(p.bounds, of); k >= 0 {
			p.f32.apply(q.f32.value, p.bounds[k])
			p.f64.apply(q.f64.value, p.bounds[k])
		}
	}
	return nil
}

// Check implements Solver.
func (p *Project) Check(model []G.ValueGrad) error {
	if _, err := p.reader.read("Project", model); err != nil {
		return err
	}
	return p.inner.Check(model)
}

// LearnRate implements Solver.
func (p *Project) LearnRate() float64 { return p.inner.LearnRate() }

// SetLearnRate implements Solver.
func (p *Project) SetLearnRate(rate float64) { p.inner.SetLearnRate(rate) }

// State is the inner solver's: projection has none of its own.
func (p *Project) State() State { return p.inner.State() }

// Restore implements Solver.
func (p *Project) Restore(s State) error { return p.inner.Restore(s) }

// clamp sets numbers into an interval, block by block.
type clamp[F kernel.Float] struct {
	x         []F
	low, high F
	block     func(lo, hi int) // made once, so that a step allocates nothing
}

func (c *clamp[F]) init() {
	c.block = func(lo, hi int) {
		for i, v := range c.x[lo:hi] {
			switch {
			case v < c.low:
				c.x[lo+i] = c.low
			case v > c.high:
				c.x[lo+i] = c.high
			}
		}
	}
}

func (c *clamp[F]) apply(x []F, b Bound) {
	c.x, c.low, c.high = x, F(b.Low), F(b.High)
	kernel.Parallel(len(x), blockSize, c.block)
}
