// Package egru is an event-based recurrent layer for Gorgonia.
//
// An EGRU is a gated recurrent unit whose units keep their state to themselves
// until it crosses a threshold, and only then send an event, a number, to the
// others. Most units are silent at most moments, so forward and backward passes
// cost only what the events cost.
//
// This package holds no code. The rooms of the house, each importing only those
// before it:
//
//	internal/atomicfile  files written as a whole or not at all
//	internal/pool        memory that runs use one after the other
//	internal/random      random masks and seeded sources
//	internal/rowmajor    where the numbers of a tensor lie
//	internal/kernel      sparse and dense products, nonlinearities
//	internal/cell        EGRU and GRU over whole sequences, forward and backward
//	ops                  Gorgonia ops; ops/surrogate the pseudo-derivatives
//	layers               builders that own weights
//	graph                sessions; graph/optim solvers, graph/probe counts,
//	                     records and figures, graph/dot drawings of models,
//	                     graph/unroll cells of the user's own,
//	                     graph/prune models without their silent units,
//	                     graph/gradcheck gradients held against finite
//	                     differences, graph/archive named tensors in files,
//	                     graph/exchange weights from and for EvNN and PyTorch,
//	                     graph/checkpoint runs that can be taken up again,
//	                     graph/stream single steps without a graph
//	examples             programs; examples/lm is the main one
//
// Everywhere T is time steps, B batch rows, I input features, H units and V
// words of a vocabulary; arrays are row-major, rightmost axis fastest, and
// sequences time-first, (T, B, I).
package egru
