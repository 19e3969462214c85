// Package ops holds the Gorgonia ops of event-based recurrent networks: whole
// sequences of EGRU and GRU in one node, the step with a surrogate for its
// derivative, products in which zeros cost nothing, and what a language model
// needs around them.
//
// Every op works under TapeMachine and LispMachine, in float32 and float64. It
// keeps nothing between runs, so clones of a graph, several machines and
// common-subexpression elimination are safe, and it makes values of its own,
// never views of its inputs (but for gradients and the like that have one reader).
// Second derivatives are not offered.
//
// A constructor checks its inputs and returns an error that names the op and
// the shapes; values are checked again at each run. Gorgonia wraps what a run
// returns in errors that errors.Is does not see through; package graph opens
// them. After a failed run a LispMachine cannot be used again: it goes on to
// its backward pass by itself.
//
// Axes are T time steps, B batch rows, I input features, H units, V words;
// arrays are row-major. Shapes stand as (T, B, H) at every input.
package ops
