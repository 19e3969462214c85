package probe

import (
	"fmt"
	"math"

	"github.com/pkg/errors"
	"gorgonia.org/tensor"
)

// Raster describes an event raster of one sequence: a mark for each event,
// time to the right, units upward, a panel for each layer with its activity.
type Raster struct {
	Title  string
	XLabel string // default "time step", or "token" above Tokens
	Layers []RasterLayer

	// Tokens are what the layers read at each step, to stand below the axis.
	// Optional. Where they are too many to be legible, only each second, third
	// and so on is shown.
	Tokens []string
}

// RasterLayer is one panel of a Raster.
type RasterLayer struct {
	Name   string
	Events [][]bool // (T, H)
}

// Activity is the fraction of units and steps with an event.
func (l RasterLayer) Activity() float64 {
	var events, all int
	for _, units := range l.Events {
		all += len(units)
		for _, event := range units {
			if event {
				events++
			}
		}
	}
	if all == 0 {
		return 0
	}
	return float64(events) / float64(all)
}

// Events reads the events (T, H) of one row of a batch from a tensor (T, B, H)
// of float32 or float64, the events o or the outputs y of a layer: every number
// but 0 is an event. Other tensors, a row outside the batch and NaN give
// ErrFigure.
func Events(of *tensor.Dense, row int) ([][]bool, error) {
	switch {
	case of == nil:
		return nil, errors.Wrap(ErrFigure, "events: tensor is nil")
	case of.Dims() != 3:
		return nil, errors.Wrapf(ErrFigure, "events: tensor has shape %v, want (T, B, H)", of.Shape())
	case of.Dtype() != tensor.Float32 && of.Dtype() != tensor.Float64:
		return nil, errors.Wrapf(ErrFigure, "events: tensor is of %v, want float32 or float64", of.Dtype())
	case row < 0 || row >= of.Shape()[1]:
		return nil, errors.Wrapf(ErrFigure, "events: row is %d, want one of the %d in the batch", row, of.Shape()[1])
	}
	events := make([][]bool, of.Shape()[0])
	for t := range events {
		events[t] = make([]bool, of.Shape()[2])
		for unit := range events[t] {
			v, err := of.At(t, row, unit)
			if err != nil {
				return nil, errors.Wrap(err, "events")
			}
			x, ok := v.(float64)
			if x32, is32 := v.(float32); is32 {
				x, ok = float64(x32), true
			}
			if !ok || math.IsNaN(x) {
				return nil, errors.Wrapf(ErrFigure, "events: at step %d unit %d is %v, want a number", t, unit, v)
			}
			events[t][unit] = x != 0
		}
	}
	return events, nil
}

// check wants layers of the same T, each step of a layer with the same number
// of units.
func (r Raster) check() error {
	if len(r.Layers) == 0 {
		return errors.Wrap(ErrFigure, "there are no layers, want at least 1")
	}
	steps := len(r.Layers[0].Events)
	for i, l := range r.Layers {
		if len(l.Events) == 0 || len(l.Events[0]) == 0 {
			return errors.Wrapf(ErrFigure, "layer %d, %q, has no steps or no units", i, l.Name)
		}
		if len(l.Events) != steps {
			return errors.Wrapf(ErrFigure, "layer %d, %q, has %d steps, want the %d of the first", i, l.Name, len(l.Events), steps)
		}
		for t, units := range l.Events {
			if len(units) != len(l.Events[0]) {
				return errors.Wrapf(ErrFigure, "layer %d, %q, has %d units at step %d, want the %d of step 0", i, l.Name, len(units), t, len(l.Events[0]))
			}
		}
	}
	if r.Tokens != nil && len(r.Tokens) != steps {
		return errors.Wrapf(ErrFigure, "there are %d tokens, want %d, one a step", len(r.Tokens), steps)
	}
	return nil
}

// Figure draws the raster. Without layers, steps or units, or where T or H are
// not the same throughout, it gives ErrFigure.
func (r Raster) Figure() (*Figure, error) {
	made, err := r.layout()
	if err != nil {
		return nil, errors.Wrap(err, "raster")
	}
	return made.figure()
}

func (r Raster) layout() (layout, error) {
	if err := r.check(); err != nil {
		return layout{}, err
	}
	steps := len(r.Layers[0].Events)
	l := layout{
		title:  clean(r.Title),
		x:      axis{min: -0.5, max: float64(steps) - 0.5, whole: true},
		xLabel: clean(r.XLabel),
	}
	if l.xLabel == "" {
		l.xLabel = "time step"
		if r.Tokens != nil {
			l.xLabel = "token"
		}
	}
	for _, layer := range r.Layers {
		l.panels = append(l.panels, layer.panel())
	}
	l.fitTicks()
	if r.Tokens != nil {
		l.xTicks, l.xRead = r.tokenTicks(l)
	}
	return l, nil
}

// tokenTicks are the tokens below the axis, written upward where they do not
// find room otherwise.
func (r Raster) tokenTicks(l layout) (ticks []tick, read direction) {
	const most = 90 // pixels
	left, right := l.margins()
	step := (right - left) / float64(len(r.Tokens))
	labels := make([]string, len(r.Tokens))
	for i, token := range r.Tokens {
		labels[i] = shorten(faces().tick, clean(token), most)
		if textWidth(faces().tick, labels[i]) > step-tickGap {
			read = upward
		}
	}
	every := 1
	if read == upward {
		every = int(math.Ceil(tickSize / step))
	}
	for i := 0; i < len(labels); i += every {
		ticks = append(ticks, tick{float64(i), labels[i]})
	}
	return ticks, read
}

func (l RasterLayer) panel() panel {
	const mostName = 300 // pixels
	units := len(l.Events[0])
	heading := fmt.Sprintf("activity %.3f", l.Activity())
	if name := clean(l.Name); name != "" {
		heading = shorten(faces().heading, name, mostName) + ", " + heading
	}
	p := panel{
		heading: heading,
		y:       axis{min: -0.5, max: float64(units) - 0.5, whole: true},
		yLabel:  "unit",
		height:  rasterHeight(units),
		draw:    l.draw,
	}
	p.yTicks = p.y.ticks(5)
	return p
}

// rasterHeight is a handful of pixels for each of few units, then one, then
// less.
func rasterHeight(units int) float64 {
	const perUnit, least, enough, most = 5, 90, 240, 320
	return float64(min(max(min(perUnit*units, enough), units, least), most))
}

// draw draws a mark for each event, all in one path.
func (l RasterLayer) draw(c canvas, f frame) {
	step := f.atX(1) - f.atX(0)
	unit := f.atY(0) - f.atY(1)
	// Gaps keep neighbours apart where there is room; a mark is never less
	// than a pixel.
	w, h := math.Max(1, math.Min(0.8*step, 8)), math.Max(1, 0.8*unit)
	var marks [][]point
	for t, units := range l.Events {
		for u, event := range units {
			if event {
				at := f.at(float64(t), float64(u))
				marks = append(marks, []point{{at.x, at.y - h/2}, {at.x, at.y + h/2}})
			}
		}
	}
	c.lines(stroke{palette[0], w, nil}, marks...)
}
