// Package kernel computes the products and nonlinearities that carry the cost
// of a recurrent layer, on flat row-major slices. It knows nothing of cells or
// graphs.
//
// Events make matrices with few numbers that are not zero. Three products use
// that, Y (M, K) with events, W (K, N) and D (M, N) dense:
//
//	Gated    out[m,:] += sum over k with y[m,k] != 0 of y[m,k] * W[k,:]
//	GatedT   out[k,:] += sum over m with y[m,k] != 0 of y[m,k] * D[m,:]
//	Sampled  out[m,k] += <D[m,:], W[k,:]>  where live[m,k]
//
// The first is the forward pass, the second the gradient of the weights, the
// third the gradient towards what sent the events. Dense products are the same
// loops over matrices without zeros.
//
// # Loops and instructions
//
// A product is a loop over tiles of its output. For each tile it goes through
// blocks of the shared matrix, small enough to stay in cache while all rows of
// the tile use them, and through lists of the events that fall into the block.
// The block after is asked for meanwhile. What happens inside is left to a few
// instructions on rows,
//
//	gather  dst += sum over i of v[i] * rows[at[i]]
//	dots    dst[at[i]] += <d, rows[at[i]]>
//	list    at, v = the places of a row that are not zero, and what stands there
//
// The loops do not know by which path these run: float32 has vector code for
// AVX-512 and for AVX2 with FMA, all else, and all with the build tag noasm, the
// same in Go. The fastest path that the processor has is taken, or the one that
// the environment variable EGRU_KERNEL names: avx512, avx2 or generic.
//
// # Elementwise instructions
//
// What is done to every unit of a layer is elementwise: number j of each slice
// meets number j of the others. An instruction does as much in one pass as it
// can, since passes through memory are what it costs. There are those of
// arithmetic, of events at a threshold and their gradients, and of the
// gradients of gates.
//
// # Determinism
//
// Tiles depend on shapes alone, never on the number of processors, and every
// number of the output is summed by one goroutine in one order: k, or m,
// ascending. The same input gives the same bits on any number of processors,
// wherever in memory it lies, and on all paths with vector code. Those in Go
// round differently; the zeros of Triangle are the same even there.
//
// # Preconditions
//
// Shapes must fit as written at each function, and an output must not overlap
// an input. The cells and ops above check that once; here a violation is an
// index out of range or a wrong result. y[m,k] of either zero is no event; a
// NaN is one, and spreads.
package kernel
