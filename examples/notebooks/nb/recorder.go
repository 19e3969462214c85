package nb

import (
	"github.com/egru/egru/graph/dot"
	"github.com/egru/egru/graph/probe"
)

// What units did at each step, see probe.Recorder, and drawings of models.
type (
	Recorder = probe.Recorder
	Record   = probe.Record
	Drawn    = dot.Drawing
)

// NewRecorder makes a recorder of row 0 of layers: events, states, thresholds,
// gates and gradients of the last 512 steps between Start and Stop.
func NewRecorder(of ...Recurrent) *Recorder {
	return must(probe.NewRecorder(probe.DefaultRecorder(), of...))
}

// DrawUnit draws the state of a unit under its threshold, its events, and below
// them its gates and gradients, over the longest stretch of a record.
func DrawUnit(r Record, unit int) *Figure {
	return Draw(must(r.Trace(must(r.Longest()), unit)))
}

// DrawActivity draws how often each unit sent an event, over time in bins.
func DrawActivity(r Record, bins int) *Figure { return Draw(must(r.Heatmap(bins))) }

// DrawIntervals draws how long units wait from an event to their next.
func DrawIntervals(records ...Record) *Figure { return Draw(must(probe.IntervalHistogram(records...))) }

// DrawModel draws the layers of a language model with what was counted in them.
// Without the program dot of Graphviz it shows the drawing's text.
func DrawModel(m *LanguageModel, r Report) Drawn { return dot.LanguageModel(m).WithReport(r) }
