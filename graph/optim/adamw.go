package optim

// AdamWConfig configures AdamW.
type AdamWConfig struct {
	LearnRate   float64 // rate; default 0.001
	Beta1       float64 // decay of the first moment, 0 <= Beta1 < 1; default 0.9
	Beta2       float64 // decay of the second moment, 0 <= Beta2 < 1; default 0.999
	Epsilon     float64 // added to the root of the second moment, > 0; default 1e-8
	WeightDecay float64 // times rate and parameter, taken off the parameter; default 0.01
	Groups      []Group
}

// DefaultAdamW has the values of torch.optim.AdamW.
func DefaultAdamW() AdamWConfig {
	return AdamWConfig{LearnRate: 1e-3, Beta1: 0.9, Beta2: 0.999, Epsilon: 1e-8, WeightDecay: 0.01}
}

// Validate reports everything that is wrong with the config.
func (c AdamWConfig) Validate() error { return AdamConfig(c).validate("AdamW") }

// NewAdamW makes the solver
//
//	m = beta1*m + (1-beta1)*g            starts at 0
//	v = beta2*v + (1-beta2)*g*g          starts at 0
//	p = (1 - rate*decay)*p - rate * m/(1-beta1^t) / (sqrt(v/(1-beta2^t)) + epsilon)
//
// in step t = 1, 2, ... of each parameter (Loshchilov & Hutter, ICLR 2019,
// algorithm 2), as torch.optim.AdamW. Schedules act on both terms.
func NewAdamW(c AdamWConfig) (Solver, error) {
	return newAdam("AdamW", AdamConfig(c), true)
}
