package optim

import (
	"math"

	"github.com/egru/egru/internal/kernel"
)

// AdamConfig configures Adam.
type AdamConfig struct {
	LearnRate   float64 // rate; default 0.001
	Beta1       float64 // decay of the first moment, 0 <= Beta1 < 1; default 0.9
	Beta2       float64 // decay of the second moment, 0 <= Beta2 < 1; default 0.999
	Epsilon     float64 // added to the root of the second moment, > 0; default 1e-8
	WeightDecay float64 // times the parameter, added to the gradient (L2); default 0
	Groups      []Group
}

// DefaultAdam has the values of the paper, which are those of torch.optim.Adam.
func DefaultAdam() AdamConfig {
	return AdamConfig{LearnRate: 1e-3, Beta1: 0.9, Beta2: 0.999, Epsilon: 1e-8}
}

// Validate reports everything that is wrong with the config.
func (c AdamConfig) Validate() error { return c.validate("Adam") }

func (c AdamConfig) validate(solver string) error {
	var p problems
	p.rates(rates{c.LearnRate, c.WeightDecay, c.Groups})
	p.fraction("Beta1", c.Beta1)
	p.fraction("Beta2", c.Beta2)
	if !isFactor(c.Epsilon) || float32(c.Epsilon) == 0 {
		p.addf("Epsilon is %v, want a finite number > 0, also in float32", c.Epsilon)
	}
	return p.err(solver)
}

// NewAdam makes the solver
//
//	g = g + decay*p
//	m = beta1*m + (1-beta1)*g            starts at 0
//	v = beta2*v + (1-beta2)*g*g          starts at 0
//	p = p - rate * m/(1-beta1^t) / (sqrt(v/(1-beta2^t)) + epsilon)
//
// in step t = 1, 2, ... of each parameter (Kingma & Ba, ICLR 2015, algorithm 1),
// as torch.optim.Adam. As the decay passes through the moments, large gradients
// weaken it; AdamW does not have that effect.
func NewAdam(c AdamConfig) (Solver, error) {
	return newAdam("Adam", c, false)
}

func newAdam(name string, c AdamConfig, decoupled bool) (Solver, error) {
	if err := c.validate(name); err != nil {
		return nil, err
	}
	return newStepper(name, []string{"moment1", "moment2"}, newRates(c.LearnRate, c.WeightDecay, c.Groups),
		&adamRule[float32]{config: c, decoupled: decoupled},
		&adamRule[float64]{config: c, decoupled: decoupled}), nil
}

type adamRule[F kernel.Float] struct {
	config    AdamConfig
	decoupled bool
	step      kernel.AdamStep[F] // under way
}

func (r *adamRule[F]) prepare(t int, rate, decay float64) {
	c := r.config
	r.step = kernel.AdamStep[F]{
		Beta1: F(c.Beta1), Rest1: F(1 - c.Beta1),
		Beta2: F(c.Beta2), Rest2: F(1 - c.Beta2),
		L2:      F(decay),
		Keep:    1,
		Rate:    F(rate / (1 - math.Pow(c.Beta1, float64(t)))),
		Scale:   F(1 / math.Sqrt(1-math.Pow(c.Beta2, float64(t)))),
		Epsilon: F(c.Epsilon),
	}
	if r.decoupled {
		r.step.L2, r.step.Keep = 0, F(1-rate*decay)
	}
}

func (r *adamRule[F]) apply(p, g []F, moments [][]F, lo, hi int) {
	kernel.Adam(p[lo:hi], g[lo:hi], moments[0][lo:hi], moments[1][lo:hi], r.step)
}
