package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pkg/errors"

	"github.com/egru/egru/graph/probe"
)

// work is what the events saved: bars of all models, then their numbers.
func (r Run) work() ([]probe.Block, error) {
	var pictures, tables []probe.Block
	for _, m := range r.Models {
		if m.Work == nil || len(m.Work.Layers)+len(m.Work.Products) == 0 {
			continue
		}
		for _, t := range m.Work.Tables() {
			t.Caption = m.Name + ", " + t.Caption
			tables = append(tables, t)
		}
		bars := m.Work.Bars()
		bars.Title = "Work of " + m.Name
		if !hasBar(bars) {
			pictures = append(pictures, notDrawn("work of "+m.Name))
			continue
		}
		f, err := bars.Figure()
		if err != nil {
			return nil, errors.Wrapf(err, "model %q", m.Name)
		}
		over := "."
		if m.WorkOf != "" {
			over = ", over " + m.WorkOf + "."
		}
		pictures = append(pictures, probe.Picture{
			Figure:  f,
			Caption: "Multiply-accumulates of " + m.Name + " that were done, beside those of dense products of the same shapes" + over,
			Alt:     m.sayWork(bars),
		})
	}
	return append(pictures, tables...), nil
}

func hasBar(bars probe.Bars) bool {
	return slices.ContainsFunc(bars.Panels, func(p probe.BarPanel) bool {
		return slices.ContainsFunc(p.Series, func(s probe.BarSeries) bool { return slices.ContainsFunc(s.Values, probe.Lines{}.Shows) })
	})
}

func (m Model) sayWork(bars probe.Bars) string {
	var said []string
	for _, p := range bars.Panels {
		for i, name := range p.Groups {
			said = append(said, fmt.Sprintf("%s %s %s of %s", name, p.Title, probe.Quantity(p.Series[0].Values[i]), probe.Quantity(p.Series[1].Values[i])))
		}
	}
	return fmt.Sprintf("Work of %s, bars of %s: %s.", m.Name, bars.XLabel, strings.Join(said, "; "))
}
