package optim

import (
	"slices"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/egru/egru/internal/kernel"
)

// blockSize is the number of elements that one goroutine takes at a time.
const blockSize = 1 << 14

// rule is the arithmetic of a solver. It is all that a new solver has to bring.
type rule[F kernel.Float] interface {
	// prepare computes the coefficients of the t-th step, t = 1, 2, ..., of a
	// parameter. A rate of 0 must leave every bit of the parameter.
	prepare(t int, rate, decay float64)
	// apply updates the elements [lo,hi) of the parameter p and its moments,
	// and sets those of the gradient g to zero. It runs concurrently for
	// disjoint ranges.
	apply(p, g []F, moments [][]F, lo, hi int)
}

// stepper is the Solver made of a rule: it finds the memory of each parameter
// and passes over it once.
type stepper struct {
	name   string
	kinds  []string // of the moments, one slice each per parameter
	rates  rates
	reader reader
	f32    bank[float32]
	f64    bank[float64]
}

var _ Solver = (*stepper)(nil)

func newStepper(name string, kinds []string, r rates, f32 rule[float32], f64 rule[float64]) *stepper {
	s := &stepper{name: name, kinds: kinds, rates: r}
	s.f32.init(f32, len(kinds))
	s.f64.init(f64, len(kinds))
	return s
}

func (s *stepper) LearnRate() float64        { return s.rates.learn }
func (s *stepper) SetLearnRate(rate float64) { s.rates.learn = rate }

func (s *stepper) Check(model []G.ValueGrad) error {
	_, err := s.check(model)
	return err
}

func (s *stepper) check(model []G.ValueGrad) ([]parameter, error) {
	if rate := s.rates.learn; !isFactor(rate) {
		return nil, errors.Wrapf(ErrConfig, "%s: learn rate is %v, want a finite number >= 0", s.name, rate)
	}
	params, err := s.reader.read(s.name, model)
	if err != nil {
		return nil, err
	}
	for i := range params {
		p := &params[i]
		shape, dtype, known := s.known(p.name)
		if known && (dtype != p.dtype() || !slices.Equal(shape, p.shape)) {
			return nil, errors.Wrapf(ErrChanged, "%s: parameter %q has shape %v of %v, want %v of %v as before",
				s.name, p.name, p.shape, p.dtype(), shape, dtype)
		}
	}
	return params, nil
}

func (s *stepper) known(name string) (tensor.Shape, tensor.Dtype, bool) {
	if m, ok := s.f32.memories[name]; ok {
		return m.shape, tensor.Float32, true
	}
	if m, ok := s.f64.memories[name]; ok {
		return m.shape, tensor.Float64, true
	}
	return nil, tensor.Dtype{}, false
}

func (s *stepper) Step(model []G.ValueGrad) error {
	params, err := s.check(model)
	if err != nil {
		return err
	}
	for i := range params {
		p := &params[i]
		rate, decay, frozen := s.rates.of(p.name)
		switch {
		case frozen:
			clear(p.f32.grad)
			clear(p.f64.grad)
		case p.f32.value != nil:
			s.f32.step(p.name, p.shape, p.f32, rate, decay)
		default:
			s.f64.step(p.name, p.shape, p.f64, rate, decay)
		}
	}
	return nil
}

// bank is the part of a stepper for one precision.
type bank[F kernel.Float] struct {
	rule     rule[F]
	kinds    int
	memories map[string]*memory[F]
	apply    func(lo, hi int) // one closure for all steps, so that they allocate nothing
	current  struct {         // what apply works on
		pair[F]
		moments [][]F
	}
}

// memory is what a solver keeps of one parameter.
type memory[F kernel.Float] struct {
	shape   tensor.Shape
	steps   int
	moments [][]F
}

func (b *bank[F]) init(r rule[F], kinds int) {
	b.rule, b.kinds, b.memories = r, kinds, map[string]*memory[F]{}
	b.apply = func(lo, hi int) {
		b.rule.apply(b.current.value, b.current.grad, b.current.moments, lo, hi)
	}
}

func (b *bank[F]) step(name string, shape tensor.Shape, p pair[F], rate, decay float64) {
	m, ok := b.memories[name]
	if !ok {
		m = &memory[F]{shape: slices.Clone(shape), moments: make([][]F, b.kinds)}
		for k := range m.moments {
			m.moments[k] = make([]F, len(p.value))
		}
		b.memories[name] = m
	}
	m.steps++
	b.rule.prepare(m.steps, rate, decay)
	b.current.pair, b.current.moments = p, m.moments
	kernel.Parallel(len(p.value), blockSize, b.apply)
}
