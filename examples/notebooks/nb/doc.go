// Package nb is what the notebooks import, and all that they do: the kernel
// gophernotes compiles each import by itself, and only one of them may have to do
// with Gorgonia. It names again what a notebook needs of Gorgonia and of this
// library, and holds nothing else.
//
// Types are those of the packages they come from: a *nb.Node is a
// *gorgonia.Node. Their methods return errors, as there; functions of this
// package stop the cell instead, by a panic that shows the error, so that what
// a cell says is what it computes:
//
//	y := nb.Must(rnn.Forward(x)) // (T, B, H)
//	loss := nb.Mean(nb.Square(nb.Sub(y, target)))
//	nb.Check(vm.RunAll())
//
// Programs that are to live on import the packages themselves, and handle errors.
//
// gophernotes cannot import generics, nor interfaces whose methods name internal
// types; a test holds this package to it.
package nb
