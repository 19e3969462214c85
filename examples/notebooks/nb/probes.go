package nb

import (
	"github.com/egru/egru/graph/probe"
	"github.com/egru/egru/ops"
)

// Counts and figures, see package probe.
type (
	Meter  = ops.Meter
	Meters = probe.Meters
	Counts = probe.Counts
	Report = probe.Report

	Figure      = probe.Figure
	Lines       = probe.Lines
	Series      = probe.Series
	Reference   = probe.Reference
	Panels      = probe.Panels
	Raster      = probe.Raster
	RasterLayer = probe.RasterLayer
	Histogram   = probe.Histogram
	Sample      = probe.Sample
	Bars        = probe.Bars
	BarPanel    = probe.BarPanel
	BarSeries   = probe.BarSeries
	Trace       = probe.Trace
)

// Drawing is what describes a figure: Lines, Panels, Raster, Histogram, Bars
// and Trace.
type Drawing interface{ Figure() (*Figure, error) }

// Draw draws it. A cell that ends with a figure shows it.
func Draw(d Drawing) *Figure { return must(d.Figure()) }

// DrawSurrogates draws pseudo-derivatives over the distance to the threshold, and
// below them their integrals.
func DrawSurrogates(title string, list ...Surrogate) *Figure {
	return Draw(must(probe.Surrogates(title, list...)))
}

// EventsIn reads the events (T, H) of a row of a batch from outputs (T, B, H) of
// a layer: every number but 0 is an event.
func EventsIn(outputs *Tensor, row int) [][]bool { return must(probe.Events(outputs, row)) }

// MetersOf are the meters of a language model.
func MetersOf(m *LanguageModel) Meters { return probe.LanguageModel(m) }

// ReportOf puts counts into rows, per token of so many.
func ReportOf(c Counts, tokens int) Report { return must(c.Report(tokens)) }
