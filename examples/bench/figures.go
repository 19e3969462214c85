package main

import (
	"fmt"
	"slices"

	"github.com/egru/egru/graph/probe"
)

// figure shows time over activity: relative to the most active run of each
// phase or product, in milliseconds and, with a baseline, how many times faster
// than that.
func (r *reporter) figure() (*probe.Figure, error) {
	relative := probe.Lines{YLabel: "relative time", FromZero: true}
	absolute := probe.Lines{Title: "time", YLabel: "ms", FromZero: true}
	faster := probe.Lines{Title: fmt.Sprintf("how many times faster than %s", r.config.baseline), YLabel: "times", FromZero: true}
	for _, curve := range r.curves() {
		most := curve.rows[len(curve.rows)-1]
		relative.Title = fmt.Sprintf("time relative to that at activity %.3g %%", 100*most.Activity)
		rel, abs, ratio := probe.Series{Name: curve.name}, probe.Series{Name: curve.name}, probe.Series{Name: curve.name}
		for _, row := range curve.rows {
			x := 100 * row.Activity
			rel.X, rel.Y = append(rel.X, x), append(rel.Y, row.Seconds/most.Seconds)
			abs.X, abs.Y = append(abs.X, x), append(abs.Y, 1e3*row.Seconds)
			if row.Ratio != nil {
				ratio.X, ratio.Y = append(ratio.X, x), append(ratio.Y, *row.Ratio)
			}
		}
		relative.Series = append(relative.Series, rel)
		absolute.Series = append(absolute.Series, abs)
		if len(ratio.Y) > 0 {
			faster.Series = append(faster.Series, ratio)
		}
	}
	relative.Series = append(relative.Series, probe.Series{Name: "in proportion", X: []float64{0, 100}, Y: []float64{0, 1}})
	panels := []probe.Lines{relative, absolute}
	if len(faster.Series) > 0 {
		panels = append(panels, faster)
	}
	x := "activity (% of units)"
	if r.config.bench.name == opMatmul {
		x = "places that are not zero, or wanted (%)"
	}
	return probe.Panels{Title: r.title(), XLabel: x, Panels: panels}.Figure()
}

func compareActivity(a, b result) int {
	switch {
	case a.Activity < b.Activity:
		return -1
	case a.Activity > b.Activity:
		return 1
	}
	return 0
}

func (r *reporter) title() string {
	c := r.config
	switch c.bench.name {
	case opMatmul:
		return fmt.Sprintf("Products with zeros (K=%d, N=%d)", c.H, 3*c.H)
	case opLM:
		return fmt.Sprintf("Training step of a language model (%d layers, H=%d, V=%d, T=%d, B=%d)", c.layers, c.H, c.V, c.T, c.B)
	case opStream:
		return fmt.Sprintf("One step of a stream (%d layers, I=%d, H=%d, V=%d)", c.layers, c.I, c.H, c.V)
	}
	return fmt.Sprintf("An EGRU over a sequence (T=%d, B=%d, I=%d, H=%d)", c.T, c.B, c.I, c.H)
}

// rowsOf are the rows of one phase or product, by rising activity.
type rowsOf struct {
	name string
	rows []result
}

func (r *reporter) curves() []rowsOf {
	var of []rowsOf
	for _, row := range r.rows {
		name := row.name()
		if row.Product != "" {
			name = fmt.Sprintf("%s, M=%d", name, row.M)
		}
		i := slices.IndexFunc(of, func(c rowsOf) bool { return c.name == name })
		if i < 0 {
			i = len(of)
			of = append(of, rowsOf{name: name})
		}
		of[i].rows = append(of[i].rows, row)
	}
	for _, c := range of {
		slices.SortStableFunc(c.rows, compareActivity)
	}
	return of
}
