// Package graph runs models: sessions that build one small graph for each
// window length, share the weights between them and carry the state of a
// stream from window to window.
//
// Truncated backpropagation through time is what a session does by itself:
//
//	session, err := graph.NewSession(model, graph.Config{Seed: 1})
//	stream := session.NewStream(B)
//	windows, err := graph.NewWindows(tokens, B, T)
//	for windows.Next() {
//		result, err := session.Train(stream, windows.Feeds())
//		err = solver.Step(result.Grads)
//	}
//
// The gradient stops at a window's start; the state goes on. Solvers are in
// graph/optim; counts, records of single units and pictures of activity in
// graph/probe; graph/checkpoint saves runs and takes them up again.
package graph
