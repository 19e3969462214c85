// Package dot draws models: a box for each layer with its kind, shapes,
// parameters and, if there are counts, its activity and work, and arrows with the
// shapes of what passes between them.
//
//	drawing := dot.LanguageModel(model)
//	report, err := counts.Report(tokens) // of graph/probe; optional
//	drawing = drawing.WithReport(report)
//	err = drawing.WriteFile("model.dot")
//
// A drawing is a text in Graphviz's language DOT, which needs nothing else, and a
// picture where Graphviz's program dot is installed: WriteFile of a path in .svg
// runs it. Notebooks show a drawing by its method SVG.
//
// This is the model as its layers. The nodes of a Gorgonia graph are drawn by
// Gorgonia itself: g.ToDot() of a *gorgonia.ExprGraph gives DOT of graphs with
// this library's ops, too. It is large: what is one box here are some dozen nodes
// there.
package dot
