package report

import (
	"slices"

	"github.com/egru/egru/graph/probe"
)

// activity is that of the models over epochs and windows, and of their layers.
func (r Run) activity() ([]probe.Block, error) {
	charts := []chart{r.activities(), r.windows()}
	for _, m := range r.Models {
		charts = append(charts, m.layers())
	}
	var blocks []probe.Block
	for _, c := range charts {
		made, err := c.blocks()
		if err != nil {
			return nil, err
		}
		blocks = append(blocks, made...)
	}
	return blocks, nil
}

func activityPanels() (forward, backward probe.Lines) {
	return probe.Lines{Title: "activity", YLabel: "active units (%)", FromZero: true},
		probe.Lines{Title: "backward activity", YLabel: "live units (%)", FromZero: true}
}

func (r Run) activities() chart {
	forward, backward := activityPanels()
	for _, m := range r.Models {
		forward.Series = append(forward.Series, over(m.Name, m.Epochs, 100, func(e Epoch) *float64 { return e.Activity }))
		backward.Series = append(backward.Series, over(m.Name, m.Epochs, 100, func(e Epoch) *float64 { return e.BackwardActivity }))
	}
	return chart{"Activity", "epoch", []chartPanel{
		{forward, "The share of the units that sent an event, in training."},
		{backward, "The share of the units that a gradient could pass."},
	}}
}

func (r Run) windows() chart {
	p, _ := activityPanels()
	for _, m := range r.Models {
		s := probe.Series{Name: m.Name, X: m.Curve.Epochs}
		for _, a := range m.Curve.Activity {
			s.Y = append(s.Y, 100*a)
		}
		p.Series = append(p.Series, s)
	}
	return chart{"Activity of the windows", "epochs", []chartPanel{{p, "The share of the units that sent an event, window by window."}}}
}

// layers are in the order in which they turn up.
func (m Model) layers() chart {
	var names []string
	for _, e := range m.Epochs {
		for _, l := range e.Layers {
			if !slices.Contains(names, l.Name) {
				names = append(names, l.Name)
			}
		}
	}
	forward, backward := activityPanels()
	for _, name := range names {
		of := func(e Epoch) Layer {
			i := slices.IndexFunc(e.Layers, func(l Layer) bool { return l.Name == name })
			if i < 0 {
				return Layer{}
			}
			return e.Layers[i]
		}
		forward.Series = append(forward.Series, over(name, m.Epochs, 100, func(e Epoch) *float64 { return of(e).Activity }))
		backward.Series = append(backward.Series, over(name, m.Epochs, 100, func(e Epoch) *float64 { return of(e).BackwardActivity }))
	}
	return chart{"Layers of " + m.Name, "epoch", []chartPanel{
		{forward, "The share of the units of each layer of " + m.Name + " that sent an event, in training."},
		{backward, "The share of those that a gradient could pass."},
	}}
}
