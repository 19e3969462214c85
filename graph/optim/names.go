package optim

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pkg/errors"
)

// CheckNames reports names and patterns, in the groups and bounds of a solver and
// of all that it wraps, that have no effect on any of the parameters: they fit
// none, or only such that an earlier group or bound decides for. The error wraps
// ErrConfig and lists them all; a mistyped "*.treshold" would let thresholds be
// trained that were to be frozen, without a sign of it.
//
// A step does not ask: one solver may serve several models, and its names need
// not all occur in each. Call CheckNames once with the parameters of all of them,
// such as layers.LanguageModel.Params(). It does not see what a solver of another
// package wraps.
func CheckNames[P interface{ Name() string }](s Solver, params []P) error {
	var names []string
	for _, p := range params {
		names = append(names, p.Name())
	}
	if idle := idleNames(s, names); len(idle) > 0 {
		return errors.Wrapf(ErrConfig, "of %d parameters: %s", len(names), strings.Join(idle, "; "))
	}
	return nil
}

// named is a solver that knows parameters by name, or wraps one.
type named interface {
	// idle says what names have no effect on parameters of these names.
	idle(params []string) []string
}

var (
	_ named = (*stepper)(nil)
	_ named = (*Clip)(nil)
	_ named = (*Scheduled)(nil)
	_ named = (*Project)(nil)
)

func idleNames(s Solver, params []string) []string {
	if n, ok := s.(named); ok {
		return n.idle(params)
	}
	return nil
}

func (s *stepper) idle(params []string) []string {
	var sets [][]string
	for _, g := range s.rates.groups {
		sets = append(sets, g.Names)
	}
	return idleIn(s.name+": Groups", sets, params)
}

func (c *Clip) idle(params []string) []string      { return idleNames(c.inner, params) }
func (s *Scheduled) idle(params []string) []string { return idleNames(s.inner, params) }

func (p *Project) idle(params []string) []string {
	var sets [][]string
	for _, b := range p.bounds {
		sets = append(sets, b.Names)
	}
	return append(idleIn("Project: bounds", sets, params), idleNames(p.inner, params)...)
}

// idleIn looks through sets of names of which the first that fits a parameter
// decides for it.
func idleIn(what string, sets [][]string, params []string) (idle []string) {
	for i, names := range sets {
		for _, name := range names {
			before, decides := -1, false
			for _, p := range params {
				if !match(name, p) {
					continue
				}
				first := slices.IndexFunc(sets, func(names []string) bool { return matches(names, p) })
				decides = decides || first == i
				before = first
			}
			switch {
			case decides:
			case before < 0:
				idle = append(idle, fmt.Sprintf("%s[%d].Names has %q, which fits none", what, i, name))
			default:
				idle = append(idle, fmt.Sprintf("%s[%d].Names has %q, which fits only what %s[%d] decides for", what, i, name, what, before))
			}
		}
	}
	return idle
}
