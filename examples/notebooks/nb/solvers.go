package nb

import (
	"math"

	"github.com/egru/egru/graph/optim"
)

// Solvers, see package optim.
type (
	Solver      = optim.Solver
	AdamWConfig = optim.AdamWConfig
	Cosine      = optim.Cosine
)

// DefaultAdamW has a rate of 0.001 and a decay of 0.01.
func DefaultAdamW() AdamWConfig { return optim.DefaultAdamW() }

// NewAdamW makes a solver that clips the gradients' global norm, where maxNorm is
// not 0, and keeps thresholds in [0, 1].
func NewAdamW(c AdamWConfig, maxNorm float64) Solver {
	if maxNorm == 0 {
		maxNorm = math.Inf(1)
	}
	clipped := must(optim.NewClip(must(optim.NewAdamW(c)), maxNorm))
	return must(optim.NewProject(clipped, optim.Bound{Names: []string{"*.threshold"}, Low: 0, High: 1}))
}

// StepScaled makes one step at scale times the solver's rate, from the result of
// a window.
func StepScaled(s Solver, r Result, scale float64) { Check(optim.StepScaled(s, r.Grads, scale)) }
