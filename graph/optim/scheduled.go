package optim

import (
	"slices"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"
)

// Scheduled multiplies the inner solver's rate in each step by a factor that
// depends on the number of the step. The base rate stays as it is. A Scheduled
// around a Scheduled multiplies by both.
type Scheduled struct {
	inner    Solver
	schedule Schedule
	steps    int
}

var _ Solver = (*Scheduled)(nil)

// NewScheduled wraps a solver. The first step has number 0.
func NewScheduled(inner Solver, schedule Schedule) (*Scheduled, error) {
	if err := checkInner("Scheduled", inner); err != nil {
		return nil, err
	}
	if err := validateSchedule(schedule); err != nil {
		return nil, err
	}
	return &Scheduled{inner: inner, schedule: schedule}, nil
}

// Steps counts the steps made, which is the number of the next one.
func (s *Scheduled) Steps() int { return s.steps }

// Rate is the rate of the next step: the base rate times the schedule's factor.
func (s *Scheduled) Rate() float64 {
	return s.inner.LearnRate() * s.schedule.Factor(s.steps)
}

// Step implements Solver.
func (s *Scheduled) Step(model []G.ValueGrad) error {
	if err := StepScaled(s.inner, model, s.schedule.Factor(s.steps)); err != nil {
		return err
	}
	s.steps++
	return nil
}

// Check implements Solver.
func (s *Scheduled) Check(model []G.ValueGrad) error {
	return checkScaled(s.inner, model, s.schedule.Factor(s.steps))
}

// LearnRate is the base rate.
func (s *Scheduled) LearnRate() float64 { return s.inner.LearnRate() }

// SetLearnRate sets the base rate.
func (s *Scheduled) SetLearnRate(rate float64) { s.inner.SetLearnRate(rate) }

// State is the inner solver's with the number of steps added.
func (s *Scheduled) State() State {
	st := s.inner.State()
	st.Schedules = append(st.Schedules, s.steps)
	return st
}

// Restore implements Solver.
func (s *Scheduled) Restore(st State) error {
	last := len(st.Schedules) - 1
	if last < 0 {
		return errors.Wrap(ErrState, "Scheduled: state counts fewer schedules than there are wrappers")
	}
	steps := st.Schedules[last]
	if steps < 0 {
		return errors.Wrapf(ErrState, "Scheduled: state has made %d steps, want >= 0", steps)
	}
	st.Schedules = slices.Clone(st.Schedules[:last])
	if err := s.inner.Restore(st); err != nil {
		return err
	}
	s.steps = steps
	return nil
}
