package report

import (
	"fmt"
	"slices"

	"github.com/pkg/errors"

	"github.com/egru/egru/graph/probe"
)

// thresholds are a histogram for each model that has them.
func (r Run) thresholds() ([]probe.Block, error) {
	var blocks []probe.Block
	for _, m := range r.Models {
		if len(m.Thresholds) == 0 {
			continue
		}
		if !slices.ContainsFunc(m.Thresholds, func(s probe.Sample) bool { return slices.ContainsFunc(s.Values, probe.Lines{}.Shows) }) {
			blocks = append(blocks, notDrawn("thresholds of "+m.Name))
			continue
		}
		f, err := probe.Histogram{
			Title:   "Thresholds of " + m.Name,
			XLabel:  "threshold",
			YLabel:  "units",
			Samples: m.Thresholds,
		}.Figure()
		if err != nil {
			return nil, errors.Wrapf(err, "model %q", m.Name)
		}
		blocks = append(blocks, probe.Picture{
			Figure:  f,
			Caption: "How many units of each layer of " + m.Name + " have which threshold after training.",
			Alt:     fmt.Sprintf("Histograms of the thresholds of %s, a panel for each of %d layers.", m.Name, len(m.Thresholds)),
		})
	}
	return blocks, nil
}
