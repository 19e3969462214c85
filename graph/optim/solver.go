package optim

import (
	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"
)

// Solver is a gorgonia.Solver whose rate can be set and whose state can be
// saved. SGD, Adam and AdamW are solvers; Clip, Scheduled, Project and Prune wrap
// one and are solvers again. It is not safe for concurrent use.
type Solver interface {
	// Step updates every parameter of the model in place from its gradient and
	// sets the gradients to zero. Parameters are told apart by the result of
	// their method Name() string, which *gorgonia.Node has, and by their
	// position in the model where they have none. The order of named parameters
	// does not matter. On an error nothing has been changed.
	Step(model []G.ValueGrad) error

	// Check returns the error that Step would return, and changes nothing.
	Check(model []G.ValueGrad) error

	// LearnRate is the base rate: the one of the config, or the last one set.
	// Schedules and groups multiply it for their steps and leave it as it is.
	LearnRate() float64

	// SetLearnRate sets the base rate. Step reports a rate that is negative or
	// not finite.
	SetLearnRate(rate float64)

	// State returns a copy of all that later steps depend on, except the
	// configuration, the parameters and the gradients.
	State() State

	// Restore takes back the state of a solver of the same configuration and
	// with the same Scheduled and Prune wrappers. The steps that follow are the same to
	// the last bit as if the solver had never stopped. A solver that has stepped
	// takes only parameters that it knows, with their shapes and dtypes. A new
	// one takes any, and its first step reports those that do not fit the model
	// (ErrChanged). On an error, which wraps ErrState, nothing has been changed.
	Restore(State) error
}

var _ G.Solver = Solver(nil)

// StepScaled makes one step at scale times the solver's rate. Base rate and
// schedules stay as they are. For windows of random length a usual scale is
// length/(base length).
func StepScaled(s Solver, model []G.ValueGrad, scale float64) error {
	base := s.LearnRate()
	defer s.SetLearnRate(base)
	s.SetLearnRate(base * scale)
	return s.Step(model)
}

// checkScaled returns the error that StepScaled would return.
func checkScaled(s Solver, model []G.ValueGrad, scale float64) error {
	base := s.LearnRate()
	defer s.SetLearnRate(base)
	s.SetLearnRate(base * scale)
	return s.Check(model)
}

func checkInner(name string, inner Solver) error {
	if inner == nil {
		return errors.Wrapf(ErrConfig, "%s: the inner solver is nil", name)
	}
	return nil
}
