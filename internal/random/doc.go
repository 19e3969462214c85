// Package random draws random numbers that are functions of a seed and a name,
// and of nothing else: the same on any machine, for any number of threads.
//
// There are two ways to draw. NewSource feeds math/rand/v2, one number after
// another, for work that is done once, such as initial weights. A Stream gives
// the bits at any position directly, so that a forward and a backward pass, or
// two threads, draw the same mask without keeping it.
//
// Every use has a stream of its own, told apart by its name; streams of
// different names or seeds are independent.
package random
