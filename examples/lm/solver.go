package main

import (
	"github.com/egru/egru/graph/optim"
	"github.com/egru/egru/layers"
)

// solver is AdamW with a clipped global norm and thresholds kept in [0, 1],
// which have a rate of their own, and pruned if asked for. Thresholds and gains do
// not decay.
type solver struct {
	optim.Solver
	clip  *optim.Clip
	prune *optim.Prune // nil where nothing is pruned
}

const (
	thresholds = "*.threshold"
	gains      = "*.gain"
)

// newSolver makes that of a cell, for a text whose rows have row tokens.
func newSolver(c config, cell string, row int) (*solver, error) {
	r := c.recipe(cell)
	config := optim.DefaultAdamW()
	config.LearnRate, config.WeightDecay = r.LearnRate, r.Decay
	config.Beta1, config.Beta2 = r.Beta1, r.Beta2
	if cell == layers.CellEGRU {
		config.Groups = []optim.Group{{Names: []string{thresholds}, LearnRateScale: c.EGRU.ThresholdRate}}
		if c.EGRU.LearnGain {
			config.Groups = append(config.Groups, optim.NoDecay(gains))
		}
	}
	adamw, err := optim.NewAdamW(config)
	if err != nil {
		return nil, err
	}
	s := &solver{}
	if s.clip, err = optim.NewClip(adamw, r.Clip); err != nil {
		return nil, err
	}
	s.Solver = s.clip
	if cell == layers.CellEGRU {
		if s.Solver, err = optim.NewProject(s.clip, optim.Bound{Names: []string{thresholds}, Low: 0, High: 1}); err != nil {
			return nil, err
		}
	}
	if s.prune, err = c.Prune.solver(s.Solver, row, c.Window); s.prune != nil {
		s.Solver = s.prune
	}
	return s, err
}

// schedule gives the factor on the rate at a place in the run, in tokens of a
// row of text: windows may differ in length.
func (r recipe) schedule(epochs, row int) optim.Schedule {
	start := (r.ScheduleEpoch - 1) * row
	switch {
	case r.Schedule == scheduleCosine && r.ScheduleEpoch <= epochs:
		return optim.Cosine{Start: start, End: epochs * row}
	case r.Schedule == scheduleHalve:
		var at []int
		for ; start < epochs*row; start += row {
			at = append(at, start)
		}
		return optim.Milestones{Steps: at, Gamma: 0.5}
	}
	return optim.Constant{}
}
