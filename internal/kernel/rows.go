package kernel

import word "math/bits"

//go:generate go run -C gen . -pkg kernel -out ../rows_amd64.s -stubs ../rows_amd64.go rows

// Rows are weights W (K, N) by what sends the events: row k holds all that an
// event of unit k touches, so that a step of one batch row reads the rows of
// active units and no others. They do not change, and any number of goroutines may
// use them at once. Nothing here allocates or starts goroutines.
type Rows interface {
	// Shape is K, N.
	Shape() (rows, cols int)

	// Add is dst += sum over i of v[i] * W[at[i],:], in the order of the list, or
	// where weights lie by columns in that of the rows. dst has N numbers. Every
	// at[i] is below K: vector code does not check.
	Add(dst []float32, at []int32, v, scratch []float32)

	// Scratch is how many numbers of scratch Add needs. What they are does not matter.
	Scratch() int

	// Cost is what Add does for a list: multiply-accumulates, and bytes of weights
	// that are read.
	Cost(at []int32) (macs, bytes int64)

	// Bytes is the memory that the weights take.
	Bytes() int64
}

// rowInstructions are the instructions of Rows. Vector code does not check that what
// they read and write is there.
type rowInstructions struct {
	// addRows and addRows8 are, for each i in turn,
	//
	//	dst[j] += v[i] * rows[at[i]*stride + j]
	//
	// for all len(dst) columns, each row with room for a whole number of padding
	// numbers.
	addRows  func(dst, rows []float32, stride int, at []int32, v []float32)
	addRows8 func(dst []float32, rows []int8, stride int, at []int32, v []float32)

	// spread and spread8 are, for each i in turn and k = at[i], and with the set
	// bits of masks[k*maskStep:] for the columns of row k that values[starts[k]:]
	// holds in order,
	//
	//	dst[j] += v[i] * the number of column j
	//
	// for all len(dst) columns. starts has an end for each row, and values room for
	// padding numbers behind the last.
	spread  func(dst []float32, masks []uint16, maskStep int, values []float32, starts []int64, at []int32, v []float32)
	spread8 func(dst []float32, masks []uint16, maskStep int, values []int8, starts []int64, at []int32, v []float32)
}

// maskBits columns share a mask.
const maskBits = 16

// addRows is the instruction in Go.
func addRows[F Float](dst, rows []F, stride int, at []int32, v []F) {
	for i, k := range at {
		Axpy(v[i], rows[int(k)*stride:][:len(dst)], dst)
	}
}

// addRows8 is the instruction in Go.
func addRows8(dst []float32, rows []int8, stride int, at []int32, v []float32) {
	for i, k := range at {
		row := rows[int(k)*stride:][:len(dst)]
		for j, q := range row {
			dst[j] += v[i] * float32(q)
		}
	}
}

// spread is the instruction in Go.
func spread[W int8 | float32](dst []float32, masks []uint16, maskStep int, values []W, starts []int64, at []int32, v []float32) {
	for i, k := range at {
		x := values[starts[k]:starts[k+1]]
		for b, mask := range masks[int(k)*maskStep:][:maskStep] {
			for ; mask != 0; mask &= mask - 1 {
				j := b*maskBits + word.TrailingZeros16(mask)
				dst[j] += v[i] * float32(x[0])
				x = x[1:]
			}
		}
	}
}
