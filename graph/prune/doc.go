// Package prune removes units that send no events from event-based layers. That is
// exact: a unit acts on others by its output alone, which is zero without an event,
// and what is left computes the same numbers as before, at evaluation and over data
// on which the removed units stay silent.
//
// A layer, and the one above it, which loses the inputs:
//
//	events, err := prune.CountEvents(y) // of outputs (T, B, H), of as much data as there is
//	units := prune.Active(events)
//	small, err := prune.EGRU(layer, nil, units)
//	above, err := prune.EGRU(next, units, nil) // or prune.Linear
//
// A language model, over a text:
//
//	windows, err := graph.NewWindows(tokens, batch, steps)
//	events, err := prune.Events(model, windows)
//	small, err := prune.LanguageModel(model, events)
//
// The weights of what is made are copies. Training goes other ways than it would
// have, as there are other random masks; a state that was carried does not fit any
// more, and streams begin anew.
//
// Single weights are pruned by optim.Prune.
package prune
