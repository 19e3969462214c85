// Package rowmajor counts the numbers of a tensor row by row, wherever they lie in
// memory. Strides count numbers.
package rowmajor

import (
	"iter"
	"slices"
)

// Is says whether numbers lie row by row without gaps. Strides tell, not a tensor's
// flags, which also tell of a transposition that has been carried out.
func Is(shape, strides []int) bool {
	next := 1
	for axis, n := range slices.Backward(shape) {
		if n != 1 && stride(strides, axis) != next {
			return false
		}
		next *= n
	}
	return true
}

// Offsets says where the numbers lie, row by row.
func Offsets(shape, strides []int) iter.Seq[int] {
	return func(yield func(int) bool) {
		if slices.Contains(shape, 0) {
			return
		}
		at, offset := make([]int, len(shape)), 0
		for yield(offset) {
			axis := len(shape) - 1
			for ; axis >= 0; axis-- {
				if at[axis]+1 < shape[axis] {
					at[axis]++
					offset += stride(strides, axis)
					break
				}
				if at[axis] > 0 {
					offset -= stride(strides, axis) * at[axis]
					at[axis] = 0
				}
			}
			if axis < 0 {
				return
			}
		}
	}
}

// stride is that of an axis that is longer than 1. Gorgonia gives a tensor with only
// one such, and stored by columns, no stride for any other.
func stride(strides []int, axis int) int { return strides[min(axis, len(strides)-1)] }

// Coordinates are those of number i.
func Coordinates(shape []int, i int) []int {
	at := make([]int, len(shape))
	for axis, n := range slices.Backward(shape) {
		at[axis], i = i%n, i/n
	}
	return at
}
