package report

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"

	"github.com/pkg/errors"
)

// checks gathers what is wrong, so that one error names it all.
type checks []string

func (c *checks) want(ok bool, problem string, args ...any) {
	if !ok {
		*c = append(*c, fmt.Sprintf(problem, args...))
	}
}

func blank(s string) bool { return strings.TrimSpace(s) == "" }

// Validate names all in which the run contradicts itself, in an ErrRun.
func (r Run) Validate() error {
	var bad checks
	bad.want(!blank(r.Title), "Title is empty")
	bad.want(r.Finished.IsZero() || !r.Finished.Before(r.Started), "Finished is %v, before Started, %v", r.Finished, r.Started)
	bad.want(r.Config == nil || json.Valid(r.Config), "Config is no JSON")
	named := map[string]bool{}
	for i, m := range r.Models {
		bad.want(!blank(m.Name), "model %d has no name", i)
		bad.want(!named[m.Name], "model %d has the name of another, %q", i, m.Name)
		named[m.Name] = true
		m.check(&bad)
	}
	for i, b := range r.Baselines {
		bad.want(!blank(b.Name), "baseline %d has no name", i)
	}
	for i, p := range r.Published {
		bad.want(!blank(p.Name), "published result %d has no name", i)
	}
	if len(bad) > 0 {
		return errors.Wrap(ErrRun, strings.Join(bad, "; "))
	}
	return nil
}

func (m Model) check(bad *checks) {
	for i, e := range m.Epochs {
		bad.want(i == 0 || e.Number > m.Epochs[i-1].Number, "model %q: epoch %d comes after epoch %d, want them to rise", m.Name, e.Number, m.Epochs[max(0, i-1)].Number)
		named := map[string]bool{}
		for _, l := range e.Layers {
			bad.want(!blank(l.Name), "model %q, epoch %d: a layer has no name", m.Name, e.Number)
			bad.want(!named[l.Name], "model %q, epoch %d: two layers have the name %q", m.Name, e.Number, l.Name)
			named[l.Name] = true
		}
	}
	c := m.Curve
	bad.want(len(c.Loss) == len(c.Epochs), "model %q: Curve has %d losses, want %d, one a window", m.Name, len(c.Loss), len(c.Epochs))
	bad.want(c.Activity == nil || len(c.Activity) == len(c.Epochs), "model %q: Curve has %d activities, want %d, one a window", m.Name, len(c.Activity), len(c.Epochs))
	for i, at := range c.Epochs {
		if math.IsNaN(at) || math.IsInf(at, 0) {
			bad.want(false, "model %q: window %d of Curve is at epoch %v, want a number", m.Name, i, at)
			break
		}
	}
	for _, s := range m.Thresholds {
		bad.want(len(s.Values) > 0, "model %q: there are no thresholds of %q", m.Name, s.Name)
	}
}
