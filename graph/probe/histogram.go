package probe

import (
	"fmt"
	"math"
	"sort"

	"github.com/pkg/errors"
)

// Histogram describes a figure of how often numbers fall into bins, such as
// the thresholds of a model: a panel for each sample, below each other over one
// x axis. All have the same bins, of equal and round width. A bin holds its
// lower end; the last holds both, unless each bin is for one whole number.
type Histogram struct {
	Title   string
	XLabel  string // with the unit
	YLabel  string // default "count"
	Samples []Sample
	Bins    int // at most about so many; 0 for 30, not more than 200
}

// Sample is the numbers of one panel. Those that are not finite, or beyond
// 1e300, are in no bin; the heading says how many there are.
type Sample struct {
	Name   string // in the heading, before count and mean
	Values []float64
}

const (
	someBins = 30
	mostBins = 200
)

// Figure draws the histogram. ErrFigure is returned without samples, for one
// without values, if no value of any can be shown, and for Bins outside 0 to
// 200.
func (h Histogram) Figure() (*Figure, error) {
	made, err := h.layout()
	if err != nil {
		return nil, errors.Wrap(err, "histogram")
	}
	return made.figure()
}

func (h Histogram) check() error {
	switch {
	case h.Bins < 0 || h.Bins > mostBins:
		return errors.Wrapf(ErrFigure, "Bins is %d, want 0 to %d", h.Bins, mostBins)
	case len(h.Samples) == 0:
		return errors.Wrap(ErrFigure, "there are no samples, want at least 1")
	}
	for i, s := range h.Samples {
		if len(s.Values) == 0 {
			return errors.Wrapf(ErrFigure, "sample %d, %q, has no values", i, s.Name)
		}
	}
	return nil
}

func (h Histogram) layout() (layout, error) {
	if err := h.check(); err != nil {
		return layout{}, err
	}
	x := newAxis(false)
	for _, s := range h.Samples {
		x.includeShown(s.Values)
	}
	if x.empty() {
		return layout{}, errors.Wrap(ErrFigure, "no sample has a value that can be shown")
	}
	x.widen()
	bins := h.Bins
	if bins == 0 {
		bins = someBins
	}
	edges := edgesOf(x, bins)
	x.min, x.max = edges[0], edges[len(edges)-1]

	const inset = 8
	l := layout{title: clean(h.Title), x: x, xInset: inset, xLabel: clean(h.XLabel)}
	for _, s := range h.Samples {
		l.panels = append(l.panels, s.panel(edges, clean(h.YLabel), len(h.Samples) > 1))
	}
	l.fitTicks()
	return l, nil
}

// edgesOf are the ends of at most about want bins that cover an axis.
func edgesOf(x axis, want int) []float64 {
	// Multiples as one writes them: 0.3, not 3 times 0.1, which is more.
	const digits = 15
	step := x.step(want)
	edge := func(k float64) float64 { return roundTo(digits, k*step) }
	k := math.Floor(x.min / step)
	for edge(k) > x.min {
		k--
	}
	edges := []float64{edge(k)}
	ownBins := x.whole && step == 1 // each whole number has one, the largest too
	for edges[len(edges)-1] < x.max || ownBins && edges[len(edges)-1] == x.max {
		k++
		edges = append(edges, edge(k))
	}
	return edges
}

// counted are the numbers of values in the bins, and of those in none.
func (s Sample) counted(edges []float64) (counts []int, mean float64, left int) {
	counts = make([]int, len(edges)-1)
	shown := 0
	for _, v := range s.Values {
		if !(v >= edges[0] && v <= edges[len(edges)-1]) {
			left++
			continue
		}
		above := sort.Search(len(edges), func(i int) bool { return edges[i] > v })
		counts[min(above, len(counts))-1]++
		shown++
		mean += (v - mean) / float64(shown) // a sum could overflow
	}
	return counts, mean, left
}

func (s Sample) panel(edges []float64, yLabel string, several bool) panel {
	const (
		mostName    = 300 // pixels
		high, low   = 220, 110
		ticksOnHigh = 6
		ticksOnLow  = 3
		headroom    = 1.05
	)
	counts, mean, left := s.counted(edges)
	shown := len(s.Values) - left
	heading := fmt.Sprintf("%d values, mean %.3g", shown, mean)
	switch shown {
	case 0:
		heading = "0 values"
	case 1:
		heading = fmt.Sprintf("1 value, %.3g", mean)
	}
	if left > 0 {
		heading += fmt.Sprintf(", %d not shown", left)
	}
	if name := clean(s.Name); name != "" {
		heading = shorten(faces().heading, name, mostName) + ", " + heading
	}
	p := panel{heading: heading, y: newAxis(false), yLabel: yLabel, grid: true, height: high}
	if p.yLabel == "" {
		p.yLabel = "count"
	}
	ticks := ticksOnHigh
	if several {
		p.height, ticks = low, ticksOnLow
	}
	p.y.include(0)
	p.y.include(1)
	for _, n := range counts {
		p.y.include(float64(n))
	}
	p.y.max *= headroom
	p.yTicks = p.y.ticks(ticks)
	p.draw = func(c canvas, f frame) { drawBins(c, f, edges, counts) }
	return p
}

// drawBins draws a bar for each bin that is not empty, with a gap to the next
// where there is room.
func drawBins(c canvas, f frame, edges []float64, counts []int) {
	const gap, narrow = 1, 4 // pixels
	for i, n := range counts {
		if n == 0 {
			continue
		}
		left, right := math.Round(f.atX(edges[i])), math.Round(f.atX(edges[i+1]))
		if right-left >= narrow {
			right -= gap
		}
		c.rectangle(palette[0], left, math.Min(f.atY(float64(n)), f.bottom-1), math.Max(right, left+1), f.bottom)
	}
}
