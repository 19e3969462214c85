package probe

import (
	"fmt"
	"math"
	"slices"

	"github.com/pkg/errors"
)

// Activity is the share of units and steps with an event; 0 without any step.
func (r Record) Activity() float64 {
	events := 0
	for _, n := range r.eventCounts() {
		events += n
	}
	return share(events, r.Steps()*len(r.Units))
}

// UnitActivity is the share of steps with an event, of each unit.
func (r Record) UnitActivity() []float64 {
	counts := r.eventCounts()
	shares := make([]float64, len(counts))
	for i, n := range counts {
		shares[i] = share(n, r.Steps())
	}
	return shares
}

// Silent are the numbers of those units that never sent an event. Where nothing
// was recorded there are none.
func (r Record) Silent() []int { return r.unitsWith(0) }

// Saturated are the numbers of those units that sent an event at every step.
func (r Record) Saturated() []int { return r.unitsWith(r.Steps()) }

func (r Record) unitsWith(events int) []int {
	var found []int
	for i, n := range r.eventCounts() {
		if n == events && r.Steps() > 0 {
			found = append(found, r.Units[i])
		}
	}
	return found
}

func (r Record) eventCounts() []int {
	counts := make([]int, len(r.Units))
	for _, p := range r.Pieces {
		for _, units := range p.Events {
			for i, event := range units {
				if event {
					counts[i]++
				}
			}
		}
	}
	return counts
}

// Intervals are the steps from each event of a unit to its next, unit by unit. An
// interval that begins or ends outside a piece is unknown and not among them.
func (r Record) Intervals() []int {
	var all []int
	for i := range r.Units {
		for _, p := range r.Pieces {
			last := -1
			for t, units := range p.Events {
				if !units[i] {
					continue
				}
				if last >= 0 {
					all = append(all, t-last)
				}
				last = t
			}
		}
	}
	return all
}

// over cuts the recorded stretch of time into at most so many bins of equal
// length and says where each event counts.
type over struct {
	start, end int64 // of the steps
	per        int64 // steps in a bin
	bins       int
}

const (
	someTimeBins = 100
	mostTimeBins = 1000
)

// timeBins covers the steps of all pieces; bins of 0 stands for a default.
func timeBins(bins int, records ...Record) (over, error) {
	if bins < 0 || bins > mostTimeBins {
		return over{}, errors.Wrapf(ErrFigure, "bins are %d, want 0 to %d", bins, mostTimeBins)
	}
	if bins == 0 {
		bins = someTimeBins
	}
	o := over{start: math.MaxInt64}
	for _, r := range records {
		for _, p := range r.Pieces {
			o.start, o.end = min(o.start, p.Start), max(o.end, p.Start+int64(p.Steps()))
		}
	}
	if o.end <= o.start {
		return over{}, errors.Wrap(ErrRecord, "nothing was recorded")
	}
	o.per = (o.end - o.start + int64(bins) - 1) / int64(bins)
	o.bins = int((o.end - o.start + o.per - 1) / o.per)
	return o, nil
}

func (o over) of(step int64) int { return int((step - o.start) / o.per) }

// edge is the first step of a bin.
func (o over) edge(bin int) float64 { return float64(min(o.start+int64(bin)*o.per, o.end)) }

// unitActivity is the activity of each unit (units, bins), NaN where no step was
// kept.
func (r Record) unitActivity(o over) [][]float64 {
	steps := make([]int, o.bins)
	events := make([][]int, len(r.Units))
	for i := range events {
		events[i] = make([]int, o.bins)
	}
	for _, p := range r.Pieces {
		for t, units := range p.Events {
			bin := o.of(p.Start + int64(t))
			steps[bin]++
			for i, event := range units {
				if event {
					events[i][bin]++
				}
			}
		}
	}
	shares := make([][]float64, len(r.Units))
	for i := range shares {
		shares[i] = make([]float64, o.bins)
		for bin, n := range events[i] {
			shares[i][bin] = math.NaN()
			if steps[bin] > 0 {
				shares[i][bin] = share(n, steps[bin])
			}
		}
	}
	return shares
}

// ActivityLines describes a figure of the activity of layers over the steps of
// each row, in at most so many bins; 0 for 100. A bin without a step leaves a gap.
// Where nothing was recorded it gives ErrRecord, for bins outside 0 to 1000
// ErrFigure.
func ActivityLines(bins int, records ...Record) (Lines, error) {
	o, err := timeBins(bins, records...)
	if err != nil {
		return Lines{}, errors.Wrap(err, "activity")
	}
	l := Lines{
		Title:    "Activity over time",
		XLabel:   "time step",
		YLabel:   "share of units with an event",
		FromZero: true,
	}
	if o.per > 1 {
		l.XLabel = fmt.Sprintf("time step (means of %d)", o.per)
	}
	for _, r := range records {
		s := Series{Name: r.Layer}
		units := r.unitActivity(o)
		for bin := range o.bins {
			mean := 0.0
			for _, of := range units {
				mean += of[bin] / float64(len(units))
			}
			s.X = append(s.X, (o.edge(bin)+o.edge(bin+1)-1)/2)
			s.Y = append(s.Y, mean)
		}
		l.Series = append(l.Series, s)
	}
	return l, nil
}

// IntervalHistogram describes a figure of how long units wait from an event to
// their next, a panel for each layer. A few of hundreds of steps would leave the
// others no room: one in fifty, those longer than the others, may be left out, and
// the headings say how many were. If no unit sent two events in one piece it gives
// ErrRecord.
func IntervalHistogram(records ...Record) (Histogram, error) {
	const left, short = 50, 20 // one in so many; steps that always have room
	h := Histogram{Title: "Intervals between events", XLabel: "interval (time steps)", YLabel: "intervals"}
	var all []int
	for _, r := range records {
		all = append(all, r.Intervals()...)
	}
	if all == nil {
		return h, errors.Wrap(ErrRecord, "intervals: no unit sent two events in one piece")
	}
	slices.Sort(all)
	most := max(short, all[len(all)-1-len(all)/left])
	for _, r := range records {
		var values []float64
		for _, n := range r.Intervals() {
			v := float64(n)
			if n > most {
				v = math.Inf(1) // counted, not shown
			}
			values = append(values, v)
		}
		if values != nil {
			h.Samples = append(h.Samples, Sample{r.Layer, values})
		}
	}
	return h, nil
}

// ThresholdHistogram describes a figure of the thresholds that were last recorded
// of each layer's units. Layers without thresholds are left out; if none has any
// it gives ErrRecord.
func ThresholdHistogram(records ...Record) (Histogram, error) {
	h := Histogram{Title: "Thresholds", XLabel: "threshold (in units of the state)", YLabel: "units"}
	for _, r := range records {
		var last []float64
		end := int64(-1)
		for _, p := range r.Pieces {
			if at := p.Start + int64(p.Steps()); len(p.Thresholds) > 0 && at > end {
				last, end = p.Thresholds[len(p.Thresholds)-1], at
			}
		}
		if last != nil {
			h.Samples = append(h.Samples, Sample{r.Layer, last})
		}
	}
	if h.Samples == nil {
		return h, errors.Wrap(ErrRecord, "thresholds: none were recorded")
	}
	return h, nil
}

func share(n, of int) float64 {
	if of == 0 {
		return 0
	}
	return float64(n) / float64(of)
}
