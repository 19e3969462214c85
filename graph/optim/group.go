package optim

import "slices"

// Group sets apart the parameters with the given names. The first group of a
// config that names a parameter decides for it; a parameter in no group has the
// solver's rate and decay. A group may match nothing; CheckNames tells.
//
// Thresholds with their own rate and no decay:
//
//	optim.Group{Names: []string{"*threshold"}, LearnRateScale: 0.1}
type Group struct {
	// Names are names of parameters, or patterns, in which * stands for any
	// run of characters.
	Names []string
	// LearnRateScale multiplies the solver's rate. At 0, which is also the
	// zero value, the parameters are frozen: they keep their bits and have no
	// state; their gradients are set to zero as all others.
	LearnRateScale float64
	// WeightDecay takes the place of the solver's. 0 is no decay.
	WeightDecay float64
}

// Frozen is the group of parameters that a solver leaves as they are.
func Frozen(names ...string) Group { return Group{Names: names} }

// NoDecay is the group of parameters at the solver's rate without decay, as is
// usual for biases.
func NoDecay(names ...string) Group { return Group{Names: names, LearnRateScale: 1} }

// rates are the settings that all solvers share.
type rates struct {
	learn  float64
	decay  float64
	groups []Group
}

// newRates copies the groups, so that the caller's later edits do not reach
// into a running solver.
func newRates(learn, decay float64, groups []Group) rates {
	groups = slices.Clone(groups)
	for i := range groups {
		groups[i].Names = slices.Clone(groups[i].Names)
	}
	return rates{learn, decay, groups}
}

// of returns the rate and the decay of a parameter. frozen is told by the
// group, not by the rate: where a schedule passes through 0, moments go on.
func (r rates) of(name string) (rate, decay float64, frozen bool) {
	for _, g := range r.groups {
		if matches(g.Names, name) {
			return r.learn * g.LearnRateScale, g.WeightDecay, g.LearnRateScale == 0
		}
	}
	return r.learn, r.decay, false
}
