package probe

import (
	"fmt"
	"math"
	"slices"

	"github.com/pkg/errors"
)

// Trace describes a figure of one unit over time: its state as a curve that an
// event resets, the threshold that the state is held against and a mark for each
// event; below, if given, its gates and its gradients.
type Trace struct {
	Title  string
	XLabel string // default "time step"
	YLabel string // with the unit; default "state c"
	Start  int64  // number of the first step

	States     []float64 // c at each step
	Carried    []float64 // the state carried on; default the states
	Thresholds []float64 // at each step; optional
	Events     []bool    // at each step; optional

	Gates     []Series // optional; X is not read
	Gradients []Series // optional; X is not read
}

// Trace describes the figure of a unit, by its number in the layer, over a piece.
// Of what was not recorded it shows nothing. A unit that was not recorded, a piece
// without steps or without States gives ErrRecord.
func (r Record) Trace(p Piece, unit int) (Trace, error) {
	i := slices.Index(r.Units, unit)
	switch {
	case i < 0:
		return Trace{}, errors.Wrapf(ErrRecord, "trace: unit %d of layer %s was not recorded", unit, r.Layer)
	case p.Steps() == 0:
		return Trace{}, errors.Wrap(ErrRecord, "trace: the piece has no steps")
	case p.States == nil:
		return Trace{}, errors.Wrapf(ErrRecord, "trace: the states of layer %s were not recorded", r.Layer)
	case len(p.Events[0]) != len(r.Units):
		return Trace{}, errors.Wrapf(ErrRecord, "trace: the piece is of %d units, want the %d of layer %s", len(p.Events[0]), len(r.Units), r.Layer)
	}
	column := func(of [][]float64) []float64 {
		var c []float64
		for _, row := range of {
			v := math.NaN() // leaves a gap
			if row != nil {
				v = row[i]
			}
			c = append(c, v)
		}
		return c
	}
	t := Trace{
		Title:      fmt.Sprintf("%s, unit %d", r.Layer, unit),
		Start:      p.Start,
		States:     column(p.States),
		Carried:    column(p.Carried),
		Thresholds: column(p.Thresholds),
	}
	if r.Cell == "GRU" {
		t.YLabel = "state h" // of which it sends no events
	} else {
		for _, events := range p.Events {
			t.Events = append(t.Events, events[i])
		}
	}
	for k, of := range p.Gates {
		if of != nil {
			t.Gates = append(t.Gates, Series{Name: r.GateNames[k], Y: column(of)})
		}
	}
	for _, of := range []struct {
		name string
		rows [][]float64
	}{{"of the output, dL/dy", p.OutputGrads}, {"of the state, dL/dc", p.StateGrads}} {
		if c := column(of.rows); slices.ContainsFunc(c, newAxis(false).shows) {
			t.Gradients = append(t.Gradients, Series{Name: of.name, Y: c})
		}
	}
	return t, nil
}

// Figure draws the trace. ErrFigure is returned without states, for parts of
// other lengths, for a part none of whose numbers can be shown, and for a series
// that has the name of another of its panel.
func (t Trace) Figure() (*Figure, error) {
	made, err := t.layout()
	if err != nil {
		return nil, errors.Wrap(err, "trace")
	}
	return made.figure()
}

func (t Trace) check() error {
	n := len(t.States)
	if n == 0 {
		return errors.Wrap(ErrFigure, "there are no states, want at least 1")
	}
	for _, of := range []struct {
		name string
		n    int
	}{{"Carried", len(t.Carried)}, {"Thresholds", len(t.Thresholds)}, {"Events", len(t.Events)}} {
		if of.n != 0 && of.n != n {
			return errors.Wrapf(ErrFigure, "there are %d %s, want %d, one a step", of.n, of.name, n)
		}
	}
	for _, s := range slices.Concat(t.Gates, t.Gradients) {
		if len(s.Y) != n {
			return errors.Wrapf(ErrFigure, "series %q has %d numbers, want %d, one a step", s.Name, len(s.Y), n)
		}
	}
	return nil
}

const (
	tracePanel = 200 // height in pixels
	lowPanel   = 120
)

