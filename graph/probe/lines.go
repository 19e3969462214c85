package probe

import (
	"fmt"

	"github.com/pkg/errors"
)

// Lines describes a figure of curves. Series and references of one name have
// one colour, dash pattern and marker, that tell them apart in grey too; the
// legend stands above the data.
type Lines struct {
	Title          string
	XLabel, YLabel string // with the unit: "loss (nats a word)"
	Series         []Series
	References     []Reference

	LogY     bool // logarithmic y axis
	FromZero bool // the y axis starts at 0, if no number lies below
}

// Series is one curve. Points that are not finite, that a logarithmic axis
// cannot show or beyond 1e300 leave gaps; the legend says how many there are.
type Series struct {
	Name string    // in the legend; none if empty
	X    []float64 // nil for 1, 2, 3 and so on
	Y    []float64
}

// x is X, or its default.
func (s Series) x(i int) float64 {
	if s.X == nil {
		return float64(i + 1)
	}
	return s.X[i]
}

// Shows tells whether a number has a place on the y axis.
func (l Lines) Shows(y float64) bool { return newAxis(l.LogY).shows(y) }

// Figure draws the curves. ErrFigure is returned where there is nothing to
// draw: without series, for a series without points or whose X and Y differ in
// length, for two of one name, if no point of any series can be shown, or if a
// reference cannot.
func (l Lines) Figure() (*Figure, error) {
	made, err := l.layout()
	if err != nil {
		return nil, errors.Wrap(err, "lines")
	}
	return made.figure()
}

func (l Lines) layout() (layout, error) {
	const height = 280
	below := l
	below.Title = "" // the title of the figure, not of the panel
	return curvesLayout(l.Title, l.XLabel, []Lines{below}, height)
}

// Panels describes figures of curves below each other that share the x axis,
// such as the perplexity and the activity of a training. A series of one name
// looks the same in all, and stands in the legend of the first.
type Panels struct {
	Title  string
	XLabel string
	Panels []Lines // each with a heading, its Title; their XLabel is not shown
}

// Figure draws the panels. Errors are those of Lines.Figure; it wants at least
// one panel.
func (p Panels) Figure() (*Figure, error) {
	made, err := p.layout()
	if err != nil {
		return nil, errors.Wrap(err, "panels")
	}
	return made.figure()
}

func (p Panels) layout() (layout, error) {
	const height = 180
	return curvesLayout(p.Title, p.XLabel, p.Panels, height)
}

// curvesLayout puts panels of a height below each other, each under its title.
func curvesLayout(title, xLabel string, all []Lines, height float64) (layout, error) {
	if len(all) == 0 {
		return layout{}, errors.Wrap(ErrFigure, "there are no panels, want at least 1")
	}
	const inset = 8 // keeps markers off the axes
	l := layout{title: clean(title), x: newAxis(false), xInset: inset, xLabel: clean(xLabel)}
	styles, listed := &looks{byName: map[string]look{}}, map[string]bool{}
	for i, p := range all {
		made, err := p.panel(styles, listed, &l.x)
		if err != nil {
			if len(all) > 1 {
				err = errors.Wrapf(err, "panel %d", i)
			}
			return layout{}, err
		}
		made.heading, made.height, made.yInset = clean(p.Title), height, inset
		l.panels = append(l.panels, made)
	}
	l.x.widen()
	l.fitTicks()
	return l, nil
}

// panel turns the description into a panel and takes its points into the
// common x axis. Legend entries already listed are not repeated.
func (l Lines) panel(styles *looks, listed map[string]bool, x *axis) (panel, error) {
	if l.LogY && l.FromZero {
		return panel{}, errors.Wrap(ErrFigure, "LogY and FromZero are both set: a logarithmic axis has no zero")
	}
	if len(l.Series) == 0 {
		return panel{}, errors.Wrap(ErrFigure, "there are no series, want at least 1")
	}
	p := panel{y: newAxis(l.LogY), yLabel: clean(l.YLabel), grid: true, references: l.References}
	var curves []curve
	named := map[string]bool{}
	for i, s := range l.Series {
		switch {
		case len(s.Y) == 0:
			return p, errors.Wrapf(ErrFigure, "series %d, %q, has no points", i, s.Name)
		case named[s.Name]:
			return p, errors.Wrapf(ErrFigure, "series %d, %q, has the name of another", i, s.Name)
		case s.X != nil && len(s.X) != len(s.Y):
			return p, errors.Wrapf(ErrFigure, "series %d, %q: X has %d numbers, Y %d", i, s.Name, len(s.X), len(s.Y))
		}
		named[s.Name] = s.Name != ""
		c := curve{look: styles.of(s.Name), series: s}
		left := 0
		for j, y := range s.Y {
			if !x.shows(s.x(j)) || !p.y.shows(y) {
				left++
				continue
			}
			x.include(s.x(j))
			p.y.include(y)
		}
		if text := legendText(s.Name, left); text != "" && !listed[text] {
			listed[text] = true
			p.legend = append(p.legend, entry{look: c.look, text: text})
		}
		curves = append(curves, c)
	}
	if p.y.empty() {
		return p, errors.Wrap(ErrFigure, "no series has a point that can be drawn")
	}
	for _, r := range l.References {
		if !p.y.shows(r.Y) {
			return p, errors.Wrapf(ErrFigure, "reference %q is at %v, which the y axis cannot show", r.Label, r.Y)
		}
		p.y.include(r.Y)
	}
	if l.FromZero {
		p.y.include(min(0, p.y.min))
	}
	p.y.widen()
	p.yTicks = p.y.ticks(6)
	p.draw = func(c canvas, f frame) {
		for i, curve := range curves {
			curve.draw(c, f, i)
		}
	}
	return p, nil
}

func legendText(name string, left int) string {
	const most = 300 // pixels
	name = shorten(faces().tick, clean(name), most)
	switch left {
	case 0:
		return name
	case 1:
		return clean(name + " (1 point not shown)")
	}
	return clean(fmt.Sprintf("%s (%d points not shown)", name, left))
}
