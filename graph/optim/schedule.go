package optim

import (
	"math"
	"slices"

	"github.com/pkg/errors"
)

// Schedule gives the factor on the base rate for step 0, 1, ... It must be a
// function of the step alone, and finite and not negative. What a step is, its
// user decides: for Scheduled a step of the solver; a training loop may also
// count epochs itself and call SetLearnRate(base * schedule.Factor(epoch)).
// Where a schedule has a method Validate() error, NewScheduled calls it.
type Schedule interface {
	Factor(step int) float64
}

var (
	_ Schedule = Constant{}
	_ Schedule = Cosine{}
	_ Schedule = StepDecay{}
	_ Schedule = Milestones{}
)

// Constant is the factor 1.
type Constant struct{}

// Factor implements Schedule.
func (Constant) Factor(int) float64 { return 1 }

// Cosine is constant before Start, then falls along half a cosine to Floor at
// End, and stays there:
//
//	1                                                             step <= Start
//	Floor + (1-Floor) * (1 + cos(pi*(step-Start)/(End-Start)))/2  between
//	Floor                                                         step >= End
//
// With Start 0 it is torch's CosineAnnealingLR with T_max = End and
// eta_min = Floor*base (Loshchilov & Hutter, ICLR 2017, equation 5).
type Cosine struct {
	Start, End int     // steps, 0 <= Start < End
	Floor      float64 // factor at the end, >= 0
}

// Factor implements Schedule.
func (c Cosine) Factor(step int) float64 {
	switch {
	case step <= c.Start:
		return 1
	case step >= c.End:
		return c.Floor
	}
	x := float64(step-c.Start) / float64(c.End-c.Start)
	return c.Floor + (1-c.Floor)*(1+math.Cos(math.Pi*x))/2
}

// Validate reports everything that is wrong with the schedule.
func (c Cosine) Validate() error {
	var p problems
	if c.Start < 0 || c.End <= c.Start {
		p.addf("Start and End are %d and %d, want 0 <= Start < End", c.Start, c.End)
	}
	p.factor("Floor", c.Floor)
	return p.err("Cosine")
}

// StepDecay multiplies the rate by Gamma every so many steps:
//
//	Gamma^floor(step/Every)
//
// as torch's StepLR.
type StepDecay struct {
	Every int     // steps, > 0
	Gamma float64 // >= 0
}

// Factor implements Schedule. It is NaN where Every is not > 0.
func (d StepDecay) Factor(step int) float64 {
	if d.Every < 1 {
		return math.NaN()
	}
	return math.Pow(d.Gamma, float64(step/d.Every))
}

// Validate reports everything that is wrong with the schedule.
func (d StepDecay) Validate() error {
	var p problems
	if d.Every < 1 {
		p.addf("Every is %d, want > 0", d.Every)
	}
	p.factor("Gamma", d.Gamma)
	return p.err("StepDecay")
}

// Milestones multiplies the rate by Gamma at each of the given steps, as torch's
// MultiStepLR.
type Milestones struct {
	Steps []int   // ascending
	Gamma float64 // >= 0
}

// Factor implements Schedule.
func (m Milestones) Factor(step int) float64 {
	passed, _ := slices.BinarySearch(m.Steps, step+1)
	return math.Pow(m.Gamma, float64(passed))
}

// Validate reports everything that is wrong with the schedule.
func (m Milestones) Validate() error {
	var p problems
	if !slices.IsSorted(m.Steps) {
		p.addf("Steps are %v, want them ascending", m.Steps)
	}
	p.factor("Gamma", m.Gamma)
	return p.err("Milestones")
}

func validateSchedule(s Schedule) error {
	if s == nil {
		return errors.Wrap(ErrConfig, "Scheduled: the schedule is nil")
	}
	if v, ok := s.(interface{ Validate() error }); ok {
		return errors.WithMessage(v.Validate(), "Scheduled")
	}
	return nil
}