func (t Trace) layout() (layout, error) {
	if err := t.check(); err != nil {
		return layout{}, err
	}
	l := layout{title: clean(t.Title), x: newAxis(false), xInset: 8, xLabel: clean(t.XLabel)}
	if l.xLabel == "" {
		l.xLabel = "time step"
	}
	for i := range t.States {
		l.x.include(t.at(i))
	}
	p, err := t.statePanel()
	if err != nil {
		return layout{}, err
	}
	l.panels = append(l.panels, p)
	styles, listed := &looks{byName: map[string]look{}}, map[string]bool{}
	for _, below := range []struct {
		heading, label string
		series         []Series
	}{{"gates", "gate", t.Gates}, {"gradients", "gradient", t.Gradients}} {
		if len(below.series) == 0 {
			continue
		}
		lines := Lines{YLabel: below.label}
		for _, s := range below.series {
			lines.Series = append(lines.Series, Series{Name: s.Name, X: t.steps(), Y: s.Y})
		}
		p, err := lines.panel(styles, listed, &l.x)
		if err != nil {
			return layout{}, errors.Wrap(err, below.heading)
		}
		p.heading, p.height, p.yInset, p.yTicks = below.heading, lowPanel, 6, nil
		const fewest = 2 // that tell a scale
		for want := 3; len(p.yTicks) < fewest && want < 10; want++ {
			p.yTicks = p.y.ticks(want)
		}
		l.panels = append(l.panels, p)
	}
	l.x.widen()
	l.fitTicks()
	return l, nil
}

func (t Trace) at(i int) float64 { return float64(t.Start) + float64(i) }

func (t Trace) steps() []float64 {
	xs := make([]float64, len(t.States))
	for i := range xs {
		xs[i] = t.at(i)
	}
	return xs
}

var (
	stateLook     = look{stroke: stroke{palette[0], 1.5, nil}}
	thresholdLook = look{stroke: stroke{palette[1], 1.5, []float64{6, 3}}}
	eventLook     = look{stroke: stroke{color: ink}, marker: regular(3, 270)}
)

// eventStrip is the height above the curve in which events are marked.
const eventStrip = 16

func (t Trace) statePanel() (panel, error) {
	p := panel{y: newAxis(false), yLabel: clean(t.YLabel), grid: true, height: tracePanel, yInset: 6}
	if p.yLabel == "" {
		p.yLabel = "state c"
	}
	for _, of := range [][]float64{t.States, t.Carried, t.Thresholds} {
		p.y.includeShown(of)
	}
	if p.y.empty() {
		return p, errors.Wrap(ErrFigure, "no state can be shown")
	}
	p.y.widen()
	p.legend = []entry{{look: stateLook, text: "state"}}
	if t.Thresholds != nil {
		p.legend = append(p.legend, entry{look: thresholdLook, text: "threshold"})
	}
	if t.Events != nil {
		n := 0
		for _, e := range t.Events {
			if e {
				n++
			}
		}
		text := fmt.Sprintf("%d events", n)
		if n == 1 {
			text = "1 event"
		}
		p.legend = append(p.legend, entry{look: eventLook, text: text})
		// Room above the data, in units of the axis.
		p.y.max += (p.y.max - p.y.min) * eventStrip / (tracePanel - 2*p.yInset - eventStrip)
	}
	p.yTicks = p.y.ticks(5)
	p.draw = t.draw
	return p, nil
}

// draw draws the state up to each step and, at an event, down to what is carried
// on.
func (t Trace) draw(c canvas, f frame) {
	c.polyline(stateLook.stroke, f, t.path())
	if t.Thresholds != nil {
		var path [][2]float64
		for i, v := range t.Thresholds {
			path = append(path, [2]float64{t.at(i), v})
		}
		c.polyline(thresholdLook.stroke, f, path)
	}
	const wide, narrow = 4, 0.5
	half := math.Max(narrow, math.Min(wide, (f.atX(t.at(1))-f.atX(t.at(0)))/2))
	for i, event := range t.Events {
		if event {
			x := f.atX(t.at(i))
			c.eventMark(x, f.top+2, half)
		}
	}
}

func (t Trace) path() [][2]float64 {
	var path [][2]float64
	for i, v := range t.States {
		path = append(path, [2]float64{t.at(i), v})
		if t.Carried != nil && t.Carried[i] != v {
			path = append(path, [2]float64{t.at(i), t.Carried[i]})
		}
	}
	return path
}

// polyline draws through the points that the axes show, with gaps.
func (c canvas) polyline(s stroke, f frame, points [][2]float64) {
	var piece []point
	flush := func() {
		switch {
		case len(piece) == 1:
			const dot = 1.5
			p := piece[0]
			c.rectangle(s.color, p.x-dot, p.y-dot, p.x+dot, p.y+dot)
		case len(piece) > 1:
			c.line(s, thin(piece)...)
		}
		piece = nil
	}
	for _, p := range points {
		if !f.x.shows(p[0]) || !f.y.shows(p[1]) {
			flush()
			continue
		}
		piece = append(piece, f.at(p[0], p[1]))
	}
	flush()
}

// eventMark draws a triangle that points down to an event.
func (c canvas) eventMark(x, top, half float64) {
	c.polygon(ink, []point{{x - half, top}, {x + half, top}, {x, top + eventStrip/2}})
}
