package main

import (
	"fmt"
	"math"
	"strings"

	"github.com/pkg/errors"

	"github.com/egru/egru/graph/optim"
	"github.com/egru/egru/layers"
)

// pruning is how weights are set to zero while a model is trained. The zero value
// is none.
type pruning struct {
	Sparsity float64 `json:"sparsity"` // share of the weights that is pruned in the end
	Scope    string  `json:"scope"`    // global or layer
	Weights  string  `json:"weights"`  // patterns of their names, separated by commas
	From     float64 `json:"from"`     // epochs that are over when it begins
	Until    float64 `json:"until"`    // and when the sparsity is reached
	Every    int     `json:"every"`    // windows of -bptt steps between two prunings
}

// The scopes of pruning.
const (
	scopeGlobal = "global"
	scopeLayer  = "layer"
)

const (
	defaultPruneEvery = 100
	maxPruneEvery     = 1_000_000
)

// settle fills in what neither flags nor the settings before them say, so that the
// config says all, and reports flags that say nothing without -prune.
func (p *pruning) settle(before pruning, given map[string]bool, epochs int) error {
	if p.Sparsity == 0 {
		for _, name := range []string{"prune-scope", "prune-weights", "prune-from", "prune-until", "prune-every"} {
			if given[name] {
				return errors.Errorf("-%s says nothing without -prune", name)
			}
		}
		*p = pruning{}
		return nil
	}
	settled := before.Every != 0
	if p.Scope == "" {
		p.Scope = scopeGlobal
	}
	if p.Weights == "" {
		p.Weights = strings.Join(optim.DefaultPrune(0).Names, ",")
	}
	if !settled && !given["prune-every"] {
		p.Every = defaultPruneEvery
	}
	if !given["prune-until"] && (!settled || p.Until < p.From) {
		p.Until = (p.From + float64(epochs)) / 2
	}
	return nil
}

func (p pruning) validate(epochs int) error {
	switch {
	case p == pruning{}:
		return nil
	case !(p.Sparsity > 0 && p.Sparsity < 1):
		return errors.Errorf("-prune is %v, want 0 for none, or it in (0, 1)", p.Sparsity)
	case p.Scope != scopeGlobal && p.Scope != scopeLayer:
		return errors.Errorf("-prune-scope is %q, want global or layer", p.Scope)
	case !(p.From >= 0):
		return errors.Errorf("-prune-from is %v, want at least 0", p.From)
	case !(p.Until >= p.From && p.Until <= float64(epochs)):
		return errors.Errorf("-prune-until is %v, want %v (-prune-from) to %d (-epochs)", p.Until, p.From, epochs)
	case p.Every < 1 || p.Every > maxPruneEvery:
		return errors.Errorf("-prune-every is %d, want 1 to %d", p.Every, maxPruneEvery)
	}
	return nil
}

// solver wraps one, or gives nil where nothing is pruned. The time of the schedule
// is in tokens of a row of text, of which an epoch has row and a window steps.
func (p pruning) solver(inner optim.Solver, row, steps int) (*optim.Prune, error) {
	if p.Sparsity == 0 {
		return nil, nil
	}
	c := optim.DefaultPrune(p.Sparsity)
	c.Names = strings.Split(p.Weights, ",")
	for i, name := range c.Names {
		c.Names[i] = strings.TrimSpace(name)
	}
	if p.Scope == scopeLayer {
		c.Scope = optim.PruneEach
	}
	c.Schedule = optim.Gradual{
		Final: p.Sparsity,
		Start: int(math.Round(p.From * float64(row))),
		End:   int(math.Round(p.Until * float64(row))),
		Every: p.Every * steps,
	}
	c.KeepZeros = true // of the run that this one starts from
	return optim.NewPrune(inner, c)
}

// density is the share of the weights to prune that is left; nil where none are
// pruned.
func (s *solver) density() *float64 {
	if s.prune == nil {
		return nil
	}
	kept, size := 0, 0
	for _, d := range s.prune.Densities() {
		kept, size = kept+d.Kept, size+d.Size
	}
	share := float64(kept) / float64(max(1, size))
	return &share
}

// isPruned says whether the sparsity has come to where it was to.
func (tr *trainer) isPruned() bool {
	return tr.solver.prune == nil || tr.solver.prune.Sparsity() == tr.config.Prune.Sparsity
}

// densities are those of each matrix of a pruned model, in words.
func (c config) densities(params []*layers.Param) string {
	if c.Prune.Sparsity == 0 {
		return ""
	}
	var of []string
	for _, p := range params {
		if p.Value().Shape().Dims() < 2 {
			continue
		}
		of = append(of, fmt.Sprintf("%s %.1f %%", p.Name(), 100*float64(notZero(p))/float64(p.Value().Shape().TotalSize())))
	}
	return strings.Join(of, ", ")
}

// notZero is how many numbers of a weight are left.
func notZero(p *layers.Param) int {
	kept := 0
	for _, w := range p.Value().Float32s() {
		if w != 0 {
			kept++
		}
	}
	return kept
}
