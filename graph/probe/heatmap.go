package probe

import (
	"fmt"
	"image/color"
	"math"

	"github.com/pkg/errors"
)

// Heatmap describes a figure of numbers from 0 up over two axes, such as the
// activity of units over time, in shades from white for 0 to dark. What is not
// finite is grey. Where there are more units than the figure has room for, each
// row of it is the mean of some that follow each other.
type Heatmap struct {
	Title  string
	XLabel string // with the unit; default "time step"
	YLabel string // default "unit"
	Scale  string // what the shades mean, with the unit; default "activity"

	// Values (units, bins) are at least 0, unit 0 at the foot.
	Values [][]float64

	// Start and End are the ends of the x axis, which the bins share out equally.
	// Default, if both are 0, the number of bins.
	Start, End float64

	Top float64 // of the scale; 0 for the largest value
}

// mostCells is how many rows of two pixels have room.
const mostCells = 140

// Figure draws the map. ErrFigure is returned without values, for units of
// differing numbers of bins or more than 1000, for values below 0 or beyond
// 1e300, for an x axis that does not go upward, and for a Top below 0.
func (h Heatmap) Figure() (*Figure, error) {
	made, err := h.layout()
	if err != nil {
		return nil, errors.Wrap(err, "heat map")
	}
	return made.figure()
}

func (h Heatmap) check() error {
	if len(h.Values) == 0 || len(h.Values[0]) == 0 {
		return errors.Wrap(ErrFigure, "there are no values, want at least 1")
	}
	x := newAxis(false)
	switch {
	case len(h.Values[0]) > mostTimeBins:
		return errors.Wrapf(ErrFigure, "there are %d bins, want at most %d", len(h.Values[0]), mostTimeBins)
	case !(h.Top >= 0) || !x.shows(h.Top):
		return errors.Wrapf(ErrFigure, "Top is %v, want it finite and at least 0", h.Top)
	case (h.Start != 0 || h.End != 0) && (!x.shows(h.Start) || !x.shows(h.End) || !(h.End-h.Start > smallest)):
		return errors.Wrapf(ErrFigure, "the x axis goes from %v to %v, want it to go upward", h.Start, h.End)
	}
	for u, values := range h.Values {
		if len(values) != len(h.Values[0]) {
			return errors.Wrapf(ErrFigure, "unit %d has %d bins, want the %d of unit 0", u, len(values), len(h.Values[0]))
		}
		for bin, v := range values {
			if v < 0 || v > largest {
				return errors.Wrapf(ErrFigure, "unit %d has %v in bin %d, want at least 0 and at most %v", u, v, bin, largest)
			}
		}
	}
	return nil
}

func (h Heatmap) layout() (layout, error) {
	if err := h.check(); err != nil {
		return layout{}, err
	}
	if h.Start == 0 && h.End == 0 {
		h.End = float64(len(h.Values[0]))
	}
	l := layout{
		title:  clean(h.Title),
		x:      axis{min: h.Start, max: h.End, whole: h.Start == math.Trunc(h.Start) && h.End == math.Trunc(h.End)},
		xLabel: clean(h.XLabel),
		panels: []panel{h.panel()},
	}
	if l.xLabel == "" {
		l.xLabel = "time step"
	}
	l.fitTicks()
	return l, nil
}

// Sizes of the bar of shades in pixels.
const (
	scaleGap   = 14 // from the map
	scaleWidth = 14
)

func (h Heatmap) panel() panel {
	cells, per := h.rows()
	top := h.Top
	if top == 0 {
		for _, row := range cells {
			for _, v := range row {
				if v <= largest { // false for NaN
					top = math.Max(top, v)
				}
			}
		}
	}
	if top < smallest {
		top = 1
	}
	scale := axis{max: top}
	p := panel{
		y:      axis{min: -0.5, max: float64(len(h.Values)) - 0.5, whole: true},
		yLabel: clean(h.YLabel),
		height: float64(len(cells)) * rowHeight(len(cells)),
	}
	if p.yLabel == "" {
		p.yLabel = "unit"
	}
	p.yTicks = p.y.ticks(6)
	p.y.max = float64(len(cells)*per) - 0.5 // the last row is as high as the others
	if per > 1 {
		p.heading = fmt.Sprintf("each row is the mean of %d units", per)
	}
	ticks := scale.ticks(5)
	label := clean(h.Scale)
	if label == "" {
		label = "activity"
	}
	wide := 0.0
	for _, t := range ticks {
		wide = math.Max(wide, textWidth(faces().tick, t.label))
	}
	p.room = scaleGap + scaleWidth + tickLength + tickGap + wide + tickGap + lineHeight
	p.draw = func(c canvas, f frame) {
		drawCells(c, f, cells, float64(per), top)
		drawScale(c, f, scale, ticks, wide, label)
	}
	return p
}

