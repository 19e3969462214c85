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
// The first is the forward pass, the second the gradient of the weights, or of their
// transpose (GatedTTurned), the third the gradient towards what sent the events. They
// cost N for each event or live place; dense products are the same with neither left
// out.
//
// # Words
//
//   - An instruction is a micro-kernel: an innermost loop in vector code, or the same in Go.
//   - A block is some columns of the left-hand side of a product, with the rows of the
//     right-hand side that they meet; a tile is a part of the output; a panel is 128
//     columns of a matrix, copied row by row.
//   - A row is full in a block where none of its numbers there is zero. It is marked where
//     its events there are the bits of a word.
//   - A span is where the events of a row are in a list: from the first of two numbers to
//     before the second. It starts at -1 for a full row, whose numbers are not listed.
//   - Turned is transposed; to meet is to be multiplied; to prefetch is to have memory
//     brought into a cache before it is used.
//   - Uses are how often a product takes a row of the right-hand side: its events in a
//     column of the left-hand side.
//
// # How a product is made
//
// Gated and GatedT (gated.go) are one loop over the events of a left-hand side, which
// for GatedT is the transpose of Y. Where they are many, read it from bitmapproduct.go:
//
//   - The left-hand side is cut into blocks of 64 columns, or of 48 where it has no zeros.
//     The places of the events of a row there are the bits of a word (events.go). A row
//     without zeros is full and needs none.
//   - The output is cut into tiles of 128 columns (tiles.go). The first block of a tile
//     starts from what stands in the output, or from one row for all of its rows; the
//     last one writes to the output, and those before it to where the tile lies
//     together. A tile whose columns are no multiple of 16, beside which blocks would
//     write, is copied to there, and then to the output.
//   - For each block of rows of the right-hand side a tile is gone through once, by
//     one call of the instruction block: a marked row adds the rows of the block
//     that its events name, and full rows, three at a time, add all of them. The
//     block, of up to 64 rows of 128 numbers, stays in the L1 cache meanwhile, and
//     the next of a panel is prefetched.
//   - Blocks are cut out of a copy of the matrix in panels (panels.go) if Weights has
//     one (weights.go), which pays from a few uses on, or else copied.
//
// Where events are few, a row of a block is hardly used twice while it is in the first
// cache, and places are in lists (listproduct.go). Blocks are as high as the second
// cache allows; those of the transpose of a large matrix are made from lists of its own
// rows (lists.go). The instruction gather adds the rows that a list names to a row of the
// output where it lies, and meanwhile prefetches the next block of a panel: from memory,
// rows side by side come faster than those that events name. No panels are made for one
// product that uses rows often: a copy of a block serves all that it has to do there.
// For very few events, as those of one row of a batch, rows are taken as they lie in
// the matrix.
//
// So every row of every block is a sparse or a dense product by itself, whichever
// it is.
//
// Sampled makes all products in that way where most places are live, with the
// transpose of W in panels, and adds those that are wanted (sampled.go). Otherwise it
// meets rows of W with rows of D by the instruction dots (liveproduct.go): W goes by row
// by row, D is cut into tiles that stay in the L1 cache, and a tile has a word for each
// row of W, with a bit for each of its own rows (live.go). Sums, one for each live place,
// stand side by side until all columns are done.
//
// # Rows of weights for one row of a batch
//
// A step of a batch of one adds the rows of W that its events name, and that is all.
// Rows (rows.go) are weights laid out for it, once: as they are (denserows.go), packed
// without their zeros (packed.go), or in 8 bits with a scale for each column
// (int8rows.go).
// They add several rows in one pass through the output, and round as Gated does.
// Where hardly a number is zero, weights without their zeros lie by columns
// (columns.go), and all are read.
//
// # Paths
//
// The loops do not know by which path their instructions run (instructions.go):
// float32 has vector code for AVX-512 and for AVX2 with FMA and BMI, written by the
// programs in gen; all else, and all with the build tag noasm, the same in Go. The
// fastest path that the processor has is taken, or the one that the environment
// variable EGRU_KERNEL names: avx512, avx2 or generic.
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
// How a sum is made depends on shapes and on how many events there are, never on the
// number of processors: every number of the output is summed by one goroutine, whichever,
// in one order: k, or m, ascending, however its terms came to be listed, and n in
// 32 sums for every 128 columns where rows meet rows. The same input gives the same
// bits on any number of processors, wherever in memory it lies, and on all paths with
// vector code. Those in Go round differently; the zeros of Triangle are the same even
// there.
//
// # Preconditions
//
// Shapes must fit as written at each function, and an output must not overlap
// an input. The cells and ops above check that once; here a violation is an
// index out of range or a wrong result. y[m,k] of either zero is no event; a
// NaN is one, and spreads. Lists count in 32 bits: a left-hand side has fewer than
// 2^23 rows, and what of it goes by one list, all of it where weights are taken as they
// lie, has fewer than 2^31 events.
package kernel
