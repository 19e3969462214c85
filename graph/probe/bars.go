package probe

import (
	"math"
	"strconv"

	"github.com/pkg/errors"
)

// Bars describes a figure of horizontal bars with their numbers beside them,
// such as the work done beside that of dense products: panels below each other
// over one x axis, which starts at 0 if no number lies below. A series of one
// name has one colour in all panels, and stands in the legend of the first.
type Bars struct {
	Title  string
	XLabel string // with the unit
	Panels []BarPanel
}

// BarPanel is groups of bars below each other, a bar of each series in each.
type BarPanel struct {
	Title  string
	Groups []string // their names
	Series []BarSeries
}

// BarSeries is one bar of each group. A number that is not finite, or beyond
// 1e300, has no bar and "-" in place of the number.
type BarSeries struct {
	Name   string    // in the legend; none if empty
	Values []float64 // one for each group
}

// mostBars keeps the height of a panel within some thousand pixels.
const mostBars = 200

// Figure draws the bars. ErrFigure is returned without panels, for one without
// groups or series or with more than 200 bars, for a series with another number
// of values than there are groups, for two of one name, and if no number at all
// can be shown.
func (b Bars) Figure() (*Figure, error) {
	made, err := b.layout()
	if err != nil {
		return nil, errors.Wrap(err, "bars")
	}
	return made.figure()
}

func (b Bars) layout() (layout, error) {
	if len(b.Panels) == 0 {
		return layout{}, errors.Wrap(ErrFigure, "there are no panels, want at least 1")
	}
	x := newAxis(false)
	for i, p := range b.Panels {
		if err := p.check(); err != nil {
			return layout{}, errors.Wrapf(err, "panel %d", i)
		}
		for _, s := range p.Series {
			x.includeShown(s.Values)
		}
	}
	if x.empty() {
		return layout{}, errors.Wrap(ErrFigure, "no series has a value that can be shown")
	}
	x.include(0)
	if x.max-x.min < smallest {
		x.max = 1
	}
	l := layout{title: clean(b.Title), x: x, xLabel: clean(b.XLabel)}
	styles, listed := &looks{byName: map[string]look{}}, map[string]bool{}
	for _, p := range b.Panels {
		l.panels = append(l.panels, p.panel(styles, listed))
	}
	l.fitTicks()
	return l, nil
}

func (p BarPanel) check() error {
	switch {
	case len(p.Groups) == 0:
		return errors.Wrap(ErrFigure, "there are no groups, want at least 1")
	case len(p.Series) == 0:
		return errors.Wrap(ErrFigure, "there are no series, want at least 1")
	case len(p.Series) > mostBars/len(p.Groups):
		return errors.Wrapf(ErrFigure, "there are %d groups of %d bars, want at most %d bars", len(p.Groups), len(p.Series), mostBars)
	}
	named := map[string]bool{}
	for i, s := range p.Series {
		if named[s.Name] {
			return errors.Wrapf(ErrFigure, "series %d, %q, has the name of another", i, s.Name)
		}
		named[s.Name] = s.Name != ""
		if len(s.Values) != len(p.Groups) {
			return errors.Wrapf(ErrFigure, "series %d, %q, has %d values, want %d, one a group", i, s.Name, len(s.Values), len(p.Groups))
		}
	}
	return nil
}

// Sizes of bars in pixels.
const (
	barHeight = 14
	barPitch  = 16 // from bar to bar of a group
	groupGap  = 10
	labelGap  = 5 // between a bar and its number
)

// bar is a bar with the height of its middle above the foot of the panel.
type bar struct {
	look
	value, middle float64
}

func (p BarPanel) panel(styles *looks, listed map[string]bool) panel {
	const mostName = 160 // pixels
	pitch := float64(barPitch*len(p.Series) + groupGap)
	made := panel{heading: clean(p.Title), height: pitch * float64(len(p.Groups))}
	made.y = axis{min: 0, max: made.height}
	for i, name := range p.Groups {
		at := made.height - (float64(i)+0.5)*pitch
		made.yTicks = append(made.yTicks, tick{at, shorten(faces().tick, clean(name), mostName)})
	}
	var bars []bar
	for j, s := range p.Series {
		l := styles.of(s.Name)
		if text := legendText(s.Name, 0); text != "" && !listed[text] {
			listed[text] = true
			made.legend = append(made.legend, entry{look: l, text: text, area: true})
		}
		for i, v := range s.Values {
			at := made.height - float64(i)*pitch - groupGap/2 - (float64(j)+0.5)*barPitch
			bars = append(bars, bar{l, v, at})
			made.room = math.Max(made.room, labelGap+textWidth(faces().tick, barLabel(v)))
		}
	}
	made.draw = func(c canvas, f frame) {
		for _, b := range bars {
			b.draw(c, f)
		}
		if f.x.min < 0 {
			x := math.Floor(f.atX(0)) + 0.5
			c.line(stroke{ink, 1, nil}, point{x, f.top}, point{x, f.bottom})
		}
	}
	return made
}

// draw draws the bar and writes its number right of it.
func (b bar) draw(c canvas, f frame) {
	y, end := f.atY(b.middle), f.atX(0)
	if f.x.shows(b.value) {
		left, right := f.atX(math.Min(0, b.value)), f.atX(math.Max(0, b.value))
		if b.value != 0 && right-left < 1 { // there is something, however little
			left, right = math.Min(left, f.right-1), math.Min(left, f.right-1)+1
		}
		if b.value != 0 {
			c.rectangle(b.color, left, y-barHeight/2, right, y+barHeight/2)
		}
		end = right
	}
	c.text(faces().tick, ink, point{end + labelGap, y}, start, across, barLabel(b.value))
}

// barLabel writes a number in few digits.
func barLabel(v float64) string {
	const small, large = 0.1, 1e15 // beyond which digits or zeros would be many
	switch magnitude := math.Abs(v); {
	case !newAxis(false).shows(v):
		return none
	case v != 0 && magnitude < small || magnitude >= large:
		return strconv.FormatFloat(v, 'g', 3, 64)
	}
	return Quantity(v)
}
