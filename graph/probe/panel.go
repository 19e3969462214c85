package probe

import "math"

// panel is a part of a figure with a y axis of its own.
type panel struct {
	heading    string
	legend     []entry
	y          axis
	yInset     float64 // free space at the ends of the axis
	yLabel     string
	yTicks     []tick
	grid       bool    // a faint line across at each tick of y
	height     float64 // of the data
	room       float64 // right of the data
	references []Reference
	draw       func(canvas, frame) // draws the data
}

// entry is a series' entry in a legend.
type entry struct {
	look
	text string
	area bool // the series is drawn as areas, not as a curve
}

// sample draws what the series looks like, from x on.
func (e entry) sample(c canvas, x, y float64) {
	if e.area {
		const half = 5
		c.rectangle(e.color, x, y-half, x+sampleWidth, y+half)
		return
	}
	if e.stroke.width > 0 {
		c.line(e.stroke, point{x, y}, point{x + sampleWidth, y})
	}
	c.marker(e.look, point{x + sampleWidth/2, y})
}

// frame is where the data of a panel are drawn.
type frame struct {
	left, top, right, bottom float64
	x, y                     axis
	xInset, yInset           float64
}

func (f frame) atX(v float64) float64 {
	return f.left + f.xInset + (f.right-f.left-2*f.xInset)*f.x.at(v)
}

func (f frame) atY(v float64) float64 {
	return f.bottom - f.yInset - (f.bottom-f.top-2*f.yInset)*f.y.at(v)
}

func (f frame) at(x, y float64) point { return point{f.atX(x), f.atY(y)} }

// legendRows breaks the legend into rows that fit.
func (p panel) legendRows(left, right float64) [][]entry {
	var rows [][]entry
	x := right
	for _, e := range p.legend {
		if x+e.width() > right {
			rows = append(rows, nil)
			x = left
		}
		last := len(rows) - 1
		rows[last] = append(rows[last], e)
		x += e.width() + entryGap
	}
	return rows
}

const (
	sampleGap = 6  // between a sample and its text
	entryGap  = 18 // between entries
)

func (e entry) width() float64 { return sampleWidth + sampleGap + textWidth(faces().tick, e.text) }

// headHeight is the height of heading and legend.
func (p panel) headHeight(left, right float64) float64 {
	rows := len(p.legendRows(left, right))
	if p.heading != "" {
		rows++
	}
	if rows == 0 {
		return 0
	}
	return float64(rows*lineHeight + tickGap)
}

// drawHead draws the heading and the legend above the data.
func (p panel) drawHead(c canvas, f frame) {
	y := f.top - p.headHeight(f.left, f.right) + lineHeight/2
	if p.heading != "" {
		c.text(faces().heading, ink, point{f.left, y}, start, across, shorten(faces().heading, p.heading, f.right-f.left))
		y += lineHeight
	}
	for _, row := range p.legendRows(f.left, f.right) {
		x := f.left
		for _, e := range row {
			e.sample(c, x, y)
			c.text(faces().tick, ink, point{x + sampleWidth + sampleGap, y}, start, across, e.text)
			x += e.width() + entryGap
		}
		y += lineHeight
	}
}

// drawAxis draws the y axis with its grid.
func (p panel) drawAxis(c canvas, f frame) {
	line := stroke{ink, 1, nil}
	x := f.left - 0.5
	c.line(line, point{x, f.top}, point{x, f.bottom + 1})
	for _, t := range p.yTicks {
		y := math.Floor(f.atY(t.at)) + 0.5
		if p.grid {
			c.line(stroke{grid, 1, nil}, point{f.left, y}, point{f.right, y})
		}
		c.line(line, point{x - tickLength, y}, point{x, y})
		c.text(faces().tick, ink, point{x - tickLength - tickGap, y}, end, across, t.label)
	}
	if p.yLabel != "" {
		label := shorten(faces().label, p.yLabel, f.bottom-f.top)
		c.text(faces().label, ink, point{border + labelSize/2, (f.top + f.bottom) / 2}, middle, upward, label)
	}
}
