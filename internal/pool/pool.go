// Package pool lends memory that is used again and again: a window of a language
// model takes hundreds of megabytes, and memory fresh from the system costs page
// faults, which do not get faster with more processors.
package pool

import (
	"math/bits"
	"slices"
	"sync"
	"weak"
)

// Element is what pools hold slices of.
type Element interface{ float32 | float64 | bool }

// classes are the racks of slices of one type, by the number of bits of the length
// that they were made with, their capacity.
type classes[T Element] [bits.UintSize + 1]place[T]

var (
	float32s classes[float32]
	float64s classes[float64]
	bools    classes[bool]
)

func of[T Element](n int) *place[T] {
	var c any
	switch any(*new(T)).(type) {
	case float32:
		c = &float32s
	case float64:
		c = &float64s
	default:
		c = &bools
	}
	return &c.(*classes[T])[bits.Len(uint(n))]
}

// rack holds slices that are to be lent.
type rack[T Element] struct{ slices [][]T }

// place is where a rack is found until the second garbage collection after its last
// use. A sync.Pool alone would hold slices for that long, but keep some of them from
// other processors, which would take fresh memory beside.
type place[T Element] struct {
	mutex sync.Mutex
	rack  weak.Pointer[rack[T]]
	held  sync.Pool // holds on to the rack, and to nothing else
}

// open finds the rack, or puts up an empty one. The mutex must be locked.
func (p *place[T]) open() *rack[T] {
	r := p.rack.Value()
	if r == nil {
		r = new(rack[T])
		p.rack = weak.Make(r)
	}
	p.held.Get() // so that there are never more than a few in it
	p.held.Put(r)
	return r
}

// Take gives a slice of length n. used says that somebody had it before: then it
// holds whatever they left, else zeros.
func Take[T Element](n int) (s []T, used bool) {
	if s := of[T](n).take(n); s != nil {
		return s, true
	}
	return Fresh[T](n), false
}

// take gives the shortest slice that is long enough, nil if there is none: a longer
// one may come back as if it were short. The one to be made where all are too short
// takes the place of one of them, so that there are never more than were lent at one
// time.
func (p *place[T]) take(n int) []T {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	r, best := p.open(), -1
	for i := len(r.slices) - 1; i >= 0; i-- {
		c := cap(r.slices[i])
		if c >= n && (best < 0 || c < cap(r.slices[best])) {
			best = i
		}
		if c == n {
			break
		}
	}
	if best < 0 {
		if n := len(r.slices); n > 0 {
			r.slices = slices.Delete(r.slices, n-1, n)
		}
		return nil
	}
	s := r.slices[best]
	r.slices = slices.Delete(r.slices, best, best+1)
	return s[:n]
}

// Give lends a slice to those who Take later. Nobody must hold on to its memory.
func Give[T Element](s []T) {
	p := of[T](cap(s))
	p.mutex.Lock()
	defer p.mutex.Unlock()
	r := p.open()
	r.slices = append(r.slices, s)
}
