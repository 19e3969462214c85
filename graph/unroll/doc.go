// Package unroll makes recurrent layers of cells that you write yourself, out of
// Gorgonia's nodes and those of package ops.
//
// A cell is its weights and one step. This one keeps a leaky sum of its input
// and sends an event where the sum crosses a threshold:
//
//	type Leaky struct{ W, Leak, Thr *layers.Param } // (I, H), (H), (H)
//
//	func (l *Leaky) Params() []*layers.Param { return []*layers.Param{l.W, l.Leak, l.Thr} }
//
//	func (l *Leaky) Sizes() unroll.Sizes { return unroll.Sizes{"v": l.Leak.Value().Shape()[0]} }
//
//	func (l *Leaky) Run(x *G.Node, initial unroll.State) (y *G.Node, final unroll.State, err error) {
//		w, err := layers.Nodes(x.Graph(), l.Params()) // one node for all steps
//		if err != nil {
//			return nil, nil, err
//		}
//		W, leak, thr := w[0], w[1], w[2]
//		return unroll.Unroll(x, initial, func(t int, x *G.Node, s unroll.State) (*G.Node, unroll.State, error) {
//			var c unroll.Calc
//			v := c.Two(G.Add, c.Two(ops.Gain, s["v"], leak), c.Two(ops.GatedMatMul, x, W))
//			y := c.Do(func() (*G.Node, error) { return ops.Event(v, thr, surrogate.DefaultTriangle()) })
//			return y, unroll.State{"v": c.Two(G.Sub, v, y)}, c.Err()
//		})
//	}
//
// It is run over a sequence x (T, B, I) from zeros:
//
//	initial, err := unroll.Zeros("leaky", x, cell.Sizes())
//	y, final, err := cell.Run(x, initial) // (T, B, H)
//
// or by a graph.Session, whose model declares the state in Build, which then goes
// on from window to window:
//
//	initial := unroll.States(w, "leaky", tensor.Float32, cell.Sizes())
//	y, final, err := cell.Run(x, initial)
//	unroll.Carry(w, "leaky", final)
//
// The tests hold four such cells, each with its equations, trained on a task: the
// EGRU, a leaky integrate-and-fire layer, the bistable spiking cell of De Geeter
// et al. and a GRU that sends changes only. graph/gradcheck holds the gradients
// of any of them against finite differences.
//
// What to know:
//   - Products with weights belong to ops.GatedMatMul: zeros cost nothing, and all
//     steps share one gradient of the matrix. gorgonia.Mul keeps one for each step:
//     an EGRU of 512 units from 512 inputs, whose weights take 6.3 MB, took 421 MB
//     for the gradients of 64 steps, and takes 29 MB with shared ones.
//   - Do not use gorgonia.Slice on steps or on columns (v0.9.18): it takes places
//     256 apart for one. ops.TimeSlice is right.
//   - More outputs of each step are gathered by the step's closure and put
//     together by ops.TimeStack.
//   - Gorgonia's LispMachine refuses ends that nothing uses, such as a final
//     state: give it g.SubgraphRoots(loss).
//   - An unrolled graph costs time to compile, with the square of its nodes: keep T
//     in the tens. ops.EGRU and ops.GRU run whole sequences in one node.
//   - Gorgonia tells nodes apart by 32-bit hashes. Unroll finds steps that it has
//     mixed up, and a graph.Session nodes that it would; chances rise with the
//     square of the nodes, to about one in a hundred for 10,000.
package unroll
