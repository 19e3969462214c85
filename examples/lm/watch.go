package main

import (
	"fmt"

	"github.com/egru/egru/layers"
)

// Activities beyond which a layer is taken for silent or saturated.
const (
	silent    = 0.001
	saturated = 0.999
)

// watch says in words what looks wrong in an epoch, once for each thing and
// layer.
func watch(p *progress, e epochResult) []string {
	var said []string
	warn := func(key, format string, args ...any) {
		if !p.Warned[key] {
			p.Warned[key] = true
			said = append(said, fmt.Sprintf("epoch %d: %s", e.Epoch, fmt.Sprintf(format, args...)))
		}
	}
	for _, l := range e.Layers {
		switch {
		case p.Cell == layers.CellGRU: // its units always speak
		case l.Activity < silent:
			warn("silent "+l.Name, "layer %s has fallen silent: activity %.2g %%; lower thresholds (-threshold), a wider surrogate (a smaller -support, or another -surrogate) or -activity-weight may help", l.Name, 100*l.Activity)
		case l.Activity > saturated:
			warn("saturated "+l.Name, "layer %s sends events at every step: activity %.4g %%, nothing is saved; higher thresholds (-threshold) or -activity-weight may help", l.Name, 100*l.Activity)
		}
	}
	if e.Clipped == 1 {
		warn("clipped", "the gradients of every window were clipped (mean norm %.3g, -clip %g): the rate is that of normalised gradients", e.Norm, p.Config.recipe(p.Cell).Clip)
	}
	return said
}
