// Package layers builds recurrent layers and what belongs around them into
// Gorgonia graphs.
//
// A layer owns its weights: named tensors, drawn from an explicit seed, that
// any number of graphs share. Building a layer into a graph makes nodes for
// them there; a solver that steps those nodes changes the tensors, and so every
// graph.
//
// Shapes are T time steps, B batch rows, I input features, H units and V words,
// row-major with the rightmost axis fastest. Sequences are time-first, (T, B, I).
//
// The shortest way is Forward, from a node to a node. Run says more: it takes
// and gives the state carried from window to window, applies what is done in
// training only, and hands on where gradients can pass, so that the layer above
// an event-based one computes its input's gradient only there.
package layers
