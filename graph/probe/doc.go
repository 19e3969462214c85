// Package probe shows what a model did: how active its layers were, what work
// the events saved, and pictures of both.
//
// # Counts
//
// The ops of a model count events and multiply-accumulates (MACs) as they run.
// Meters reads those counts for a stretch of work and Report puts them beside
// what dense products would have done:
//
//	meters := probe.LanguageModel(model)
//	before := meters.Read()
//	... // train or evaluate on some tokens
//	counts, err := meters.Read().Since(before)
//	report, err := counts.Report(tokens)
//	fmt.Print(report)
//
// # Figures
//
// Lines, Panels, Raster, Histogram and Bars describe pictures; their method
// Figure draws one, in SVG and in PNG. A notebook shows it by itself, since it
// has the methods SVG and PNG; WriteFile saves it. The same description gives
// the same bytes.
//
// Surrogates describes the one of pseudo-derivatives.
//
// Page puts them with text and tables into one HTML file that needs no other.
//
// A raster needs the events of a layer, which a model declares as an output of
// its window while it is built:
//
//	events, err := out.Layers[i].Sequence().Events()
//	w.Output("events", events)
//
// and which each run's Result.Outputs then holds.
package probe
