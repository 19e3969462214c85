// Package probe shows what a model did: how active its layers were, what work
// the events saved, what single units did, and pictures of all of it.
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
// # Records
//
// A Recorder records what units do, step by step, of any recurrent layers:
// events, states, thresholds, gates, and on the way back the gradients that
// reached them, passed or were cut.
//
//	recorder, err := probe.NewRecorder(probe.DefaultRecorder(), model.Stack().Layers()...)
//	recorder.Start()
//	... // train or evaluate, in any session or graph
//	recorder.Stop()
//	records := recorder.Records()
//	fmt.Print(probe.Summarize(records...))
//
// The model computes the same bits with it and without. It keeps the last steps
// (Ring) or windows drawn evenly from all (Reservoir), of the rows and units that
// RecorderConfig names, and takes a known number of bytes.
//
// Summarize makes a table of activity, silent and saturated units, intervals and
// gradients. Each Record describes figures of itself: Heatmap and, of one unit,
// Trace; ActivityLines, IntervalHistogram, ThresholdHistogram and PassageBars put
// several beside each other. Events of a piece are those of a RasterLayer:
//
//	longest, err := records[0].Longest()
//	raster := probe.Raster{Layers: []probe.RasterLayer{{Name: records[0].Layer, Events: longest.Events}}}
//
// # Figures
//
// Lines, Panels, Raster, Heatmap, Trace, Histogram and Bars describe pictures;
// their method Figure draws one, in SVG and in PNG. A notebook shows it by
// itself, since it has the methods SVG and PNG; WriteFile saves it. The same
// description gives the same bytes.
//
// Surrogates describes the one of pseudo-derivatives. Drawings of models are in
// graph/dot.
//
// Page puts them with text and tables into one HTML file that needs no other.
//
// Without a recorder a raster takes the events of a layer that a model declares
// as an output of its window while it is built:
//
//	events, err := out.Layers[i].Sequence().Events()
//	w.Output("events", events)
//
// and which each run's Result.Outputs then holds; Events reads them.
package probe
