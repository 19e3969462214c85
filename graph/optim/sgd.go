package optim

import "github.com/egru/egru/internal/kernel"

// SGDConfig configures stochastic gradient descent.
type SGDConfig struct {
	LearnRate float64 // rate; default 0.01
	Momentum  float64 // mu, 0 <= mu < 1; default 0.9. At 0 nothing is kept between steps
	Nesterov  bool    // look ahead along the velocity; needs Momentum > 0
	// WeightDecay is added to the gradient, times the parameter (L2), or, if
	// Decoupled, shrinks the parameter apart from it. Default 0.
	WeightDecay float64
	Decoupled   bool
	Groups      []Group
}

// DefaultSGD is plain momentum without decay.
func DefaultSGD() SGDConfig { return SGDConfig{LearnRate: 0.01, Momentum: 0.9} }

// Validate reports everything that is wrong with the config.
func (c SGDConfig) Validate() error {
	var p problems
	p.rates(rates{c.LearnRate, c.WeightDecay, c.Groups})
	p.fraction("Momentum", c.Momentum)
	if c.Nesterov && c.Momentum == 0 {
		p.addf("Nesterov needs Momentum > 0")
	}
	return p.err("SGD")
}

// NewSGD makes the solver
//
//	g = g + decay*p             unless Decoupled
//	p = (1 - rate*decay)*p      if Decoupled
//	v = mu*v + g                starts at 0
//	p = p - rate*v              Nesterov: p - rate*(g + mu*v)
//
// as torch.optim.SGD without dampening. The rate stands outside the velocity, so
// a change of rate acts at once on all of it. Decoupled decay is SGDW
// (Loshchilov & Hutter, ICLR 2019, algorithm 1), with the decay multiplied by the
// rate as in AdamW.
func NewSGD(c SGDConfig) (Solver, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	var kinds []string
	if c.Momentum > 0 {
		kinds = []string{"velocity"}
	}
	return newStepper("SGD", kinds, newRates(c.LearnRate, c.WeightDecay, c.Groups),
		&sgdRule[float32]{config: c}, &sgdRule[float64]{config: c}), nil
}

type sgdRule[F kernel.Float] struct {
	config SGDConfig

	// Coefficients of the step under way.
	rate, momentum F
	l2             F // coupled decay
	keep           F // 1 - rate*decay, decoupled
}

func (r *sgdRule[F]) prepare(_ int, rate, decay float64) {
	r.rate, r.momentum, r.l2, r.keep = F(rate), F(r.config.Momentum), F(decay), 1
	if r.config.Decoupled {
		r.l2, r.keep = 0, F(1-rate*decay)
	}
}

func (r *sgdRule[F]) apply(p, g []F, moments [][]F, lo, hi int) {
	p, g = p[lo:hi], g[lo:hi]
	var v []F
	if len(moments) > 0 {
		v = moments[0][lo:hi]
	}
	rate, momentum, l2, keep := r.rate, r.momentum, r.l2, r.keep
	for i, d := range g {
		g[i] = 0
		if l2 != 0 { // else 0*Inf would be NaN
			d += l2 * p[i]
		}
		if v != nil {
			v[i] = momentum*v[i] + d
			if r.config.Nesterov {
				d += momentum * v[i]
			} else {
				d = v[i]
			}
		}
		if rate != 0 {
			p[i] = keep*p[i] - rate*d
		}
	}
}