// rows are the values with units put together until there is room for them, and
// how many make a row; the last may be of fewer.
func (h Heatmap) rows() (cells [][]float64, per int) {
	per = (len(h.Values) + mostCells - 1) / mostCells
	for u := 0; u < len(h.Values); u += per {
		some := h.Values[u:min(u+per, len(h.Values))]
		cells = append(cells, meanOf(some))
	}
	return cells, per
}

// meanOf is the mean of those that are finite, NaN where none is.
func meanOf(rows [][]float64) []float64 {
	means := make([]float64, len(rows[0]))
	for bin := range means {
		n := 0
		for _, row := range rows {
			if v := row[bin]; v <= largest { // false for NaN
				n++
				means[bin] += (v - means[bin]) / float64(n)
			}
		}
		if n == 0 {
			means[bin] = math.NaN()
		}
	}
	return means
}

// rowHeight is whole pixels, so that rows are equally high; few rows are high, to
// leave room for the labels beside them.
func rowHeight(rows int) float64 {
	const least, some, height, low = 2, 16, 280, 110
	h := math.Floor(height / float64(rows))
	return math.Max(least, math.Min(h, math.Max(some, math.Ceil(low/float64(rows)))))
}

// missing is the colour of what was not recorded.
var missing = color.Gray{0xC8}

// drawCells draws runs of cells of one shade, one path for each shade: there are
// few shades, and many cells. per is how many units a row is of.
func drawCells(c canvas, f frame, cells [][]float64, per, top float64) {
	runs := make([][][]point, len(shades()))
	var holes [][]point
	bins := len(cells[0])
	edge := func(bin int) float64 {
		return math.Round(f.left + (f.right-f.left)*float64(bin)/float64(bins))
	}
	for i, row := range cells {
		high := math.Round(f.atY(float64(i+1)*per - 0.5))
		low := math.Round(f.atY(float64(i)*per - 0.5))
		for from := 0; from < bins; {
			of, to := cellShade(row[from], top), from+1
			for to < bins && cellShade(row[to], top) == of {
				to++
			}
			left, right := edge(from), edge(to)
			box := []point{{left, low}, {left, high}, {right, high}, {right, low}}
			switch {
			case of == noShade:
				holes = append(holes, box)
			case of >= 0:
				runs[of] = append(runs[of], box)
			}
			from = to
		}
	}
	c.polygons(missing, holes)
	for i, boxes := range runs {
		c.polygons(shades()[i], boxes)
	}
}

const noShade = -2 // of what is not a number

func cellShade(v, top float64) int {
	if !(v <= largest) {
		return noShade
	}
	return shade(v / top)
}

// drawScale draws the bar of shades right of the map.
func drawScale(c canvas, f frame, scale axis, ticks []tick, wide float64, label string) {
	left := f.right + scaleGap
	right := left + scaleWidth
	n := len(shades())
	height := f.bottom - f.top
	for i, s := range shades() {
		c.rectangle(s, left, math.Round(f.bottom-height*float64(i+1)/float64(n)), right, math.Round(f.bottom-height*float64(i)/float64(n)))
	}
	line := stroke{ink, 1, nil}
	c.line(line, point{right + 0.5, f.top}, point{right + 0.5, f.bottom + 1})
	for _, t := range ticks {
		y := math.Floor(f.bottom-height*scale.at(t.at)) + 0.5
		c.line(line, point{right, y}, point{right + tickLength, y})
		c.text(faces().tick, ink, point{right + tickLength + tickGap, y}, start, across, t.label)
	}
	at := point{right + tickLength + tickGap + wide + tickGap + lineHeight/2, (f.top + f.bottom) / 2}
	c.text(faces().label, ink, at, middle, upward, shorten(faces().label, label, height))
}

// Heatmap describes a figure of the activity of each recorded unit over time, in
// at most so many bins; 0 for 100. Where nothing was recorded it gives ErrRecord,
// for bins outside 0 to 1000 ErrFigure. Steps that were not kept are grey. The y
// axis counts the recorded units, in the order of Units.
func (r Record) Heatmap(bins int) (Heatmap, error) {
	o, err := timeBins(bins, r)
	if err != nil {
		return Heatmap{}, errors.Wrapf(err, "heat map of %s", r.Layer)
	}
	h := Heatmap{
		Title:  r.Layer + ", activity of units",
		Values: r.unitActivity(o),
		Start:  float64(o.start),
		End:    float64(o.start + int64(o.bins)*o.per), // the last bin may be of fewer steps than it is drawn
		Scale:  "share of steps with an event",
	}
	if o.per > 1 {
		h.XLabel = fmt.Sprintf("time step (%d a column)", o.per)
	}
	return h, nil
}
