package probe

import (
	"image/color"
	"math"
)

// Sizes in pixels.
const (
	figureWidth  = 640
	border       = 10 // around everything
	tickLength   = 5
	tickGap      = 4  // between tick and label
	panelGap     = 14 // between panels
	sampleWidth  = 30 // of a line in a legend
	referenceGap = 10 // between a reference line and its label
)

// layout is a figure: panels below each other over one x axis.
type layout struct {
	title  string
	x      axis
	xInset float64 // free space at the ends of the axis
	xLabel string
	xTicks []tick
	xRead  direction // of the labels of the ticks
	panels []panel
}

func (l layout) figure() (*Figure, error) {
	a := l.arrange()
	return draw(l.title, figureWidth, int(a.height), func(c canvas) { l.draw(c, a) })
}

// arrangement is where the parts of a layout are.
type arrangement struct {
	title  []string // its lines
	frames []frame  // of the panels
	center float64  // of title and x label
	room   float64  // for them
	height float64
}

const titleLine = titleSize + 4

// arrange puts the title on top, then each panel with its heading and legend,
// and the x axis below the last.
func (l layout) arrange() arrangement {
	left, right := l.margins()
	a := arrangement{center: (left + right) / 2}
	a.room = 2 * (math.Min(a.center, figureWidth-a.center) - border)
	a.title = wrap(faces().title, l.title, a.room)
	y := float64(border + len(a.title)*titleLine)
	if len(a.title) > 0 {
		y += tickGap
	}
	for i, p := range l.panels {
		if i > 0 {
			y += panelGap
		}
		y += p.headHeight(left, right)
		a.frames = append(a.frames, frame{left, y, right, y + p.height, l.x, p.y, l.xInset, p.yInset})
		y += p.height
	}
	a.height = math.Ceil(y + l.footHeight())
	return a
}

func (l layout) draw(c canvas, a arrangement) {
	c.rectangle(color.White, 0, 0, figureWidth, a.height)
	for i, line := range a.title {
		c.text(faces().title, ink, point{a.center, border + (float64(i)+0.5)*titleLine}, middle, across, line)
	}
	for i, p := range l.panels {
		f := a.frames[i]
		p.drawHead(c, f)
		p.drawAxis(c, f)
		p.drawReferences(c, f)
		p.draw(c, f)
		l.drawAxis(c, f, i == len(l.panels)-1)
	}
	if l.xLabel != "" {
		at := point{a.center, a.height - border - lineHeight/2}
		c.text(faces().label, ink, at, middle, across, shorten(faces().label, l.xLabel, a.room))
	}
}

// fitTicks puts as many ticks on the x axis as have room for their labels.
func (l *layout) fitTicks() {
	const most, gap = 8, 2 * tickGap
	for want := most; want > 0; want-- {
		l.xTicks = l.x.ticks(want)
		left, right := l.margins()
		f := frame{left: left, right: right, x: l.x, xInset: l.xInset}
		fits, free := true, math.Inf(-1)
		for _, t := range l.xTicks {
			half := textWidth(faces().tick, t.label) / 2
			fits = fits && f.atX(t.at)-half >= free
			free = f.atX(t.at) + half + gap
		}
		if fits {
			return
		}
	}
}

// margins are the left and right ends of the data.
func (l layout) margins() (left, right float64) {
	f := faces()
	right = border
	if n := len(l.xTicks); n > 0 && l.xRead == across {
		left = textWidth(f.tick, l.xTicks[0].label) / 2
		right = math.Max(right, textWidth(f.tick, l.xTicks[n-1].label)/2)
	}
	for _, p := range l.panels {
		w := 0.0
		for _, t := range p.yTicks {
			w = math.Max(w, textWidth(f.tick, t.label))
		}
		if p.yLabel != "" {
			w += lineHeight
		}
		left = math.Max(left, border+w+tickGap+tickLength)
		right = math.Max(right, border+p.room)
		for _, r := range p.references {
			right = math.Max(right, border+referenceGap+textWidth(f.tick, r.label()))
		}
	}
	return math.Ceil(left), figureWidth - math.Ceil(right)
}

// footHeight is the height of what stands below the last panel.
func (l layout) footHeight() float64 {
	labels := float64(tickSize)
	if l.xRead == upward {
		labels = 0
		for _, t := range l.xTicks {
			labels = math.Max(labels, textWidth(faces().tick, t.label))
		}
	}
	h := tickLength + tickGap + labels + border
	if l.xLabel != "" {
		h += lineHeight + 2
	}
	return h
}

// drawAxis draws the x axis below a panel, with labels below the last one.
func (l layout) drawAxis(c canvas, f frame, last bool) {
	line := stroke{ink, 1, nil}
	y := f.bottom + 0.5
	c.line(line, point{f.left, y}, point{f.right, y})
	below := y + tickLength + tickGap
	for _, t := range l.xTicks {
		x := math.Floor(f.atX(t.at)) + 0.5
		c.line(line, point{x, y}, point{x, y + tickLength})
		switch {
		case !last:
		case l.xRead == upward:
			c.text(faces().tick, ink, point{x, below}, end, upward, t.label)
		default:
			c.text(faces().tick, ink, point{x, below + tickSize/2}, middle, across, t.label)
		}
	}
}
