// Package pool lends memory that is used again and again: a window of a language
// model takes hundreds of megabytes, and memory fresh from the system costs page
// faults, which do not get faster with more processors.
package pool

import (
	"math/bits"
	"sync"
)

// Element is what pools hold slices of.
type Element interface{ float32 | float64 | bool }

// classes are the pools of slices of one type, of *[]T, by the length's number of
// bits.
type classes [bits.UintSize + 1]sync.Pool

var float32s, float64s, bools classes

func of[T Element](n int) *sync.Pool {
	var c *classes
	switch any(*new(T)).(type) {
	case float32:
		c = &float32s
	case float64:
		c = &float64s
	default:
		c = &bools
	}
	return &c[bits.Len(uint(n))]
}

// tries is how many slices are looked at for one that is long enough: those of a
// pool differ by up to a factor of two.
const tries = 4

// Take gives a slice of length n. used says that somebody had it before: then it
// holds whatever they left, else zeros.
func Take[T Element](n int) (s []T, used bool) {
	from := of[T](n)
	var short [tries]*[]T
	defer func() {
		for _, p := range short {
			if p != nil {
				from.Put(p)
			}
		}
	}()
	for i := range short {
		p, ok := from.Get().(*[]T)
		switch {
		case !ok:
			return Fresh[T](n), false
		case cap(*p) >= n:
			return (*p)[:n], true
		}
		short[i] = p
	}
	return Fresh[T](n), false
}

// Give lends a slice to those who Take later. Nobody must hold on to its memory.
func Give[T Element](s []T) { of[T](len(s)).Put(&s) }
