package optim

import (
	"fmt"
	"math"
	"strings"

	"github.com/pkg/errors"
)

// problems gathers everything that is wrong with a config.
type problems []string

func (p *problems) addf(format string, args ...any) {
	*p = append(*p, fmt.Sprintf(format, args...))
}

// factor demands the domain of rates, scales and decays.
func (p *problems) factor(field string, v float64) {
	if !isFactor(v) {
		p.addf("%s is %v, want a finite number >= 0", field, v)
	}
}

// fraction demands the domain of momentum and moment decays.
func (p *problems) fraction(field string, v float64) {
	if !(v >= 0 && v < 1) {
		p.addf("%s is %v, want 0 <= %s < 1", field, v, field)
	}
}

// rates demands the domain of the settings that all solvers share.
func (p *problems) rates(r rates) {
	p.factor("LearnRate", r.learn)
	p.factor("WeightDecay", r.decay)
	for i, g := range r.groups {
		field := fmt.Sprintf("Groups[%d].", i)
		p.names(field+"Names", g.Names)
		p.factor(field+"LearnRateScale", g.LearnRateScale)
		p.factor(field+"WeightDecay", g.WeightDecay)
	}
}

func (p *problems) names(field string, names []string) {
	if len(names) == 0 {
		p.addf("%s is empty, want at least one name", field)
	}
}

func (p problems) err(name string) error {
	if len(p) == 0 {
		return nil
	}
	return errors.Wrapf(ErrConfig, "%s: %s", name, strings.Join(p, "; "))
}

func isFactor(v float64) bool { return v >= 0 && !math.IsInf(v, 1) }
