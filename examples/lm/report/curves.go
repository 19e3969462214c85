package report

import (
	"fmt"
	"strings"

	"github.com/egru/egru/graph/probe"
)

// chart is panels of curves to come. Curves that are missing, or have no point
// that could be drawn, are left out, and so are panels without curves.
type chart struct {
	title, xLabel string
	panels        []chartPanel
}

// chartPanel is curves with the part of the caption that tells of them.
type chartPanel struct {
	probe.Lines
	caption string
}

// blocks are the picture, or none without curves, and a warning that names
// curves without a number in them: there something went wrong.
func (c chart) blocks() ([]probe.Block, error) {
	var blocks []probe.Block
	var lost, said, captions []string
	described := probe.Panels{Title: c.title, XLabel: c.xLabel}
	for _, p := range c.panels {
		var series []probe.Series
		for _, s := range p.Series {
			switch {
			case len(s.Y) == 0:
			case len(shown(p.Lines, s)) == 0:
				lost = append(lost, fmt.Sprintf("%s of %s", p.Title, s.Name))
			default:
				series = append(series, s)
				said = append(said, say(p.Lines, s))
			}
		}
		p.Series = series
		if len(series) > 0 {
			described.Panels = append(described.Panels, p.Lines)
			captions = append(captions, p.caption)
		}
	}
	if len(lost) > 0 {
		blocks = append(blocks, notDrawn(lost...))
	}
	if len(described.Panels) == 0 {
		return blocks, nil
	}
	if len(described.Panels) == 1 {
		described.Panels[0].Title = "" // the figure's says it
	}
	f, err := described.Figure()
	if err != nil {
		return nil, err
	}
	alt := fmt.Sprintf("%s, curves over %s: %s.", c.title, c.xLabel, strings.Join(said, "; "))
	return append(blocks, probe.Picture{Figure: f, Caption: strings.Join(captions, " "), Alt: alt}), nil
}

// notDrawn warns of data without a number in them.
func notDrawn(what ...string) probe.Warning {
	return probe.Warning("Not drawn, since no value could be: " + strings.Join(what, ", ") + ".")
}

// shown are the numbers of a curve that will be drawn.
func shown(p probe.Lines, s probe.Series) []float64 {
	var ys []float64
	for i, y := range s.Y {
		if p.Shows(y) && (probe.Lines{}).Shows(s.X[i]) {
			ys = append(ys, y)
		}
	}
	return ys
}

// say tells where a curve begins and ends.
func say(p probe.Lines, s probe.Series) string {
	ys := shown(p, s)
	return fmt.Sprintf("%s of %s from %s to %s", p.Title, s.Name, short(ys[0]), short(ys[len(ys)-1]))
}

// over is a number of each epoch that has it.
func over(name string, epochs []Epoch, factor float64, of func(Epoch) *float64) probe.Series {
	s := probe.Series{Name: name, X: []float64{}}
	for _, e := range epochs {
		if y := of(e); y != nil {
			s.X, s.Y = append(s.X, float64(e.Number)), append(s.Y, factor*(*y))
		}
	}
	return s
}
