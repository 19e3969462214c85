// Package stream runs trained models one time step at a time, a batch of one,
// without a graph: where a language model writes, a sensor is listened to, or
// many users are served, and where the weights that are not read are the whole
// gain.
//
// New makes an Engine of a model: its weights, laid out by the unit that sends
// the events. Engines do not change, and any number of Streams share one, each
// with a state of its own, in goroutines of their own and without locks. A step
// reads the rows of units that sent an event, and nothing of the others (but see
// Packed on the pruned weights of units that are hardly ever silent):
//
//	engine, err := stream.New(stream.Of(model), stream.DefaultConfig())
//	s := engine.NewStream()
//	logits, err := s.Step(token)
//
// A step allocates nothing and starts no goroutines.
//
// # Numbers
//
// Everything is computed in float32, with the instructions that the graph runs, in
// its order: with weights in float32, packed or not, a stream has the bits of a
// graph.Session that evaluates the model on the same processor, however long it
// runs. (Sums of zeros may differ in their sign.) What stands in for the decoder of
// a language model in the graph, ops.SoftmaxCrossEntropy, makes no logits to compare
// with.
package stream
